//! kill -9 of a downloader, again and again.

use std::{thread, time::Duration};

use peerpool_system_tests::{Pool, taken_from};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

const BYTES: u64 = 1 << 30;
const KILLS: u64 = 20;
/// Short enough that twenty lives do not complete the download.
const LIFE: Duration = Duration::from_millis(60);

/// A kill may come while the download still finds out what it has, or later. What is taken from the network over all lives,
/// beyond the item's length, was fetched twice.
#[test]
fn a_downloader_killed_20_times_fetches_less_than_two_percent_twice() {
    let mut chance = ChaCha8Rng::seed_from_u64(20);
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    let mut taken = 0;
    for _ in 0..KILLS {
        let victim = pool.peer("victim").start();
        victim.begin("film.mkv");
        thread::sleep(LIFE.mul_f64(chance.next_u64() as f64 / u64::MAX as f64));
        victim.freeze();
        taken += taken_from(holder.address());
        victim.kill();
    }

    assert!(taken > BYTES / 40, "{taken} bytes in {KILLS} lives show nothing");
    let survivor = pool.peer("victim").start();
    let last = survivor.fetch(&film);
    film.assert_equal(&survivor.path("film.mkv"));
    let fetched = taken + last.sources.iter().map(|source| source.bytes).sum::<u64>();
    let twice = fetched.saturating_sub(BYTES);
    assert!(twice * 100 < BYTES * 2, "{twice} of {BYTES} bytes were fetched twice");
}
