//! `kill`: kill -9 of a downloader, of two seeders and of the tracker, at random moments while a big file and a folder
//! of many small files are fetched. Some kills hit a process that has just been started, some a `share` under way.
//!
//! Right is: what is kept has the right bytes, everything completes, under 2 % of the bytes are fetched twice, and
//! nothing is left behind.

use std::{fs, net::SocketAddr, thread, time::Duration};

use clap::Args;
use peerpool_api::DownloadState;
use peerpool_system_tests::{
    Chance, Content, Folder, Peer, PeerBuilder, Pool, Program, TRANSFER, address_in, taken_from, until,
};

use crate::leftovers;

const FILM: &str = "film.mkv";
const ALBUM: &str = "album";
const EXTRA: &str = "extra";
const SEEDERS: [&str; 2] = ["seeder-0", "seeder-1"];
const DOWNLOADER: &str = "downloader";
/// Longest time between two kills. With some, a process has not even begun to listen.
const LIFE: Duration = Duration::from_millis(400);
/// Bytes of a download for each kill meanwhile. What is on its way at a kill is lost; a process that is killed before it
/// has done anything would show nothing else.
const BYTES_OF_A_LIFE: u64 = 48 << 20;

/// Kills at random moments.
#[derive(Debug, Args)]
pub(crate) struct Kill {
    /// How many kills
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// Size of the big file in MiB
    #[arg(long, default_value_t = 1024)]
    film: u64,
    /// How many files the folder has
    #[arg(long, default_value_t = 4000)]
    files: u64,
}

/// What was counted.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    of: [u64; 3],
    during_share: u64,
    downloads: u64,
    /// Bytes that the downloads ask for.
    wanted: u64,
    /// Bytes that the downloader took from its connections, beyond that.
    twice: u64,
}

impl Kill {
    pub(crate) fn run(self, seed: u64) {
        println!(
            "kill: {} kills, a file of {} MiB, a folder of {} files",
            self.rounds, self.film, self.files
        );
        let pool = Pool::kept_on_failure();
        let scene = Scene {
            film: pool.random_file(FILM, self.film << 20, seed),
            album: pool.random_folder(ALBUM, self.files, 100_000, seed),
            extra: pool.random_folder(EXTRA, 300, 200_000, !seed),
            pool: &pool,
        };
        let mut chance = Chance::new(seed);
        let mut tally = Tally::default();
        for name in SEEDERS {
            drop(pool.peer(name).with(&scene.film).with_folder(&scene.album).start());
        }
        while tally.kills < self.rounds {
            let wanted: &[&str] = [&[FILM][..], &[ALBUM], &[FILM, ALBUM]][chance.below(3) as usize];
            let bytes = wanted.iter().map(|item| scene.bytes(item)).sum::<u64>();
            let most = (bytes / BYTES_OF_A_LIFE).clamp(1, self.rounds - tally.kills);
            Act::begin(&scene, wanted).play(most, &mut chance, &mut tally);
        }
        tally.judge();
    }
}

impl Tally {
    fn judge(&self) {
        let [downloader, seeder, tracker] = self.of;
        let percent = self.twice as f64 * 100.0 / self.wanted.max(1) as f64;
        println!(
            "kill: {} kills (downloader {downloader}, seeders {seeder}, {} of them while a `share` copied, tracker \
             {tracker}), {} downloads, 0 wrong, all complete, nothing left over; {percent:.2} % of {} MiB fetched twice",
            self.kills,
            self.during_share,
            self.downloads,
            self.wanted >> 20,
        );
        assert!(percent < 2.0, "{percent:.2} % of the bytes were fetched twice");
    }
}

struct Scene<'a> {
    pool: &'a Pool,
    film: Content,
    album: Folder,
    extra: Folder,
}

impl<'a> Scene<'a> {
    fn peer(&self, name: &str) -> PeerBuilder<'a> {
        self.pool.peer(name)
    }

    fn assert_equal(&self, peer: &Peer<'_>, item: &str) {
        if item == FILM {
            self.film.assert_equal(&peer.path(FILM));
        } else {
            self.album.assert_equal(&peer.path(ALBUM));
        }
    }

    fn bytes(&self, item: &str) -> u64 {
        if item == FILM { self.film.bytes } else { self.album.bytes }
    }
}

/// One download, or two at once, from the beginning to the end.
struct Act<'a> {
    scene: &'a Scene<'a>,
    wanted: &'a [&'a str],
    downloader: Running,
    seeders: Vec<Running>,
    /// Bytes that the downloader took in the lives that ended.
    taken: u64,
    /// Bytes that it took in this life from seeders that were killed.
    taken_from_dead: u64,
}

/// A process that nobody has waited for.
struct Running {
    name: &'static str,
    program: Program,
    address: Option<SocketAddr>,
}

impl Running {
    fn start(scene: &Scene<'_>, name: &'static str) -> Self {
        Self { name, program: scene.peer(name).spawn(), address: None }
    }

    /// Bytes that others took from it.
    fn gave(&mut self) -> u64 {
        self.address = self.address.or_else(|| self.program.said("ready").as_deref().map(address_in));
        self.address.map_or(0, taken_from)
    }

