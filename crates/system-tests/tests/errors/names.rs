//! Names that mean nothing, or several things.

use peerpool_system_tests::Pool;

use crate::{assert_failed, exit};

#[test]
fn a_name_that_nobody_shares_is_said() {
    let pool = Pool::new();
    let reader = pool.peer("reader").start();
    let got = reader.run(["get", "nothing.mkv"]);
    assert_failed(&got, exit::NOT_FOUND, &["nothing.mkv"]);
}

#[test]
fn an_ambiguous_name_is_answered_with_the_variants_and_each_can_be_fetched() {
    let pool = Pool::new();
    let contents = [pool.random_file("film.mkv", 100_000, 1), pool.random_file("film.mkv", 200_000, 2)];
    let _first = pool.peer("first").with(&contents[0]).start();
    let _second = pool.peer("second").with(&contents[1]).start();
    let reader = pool.peer("reader").start();
    let item = reader.item("film.mkv", |item| item.variants > 0);
    let got = reader.run(["get", "film.mkv"]);
    assert_failed(&got, exit::AMBIGUOUS, &["film.mkv@", &item.hash.short()]);

    let exact = format!("film.mkv@{}", item.hash.short());
    let got = reader.run(["get", &exact]);
    assert_eq!(got.code, Some(0), "{}", got.stderr);
    assert_eq!(got.stdout, ["complete film.mkv"]);
    let wanted = contents.iter().find(|content| content.bytes == item.size).unwrap();
    wanted.assert_equal(&reader.path("film.mkv"));
}
