//! `siege`: all hostile behaviours at once, from one host, beside an honest download.
//!
//! The attackers are threads of this process with the lowest priority, since they stand for another host, whose
//! processor is not the pool's. They connect from an address of their own (`--from`), or from that of the honest peers,
//! as somebody behind the same router would.

mod attack;
mod channels;
mod connections;
mod watch;

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use peerpool_api::Item;
use peerpool_system_tests::{Content, Peer, Pool, TRANSFER};

use self::{
    attack::{Attack, Score, Target},
    watch::{Seen, Watch},
};

const FILM: &str = "film.mkv";
const MIB: u64 = 1 << 20;
/// Resident memory that a peer may have, attacked or not.
const PEER_BYTES: u64 = 256 * MIB;
/// Resident memory that a tracker may have.
const TRACKER_BYTES: u64 = 300 * MIB;
/// How long a command of the user may wait for the peer's answer.
const ANSWER: Duration = Duration::from_secs(1);
/// How many times slower the honest download may be, and how much later at least counts as slower.
const SLOWER: f64 = 2.0;
const HARDLY: f64 = 2.0;

/// All at once.
#[derive(Debug, Args)]
pub(crate) struct Siege {
    /// How many honest downloads under attack
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Size of the file in MiB
    #[arg(long, default_value_t = 1024)]
    film: u64,
    /// Where the attackers connect from
    #[arg(long, default_value = "127.0.0.66")]
    from: IpAddr,
    /// Seconds from the beginning of the attack to the first honest download
    #[arg(long, default_value_t = 5)]
    warm_up: u64,
    /// Only the attacks whose names contain this
    #[arg(long)]
    only: Option<String>,
}

impl Siege {
    pub(crate) fn run(self, seed: u64) {
        let attacks: Vec<_> = connections::ATTACKS.iter().chain(channels::ATTACKS).collect();
        let chosen =
            |attack: &&&Attack| self.only.as_ref().is_none_or(|only| attack.name.contains(only.as_str()));
        let attacks: Vec<_> = attacks.iter().filter(chosen).copied().collect();
        println!("siege: {} attacks from {}, a file of {} MiB", attacks.len(), self.from, self.film);
        let pool = Pool::kept_on_failure();
        let film = pool.random_file(FILM, self.film * MIB, seed);
        let seeder = pool.peer("seeder").with(&film).start();
        let item = seeder.item(FILM, |item| item.seeds == 1);
        let alone = self.downloads(&pool, &film, &item, "alone");

        let bystander = pool.peer("bystander").start();
        let target = Target {
            from: self.from,
            seed,
            tracker: pool.tracker(),
            peers: vec![seeder.address(), bystander.address()],
            seeder: seeder.status().peer_id,
            item: item.clone(),
            film: film.clone(),
        };
        let over = AtomicBool::new(false);
        let scores: Vec<Score> = attacks.iter().map(|_| Score::default()).collect();
        let watch = Watch::new(&pool, [&seeder, &bystander]);
        let (besieged, seen) = thread::scope(|scope| {
            // A panic here must not leave the scope waiting for threads that nobody ends.
            let end = End(&over);
            for (attack, score) in attacks.iter().zip(&scores) {
                let (target, over) = (&target, &over);
                scope.spawn(move || attack.run(target, score, over));
            }
            let watching = scope.spawn(|| watch.until(&over));
            thread::sleep(Duration::from_secs(self.warm_up));
            let besieged = self.downloads(&pool, &film, &item, "besieged");
            drop(end);
            (besieged, watching.join().unwrap())
        });
        self.judge(&attacks, &scores, [&alone, &besieged], &seen);
    }

    /// Seconds of so many downloads, each by a fresh peer.
    fn downloads(&self, pool: &Pool, film: &Content, item: &Item, name: &str) -> Vec<f64> {
        let download = |round| {
            let begun = Instant::now();
            let reader = pool.peer(&format!("{name}-{round}")).start();
            let started = begun.elapsed();
            let begun = Instant::now();
            fetch(&reader, item);
            let seconds = begun.elapsed().as_secs_f64();
            film.assert_equal(&reader.path(FILM));
            std::fs::remove_file(reader.path(FILM)).unwrap();
            println!("{name} {round}: {seconds:.2} s, after a start of {:.2} s", started.as_secs_f64());
            seconds
        };
        (0..self.rounds).map(download).collect()
    }

    fn judge(&self, attacks: &[&Attack], scores: &[Score], seconds: [&[f64]; 2], seen: &[Seen]) {
        println!("{:<28} {:>9} {:>9} {:>9}", "attack", "opened", "turned", "MB sent");
        for (attack, score) in attacks.iter().zip(scores) {
            let [opened, turned, sent] = score.numbers();
            println!("{:<28} {opened:>9} {turned:>9} {:>9}", attack.name, sent / 1_000_000);
        }
        println!("{:<12} {:>8} {:>8} {:>8} {:>12}", "process", "peak MiB", "handles", "threads", "answer ms");
        for process in seen {
            println!(
                "{:<12} {:>8} {:>8} {:>8} {:>12}",
                process.name,
                process.peak_resident / MIB,
                process.handles,
                process.threads,
                process.answer.as_millis()
            );
        }
        let [alone, besieged] = seconds.map(median);
        let processes: Vec<_> = seen.iter().map(Seen::json).collect();
        println!(
            "{}",
            serde_json::json!({
                "campaign": "siege", "from": self.from, "attacks": attacks.len(), "alone_seconds": alone,
                "besieged_seconds": besieged, "processes": processes,
            })
        );
        println!(
            "siege: {} attacks; {alone:.2} s alone, {besieged:.2} s besieged ({:.1} ×)",
            attacks.len(),
            besieged / alone
        );
        assert!(
            besieged <= (alone * SLOWER).max(alone + HARDLY),
            "the honest download took {besieged:.2} s in place of {alone:.2} s"
        );
        for process in seen {
            let bound = if process.name == "tracker" { TRACKER_BYTES } else { PEER_BYTES };
            let peak = process.peak_resident;
            assert!(peak <= bound, "{} had {} MiB of at most {}", process.name, peak / MIB, bound / MIB);
            assert!(process.answer <= ANSWER, "{} answered after {:?}", process.name, process.answer);
        }
    }
}

/// Ends the attack when dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Fetches by hash, since attackers make the name ambiguous.
fn fetch(reader: &Peer<'_>, item: &Item) {
    let get = peerpool_api::Get {
        what: peerpool_api::What::Item(item.hash.to_string()),
        files: Vec::new(),
        save_as: None,
    };
    let download = peerpool_system_tests::until("the item is found", TRANSFER, || {
        reader.control(async |client| client.get(&get).await)
    });
    reader.until_complete(&download);
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
