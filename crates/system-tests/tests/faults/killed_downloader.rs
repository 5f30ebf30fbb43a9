//! kill -9 of a downloader, again and again.

use peerpool_system_tests::{Chance, Pool, TRANSFER, taken_from, until};

const BYTES: u64 = 1 << 30;
const KILLS: u64 = 20;
/// Little enough that twenty lives do not complete the download.
const MOST_OF_A_LIFE: u64 = BYTES / KILLS / 8;

/// One kill in four comes while the download still finds out what it has, each other after so many bytes. What is taken
/// from the network over all lives, beyond the item's length, was fetched twice.
#[test]
fn a_downloader_killed_20_times_fetches_less_than_two_percent_twice() {
    let mut chance = Chance::new(20);
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    let mut taken = 0;
    for _ in 0..KILLS {
        let victim = pool.peer("victim").start();
        victim.begin("film.mkv");
        let enough = if chance.once_in(4) { 0 } else { chance.below(MOST_OF_A_LIFE) };
        until("a part of the download", TRANSFER, || match taken_from(holder.address()) {
            taken if taken >= enough => Ok(()),
            taken => Err(taken),
        });
        victim.freeze();
        taken += taken_from(holder.address());
        victim.kill();
    }

    assert!((BYTES / 40..BYTES).contains(&taken), "{taken} bytes in {KILLS} lives show nothing");
    let survivor = pool.peer("victim").start();
    let last = survivor.fetch(&film);
    film.assert_equal(&survivor.path("film.mkv"));
    let fetched = taken + last.sources.iter().map(|source| source.bytes).sum::<u64>();
    let twice = fetched.saturating_sub(BYTES);
    assert!(twice * 100 < BYTES * 2, "{twice} of {BYTES} bytes were fetched twice");
}
