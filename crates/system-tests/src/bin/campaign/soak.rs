//! `soak`: a pool in which peers come, go, fetch, pause, share and unshare for a long time, and beside it one whose
//! tracker is restarted again and again. The first tracker and a peer of each pool live through all of it: their memory,
//! file handles and threads must not grow.
//!
//! What the pools have is bounded (a few files, again and again), so whatever grows is kept for nothing.

mod growth;

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use peerpool_api::{Error, Get, Remove, Share, Unshare, What};
use peerpool_system_tests::{Chance, Content, Folder, Peer, PeerBuilder, Pool, holding};

use self::growth::Growth;

/// Between two looks at the processes.
const EVERY: Duration = Duration::from_millis(500);
/// Between two restarts of the second pool's tracker.
const RESTART: Duration = Duration::from_secs(20);
/// What is enough for any download of this campaign.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of the whole time, so much is warm-up: one part in this many.
const WARM_UP: u32 = 5;

/// An hour of churn.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// For how long
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// How many peers of each pool come and go at once
    #[arg(long, default_value_t = 3)]
    guests: u64,
}

/// A pool, what there is in it, and the peer that stays.
struct World<'a> {
    pool: &'a Pool,
    files: Vec<Content>,
    folder: Folder,
}

impl<'a> World<'a> {
    fn new(pool: &'a Pool, seed: u64) -> Self {
        let file =
            |number: u64| pool.random_file(&format!("file-{number}.bin"), (1 + number) << 20, seed + number);
        Self {
            pool,
            files: (0..8).map(file).collect(),
            folder: pool.random_folder("folder", 100, 50_000, seed),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str()).chain([self.folder.name.as_str()])
    }

    /// The peer that stays: it has the first half, and fetches the others.
    fn host(&self) -> PeerBuilder<'a> {
        let half = &self.files[..self.files.len() / 2];
        half.iter().fold(self.pool.peer("host"), |host, file| host.with(file)).with_folder(&self.folder)
    }
}

impl Soak {
    pub(crate) fn run(self, seed: u64) {
        let time = Duration::from_secs_f64(self.minutes * 60.0);
        println!("soak: {time:.0?}, {} guests in each of two pools", self.guests);
        let [steady, restless] = [Pool::kept_on_failure(), Pool::kept_on_failure()];
        let worlds = [World::new(&steady, seed), World::new(&restless, seed)];
        let hosts = worlds.each_ref().map(|world| world.host().start());
        let mut growths = [
            Growth::new("tracker", steady.tracker_pid()),
            Growth::new("peer", hosts[0].pid()),
            Growth::new("peer, tracker restarted", hosts[1].pid()),
        ];
        let over = AtomicBool::new(false);
        let visits = AtomicU64::new(0);
        let begun = Instant::now();
        thread::scope(|scope| {
            let end = End(&over);
            for (place, world) in worlds.iter().enumerate() {
                for guest in 0..self.guests {
                    let (over, visits) = (&over, &visits);
                    let chance = Chance::new(seed + 100 * guest + place as u64);
                    scope.spawn(move || visit(world, guest, chance, over, visits));
                }
            }
            let mut chance = Chance::new(seed + 1);
            let mut restarted = Instant::now();
            while begun.elapsed() < time {
                let warm = begun.elapsed() > time / WARM_UP;
                growths.iter_mut().filter(|_| warm).for_each(|growth| growth.look(begun.elapsed(), holding));
                for (world, host) in worlds.iter().zip(&hosts) {
                    be_host(world, host, &mut chance);
                }
                if restarted.elapsed() > RESTART {
                    restarted = Instant::now();
                    restless.kill_tracker();
                    restless.restart_tracker();
                }
                thread::sleep(EVERY);
            }
            drop(end);
        });
        println!("soak: {} visits in {:.0?}", visits.load(Ordering::Relaxed), begun.elapsed());
        growths.iter().for_each(Growth::print);
        growths.iter().for_each(Growth::judge);
        println!("soak: nothing grows");
    }
}

/// Ends the churn when dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One thing that the peer that stays does.
fn be_host(world: &World<'_>, host: &Peer<'_>, chance: &mut Chance) {
    let names: Vec<&str> = world.names().collect();
    let name = names[chance.below(names.len() as u64) as usize];
    match chance.below(4) {
        0 => ignore(host, async |client| client.get(&asked(name)).await),
        1 => {
            let shown = host.control(async |client| client.downloads().await).unwrap();
            if let Some(download) = shown.first() {
                ignore(host, async |client| client.remove(&download.hash, Remove { data: true }).await);
            }
        }
        2 => ignore(host, async |client| client.unshare(&Unshare { name: name.to_owned() }).await),
        _ => {
            let path = host.path(name);
            let share = Share { path: path.to_str().map(str::to_owned), torrent: None };
            ignore(host, async |client| client.share(&share).await);
        }
    }
}

/// Peers come and go, each with one file of its own, until it is over.
fn visit(world: &World<'_>, guest: u64, mut chance: Chance, over: &AtomicBool, visits: &AtomicU64) {
    let name = format!("guest-{guest}");
    while !over.load(Ordering::Relaxed) {
        let repository = world.pool.path(&name);
        if repository.exists() {
            fs::remove_dir_all(&repository).unwrap();
        }
        let own = &world.files[chance.below(world.files.len() as u64) as usize];
        let peer = world.pool.peer(&name).with(own).start();
        let names: Vec<&str> = world.names().filter(|name| *name != own.name).collect();
        for _ in 0..3 {
            let wanted = names[chance.below(names.len() as u64) as usize];
            be_guest(world, &peer, wanted, &mut chance, over);
        }
        visits.fetch_add(1, Ordering::Relaxed);
        if chance.once_in(2) {
            peer.kill();
        } else {
            assert_eq!(peer.terminate().code, Some(0));
        }
    }
}

/// Fetches something, perhaps with a pause, and perhaps gives it up.
fn be_guest(world: &World<'_>, peer: &Peer<'_>, wanted: &str, chance: &mut Chance, over: &AtomicBool) {
    // Nobody may have it now, or the tracker is just away.
    let Ok(download) = peer.control(async |client| client.get(&asked(wanted)).await) else {
        thread::sleep(EVERY);
        return;
    };
    if chance.once_in(3) {
        ignore(peer, async |client| client.pause(&download.hash).await);
        thread::sleep(chance.time(EVERY));
        ignore(peer, async |client| client.resume(&download.hash).await);
    }
    if chance.once_in(4) {
        ignore(peer, async |client| client.remove(&download.hash, Remove { data: true }).await);
        return;
    }
    let begun = Instant::now();
    let waits = || begun.elapsed() < PATIENCE && !over.load(Ordering::Relaxed);
    while waits() && peer.download(&download).state.is_active() {
        // Its only holder may have gone.
        thread::sleep(EVERY / 5);
    }
    let file = world.files.iter().find(|file| file.name == wanted);
    if let Some(file) = file.filter(|_| peer.path(wanted).exists()) {
        file.assert_equal(&peer.path(wanted));
    }
}

fn asked(name: &str) -> Get {
    Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None }
}

/// Asks for something that may be refused in the middle of churn, but must be answered.
fn ignore<T>(peer: &Peer<'_>, ask: impl AsyncFnOnce(&peerpool_api::Client) -> Result<T, Error>) {
    match peer.control(ask) {
        Ok(_) | Err(Error::Refused(_)) => {}
        Err(error) => panic!("{}: {error}", peer.name()),
    }
}
