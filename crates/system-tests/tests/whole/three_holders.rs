//! One file from holders that have all or only some of it.

use peerpool_api::DownloadState;
use peerpool_system_tests::Pool;

#[test]
fn three_holders_of_which_two_are_partial_serve_one_gibibyte() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 1 << 30, 1);
    let whole = pool.peer("whole").with(&film).start();
    let partial = ["early", "late"].map(|name| pool.peer(name).start());
    for (peer, share) in partial.iter().zip([4, 2]) {
        let download = peer.begin("film.mkv");
        peer.until(&download, "a part", |now| now.bytes_done > film.bytes / share);
        let paused = peer.pause(&download);
        assert!(paused.pieces_done < paused.pieces_total, "{} is no partial holder any more", peer.name());
    }

    let reader = pool.peer("reader").start();
    let item = reader.item("film.mkv", |item| item.partial == 2);
    assert_eq!(item.seeds, 1);
    let done = reader.fetch(&film);
    film.assert_equal(&reader.path("film.mkv"));

    let mut names: Vec<_> =
        done.sources.iter().filter(|source| source.bytes > 0).map(|source| &source.name).collect();
    names.sort();
    assert_eq!(names, ["early", "late", "whole"], "each holder gives what it has");
    assert_eq!(done.sources.iter().map(|source| source.bytes).sum::<u64>(), film.bytes);

    whole.terminate();
    for peer in &partial {
        let download = &peer.status().downloads[0];
        assert_eq!(download.state, DownloadState::Paused);
        peer.resume(download);
        peer.until_complete(download);
        film.assert_equal(&peer.path("film.mkv"));
    }
}