    fn meet<'a>(self, scene: &Scene<'a>) -> Peer<'a> {
        let peer = scene.peer(self.name);
        match self.address {
            Some(address) => peer.reach(self.program, address),
            None => peer.meet(self.program),
        }
    }
}

impl<'a> Act<'a> {
    fn begin(scene: &'a Scene<'a>, wanted: &'a [&'a str]) -> Self {
        let seeders = SEEDERS.map(|name| Running::start(scene, name)).into_iter().collect();
        let downloader = scene.peer(DOWNLOADER).start();
        for item in wanted {
            downloader.begin(item);
        }
        let address = Some(downloader.address());
        let downloader = Running { name: DOWNLOADER, program: downloader.into_program(), address };
        Self { scene, wanted, downloader, seeders, taken: 0, taken_from_dead: 0 }
    }

    fn play(mut self, most: u64, chance: &mut Chance, tally: &mut Tally) {
        for _ in 0..most {
            thread::sleep(chance.time(LIFE));
            if self.is_fetched() {
                break;
            }
            tally.kills += 1;
            match chance.below(10) {
                0..5 => {
                    tally.of[0] += 1;
                    self = self.kill_downloader();
                }
                5..8 => {
                    tally.of[1] += 1;
                    self.kill_seeder(chance, tally);
                }
                _ => {
                    tally.of[2] += 1;
                    self.scene.pool.kill_tracker();
                    self.scene.pool.restart_tracker();
                }
            }
        }
        tally.downloads += self.wanted.len() as u64;
        let wanted = self.wanted.iter().map(|item| self.scene.bytes(item)).sum::<u64>();
        tally.wanted += wanted;
        let fetched = self.end();
        tally.twice += fetched.saturating_sub(wanted);
        eprintln!("{} kills, {:.3} % twice", tally.kills, tally.twice as f64 * 100.0 / tally.wanted as f64);
    }

    fn is_fetched(&self) -> bool {
        let repository = self.scene.pool.path(DOWNLOADER);
        self.wanted.iter().all(|item| repository.join(item).exists())
    }

    fn kill_downloader(mut self) -> Self {
        self.downloader.program.freeze();
        self.taken += self.taken_from_dead + self.seeders.iter_mut().map(Running::gave).sum::<u64>();
        self.downloader.program.kill();
        Self { downloader: Running::start(self.scene, DOWNLOADER), taken_from_dead: 0, ..self }
    }

    fn kill_seeder(&mut self, chance: &mut Chance, tally: &mut Tally) {
        let place = chance.below(self.seeders.len() as u64) as usize;
        let mut victim = self.seeders.swap_remove(place);
        let sharing = chance.once_in(3).then(|| {
            tally.during_share += 1;
            let extra = self.scene.extra.path.to_str().unwrap();
            let repository = self.scene.pool.path(victim.name);
            let command = ["share", extra, "--repository", repository.to_str().unwrap()];
            let sharing = self.scene.pool.spawn("share", self.scene.pool.command(command));
            thread::sleep(chance.time(LIFE));
            sharing
        });
        // Its connections are counted while the other end cannot take any more.
        self.downloader.program.freeze();
        self.taken_from_dead += victim.gave();
        let name = victim.name;
        victim.program.kill();
        self.downloader.program.thaw();
        drop(sharing.map(|sharing| sharing.end(TRANSFER)));
        self.seeders.push(Running::start(self.scene, name));
    }

    /// Waits for the end of everything, compares, and gives how many bytes were fetched.
    fn end(self) -> u64 {
        let seeders: Vec<_> = self.seeders.into_iter().map(|seeder| seeder.meet(self.scene)).collect();
        let downloader = self.downloader.meet(self.scene);
        until("all is fetched", TRANSFER, || {
            let status = downloader.status();
            for download in &status.downloads {
                if let DownloadState::Failed { cause, .. } = &download.state {
                    panic!("{} failed: {cause}", download.name);
                }
            }
            let known = |item: &str| status.downloads.iter().any(|download| download.name == item);
            for item in self.wanted {
                let there = downloader.path(item).exists();
                assert!(there || known(item), "the download of {item} was forgotten: {status:?}");
            }
            let active = status.downloads.iter().any(|download| download.state.is_active());
            let there = self.wanted.iter().all(|item| downloader.path(item).exists());
            if there && !active { Ok(()) } else { Err(status) }
        });
        for item in self.wanted {
            self.scene.assert_equal(&downloader, item);
        }
        // What was taken in this life, from the dead included, it tells itself.
        let fetched = self.taken + downloader.status().downloaded;
        leftovers::assert_none(&self.scene.pool.path(DOWNLOADER), self.wanted);
        assert_eq!(downloader.terminate().code, Some(0));
        fs::remove_dir_all(self.scene.pool.path(DOWNLOADER)).unwrap();
        for seeder in seeders {
            let repository = self.scene.pool.path(seeder.name());
            leftovers::assert_none(&repository, &[FILM, ALBUM, EXTRA]);
            assert_eq!(seeder.terminate().code, Some(0));
            let extra = repository.join(EXTRA);
            if extra.exists() {
                self.scene.extra.assert_equal(&extra);
                fs::remove_dir_all(extra).unwrap();
            }
        }
        fetched
    }
}
