//! A holder goes away in the middle.

use peerpool_system_tests::Pool;

#[test]
fn a_killed_holder_is_replaced_by_the_others() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 1 << 30, 1);
    let victim = pool.peer("victim").with(&film).start();
    let _other = pool.peer("other").with(&film).start();
    let reader = pool.peer("reader").start();
    reader.item("film.mkv", |item| item.seeds == 2);
    let download = reader.begin("film.mkv");
    reader.until(&download, "something from the victim", |now| {
        now.sources.iter().any(|source| source.name == "victim" && source.bytes > 0)
    });
    victim.kill();
    let done = reader.until_complete(&download);
    film.assert_equal(&reader.path("film.mkv"));
    assert!(done.sources.iter().any(|source| source.name == "other" && source.bytes > 0));
    reader.item("film.mkv", |item| item.seeds == 2);
}
