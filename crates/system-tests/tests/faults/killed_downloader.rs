//! kill -9 of a downloader, again and again.

use std::{thread, time::Duration};

use peerpool_control::{Download, DownloadState};
use peerpool_system_tests::{Peer, Pool, taken_from};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A kill loses what is in memory: the few pieces that are underway, of 2 MiB each.
const BYTES: u64 = 6 << 30;
const KILLS: u64 = 20;
/// Short enough that twenty lives do not complete the download.
const LIFE: Duration = Duration::from_millis(80);

/// Every second kill may come while the download still finds out what it has; the others come later. What was taken
/// from the network in a life and is not there in the last one has to be fetched twice.
#[test]
fn a_downloader_killed_20_times_fetches_less_than_two_percent_twice() {
    let mut chance = ChaCha8Rng::seed_from_u64(20);
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    let mut taken = 0;
    for kill in 1..=KILLS {
        let victim = pool.peer("victim").start();
        let download = victim.begin("film.mkv");
        if kill % 2 == 0 {
            resumed(&victim, &download);
        }
        thread::sleep(LIFE.mul_f64(chance.next_u64() as f64 / u64::MAX as f64));
        victim.freeze();
        taken += taken_from(holder.address());
        victim.kill();
    }

    let survivor = pool.peer("victim").start();
    let download = survivor.begin("film.mkv");
    let kept = resumed(&survivor, &download).bytes_done;
    assert!(kept > BYTES / 40 && kept < BYTES, "{kept} bytes in {KILLS} lives show nothing");
    let twice = taken.saturating_sub(kept);
    assert!(twice * 100 < BYTES * 2, "{twice} of {BYTES} bytes have to be fetched twice ({kept} were kept)");
    survivor.until_complete(&download);
    film.assert_equal(&survivor.path("film.mkv"));
}

/// Waits until the download knows what it has.
fn resumed(peer: &Peer, download: &Download) -> Download {
    peer.until(download, "resumption", |now| !matches!(now.state, DownloadState::Waiting))
}
