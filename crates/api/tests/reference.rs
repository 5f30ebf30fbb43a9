//! How names are read.

use peerpool_api::{Reading, readings};

#[test]
fn a_plain_name_is_read_first_and_alone() {
    assert_eq!(readings("film.mkv"), [Reading::Name("film.mkv")]);
    assert_eq!(readings("a@home"), [Reading::Name("a@home")], "`home` is no hash");
    assert_eq!(readings("a@123"), [Reading::Name("a@123")], "three digits are too few");
}

#[test]
fn a_variant_is_told_by_the_begin_of_its_hash() {
    assert_eq!(
        readings("x@y@DEADbeef"),
        [Reading::Name("x@y@DEADbeef"), Reading::NameAndHash("x@y", "deadbeef".to_owned())]
    );
}

#[test]
fn a_whole_hash_names_an_item() {
    let hash = "0123456789abcdef0123456789ABCDEF01234567";
    assert_eq!(readings(hash), [Reading::Name(hash), Reading::Hash(hash.to_ascii_lowercase())]);
}
