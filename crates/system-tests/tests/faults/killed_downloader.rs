//! kill -9 of a downloader, again and again.

use std::thread;
use std::time::Duration;

use peerpool_system_tests::Pool;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

const BYTES: u64 = 2 << 30;
const KILLS: u64 = 20;

/// Kills come when the download has moved by a random part of a step, a random time into what it does then.
#[test]
fn a_downloader_killed_20_times_fetches_less_than_two_percent_twice() {
    let mut chance = ChaCha8Rng::seed_from_u64(20);
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    let mut kept = 0;
    for kill in 1..=KILLS {
        let victim = pool.peer("victim").start();
        let download = victim.begin("film.mkv");
        assert!(
            download.bytes_done + BYTES / 50 >= kept,
            "kill {kill}: of {kept} bytes verified before, {} are left",
            download.bytes_done
        );
        let step = 1 + chance.next_u64() % (BYTES / (2 * KILLS));
        let seen = victim.until(&download, "progress", |now| now.bytes_done >= kept + step);
        assert!(seen.bytes_done < BYTES, "the download ended before kill {kill}");
        kept = seen.bytes_done;
        thread::sleep(Duration::from_micros(chance.next_u64() % 10_000));
        victim.kill();
    }

    let survivor = pool.peer("victim").start();
    survivor.fetch(&film);
    film.assert_equal(&survivor.path("film.mkv"));
    let twice = holder.status().uploaded.saturating_sub(BYTES);
    assert!(twice * 100 < BYTES * 2, "{twice} of {BYTES} bytes were fetched twice");
}
