//! What a transfer costs.

use peerpool_system_tests::{Pool, usage};

const MIB: u64 = 1 << 20;

#[test]
fn two_peers_exchange_one_gibibyte_within_64_mib() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 1 << 30, 1);
    let holder = pool.peer("holder").with(&film).start();
    let reader = pool.peer("reader").start();
    let read_before = usage(holder.pid()).read;
    reader.fetch(&film);
    film.assert_equal(&reader.path("film.mkv"));

    let (gave, got) = (usage(holder.pid()), usage(reader.pid()));
    for (peer, used) in [(&holder, gave), (&reader, got)] {
        let mib = used.peak_resident / MIB;
        assert!(mib <= 64, "{} had {mib} MiB resident", peer.name());
    }
    // Sockets are read by `recv`, which is not counted: what is counted are files.
    let served = gave.read - read_before;
    assert!(served <= film.bytes + 32 * MIB, "to give {} bytes the holder read {served}", film.bytes);
    assert!(got.read <= 32 * MIB, "to fetch, the reader read {} bytes of files", got.read);
}
