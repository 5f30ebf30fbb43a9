//! `share NAME` takes back what `unshare NAME` did, from any folder and in any spelling.

use peerpool_system_tests::Pool;

#[test]
fn share_and_unshare_read_a_name_alike() {
    let pool = Pool::new();
    let film = pool.random_file("Café film.mkv", 100_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    let absolute = holder.path("Café film.mkv");
    for words in
        ["Café film.mkv", "Cafe\u{301} film.mkv", "./Café film.mkv", "cafe", absolute.to_str().unwrap()]
    {
        let unshared = holder.run(["unshare", words]);
        assert_eq!(unshared.code, Some(0), "unshare {words}: {}", unshared.stderr);
        assert_eq!(holder.status().items, 0, "{words}");
        let shared = holder.run(["share", words]);
        assert_eq!(shared.code, Some(0), "share {words}: {}", shared.stderr);
        holder.item("Café film.mkv", |item| item.seeds == 1);
    }
    let wrong = holder.run(["unshare", "Cafe flim.mkv"]);
    assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("did you mean `Café film.mkv`?"), "{}", wrong.stderr);
}
