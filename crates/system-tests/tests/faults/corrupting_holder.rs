//! A holder that gives wrong bytes.

use peerpool_system_tests::{Liar, PATIENCE, Pool, until};

#[test]
fn a_corrupting_holder_is_banned_and_the_download_completes() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 256 << 20, 1);
    let holder = pool.peer("holder").with(&film).start();
    let reader = pool.peer("reader").start();
    let item = holder.item("film.mkv", |item| item.seeds == 1);
    let liar = Liar::start(&film, &item);
    liar.join(pool.tracker());
    reader.item("film.mkv", |item| item.seeds == 2);

    let done = reader.fetch(&film);
    film.assert_equal(&reader.path("film.mkv"));
    assert!(liar.served() > 0, "the liar was never asked, so nothing is shown");
    assert!(done.seconds < 15.0, "the liar held the download up for {} s", done.seconds);
    let honest =
        done.sources.iter().filter(|source| source.name == "holder").map(|source| source.bytes).sum::<u64>();
    assert!(honest >= film.bytes, "every right byte came from the holder: {:?}", done.sources);
    until("the liar is out", PATIENCE, || {
        let download = reader.download(&done);
        let liars = download.sources.iter().filter(|source| source.connected && source.name != "holder");
        if liars.count() == 0 { Ok(()) } else { Err(download) }
    });
    let wasted = holder.status().uploaded.saturating_sub(film.bytes);
    assert!(wasted <= film.bytes / 20, "the liar made the honest holder send {wasted} bytes again");
}
