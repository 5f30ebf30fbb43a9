//! The same words find the same things.

use std::path::Path;

use peerpool_api::naming::{Pattern, find, find_all, similar};

fn found<'a>(names: &'a [String], text: &str) -> Vec<&'a str> {
    find(names, text, Path::new("/srv/share")).into_iter().map(String::as_str).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_name_is_found_by_every_spelling_and_path_of_it() {
    let all = names(&["Café.mkv", "music", "two words"]);
    for text in
        ["Café.mkv", "Cafe\u{301}.mkv", "café.MKV", "cafe", "./Café.mkv", "/srv/share/Café.mkv", "Café.mkv/"]
    {
        assert_eq!(found(&all, text), ["Café.mkv"], "{text}");
    }
    assert_eq!(found(&all, "two w"), ["two words"]);
    assert!(found(&all, "/elsewhere/music").is_empty());
    assert!(found(&all, "").is_empty() && found(&all, "/").is_empty() && found(&all, "./").is_empty());
}

#[test]
fn an_exact_name_beats_another_spelling_and_that_a_prefix() {
    let all = names(&["film", "Film", "film two"]);
    assert_eq!(found(&all, "film"), ["film"]);
    assert_eq!(found(&all, "Film"), ["Film"]);
    assert_eq!(found(&all, "FILM"), ["film", "Film"], "several are told, none is taken");
    assert_eq!(found(&all, "film t"), ["film two"]);
}

#[test]
fn a_pattern_finds_all_names_like_it_unless_a_thing_is_called_so() {
    let all = names(&["Film one.mkv", "film two.MKV", "Café.mkv", "notes [old].txt", "notes o.txt"]);
    let found = |text| find_all(&all, text, Path::new("/srv/share")).unwrap();
    assert_eq!(found("film*.mkv"), ["Film one.mkv", "film two.MKV"]);
    assert_eq!(found("/srv/share/caf?.mkv"), ["Café.mkv"]);
    assert_eq!(found("notes [old].txt"), ["notes [old].txt"], "a name goes before a pattern");
    assert_eq!(found("notes [a-o].txt"), ["notes o.txt"]);
    assert_eq!(found("**.txt").len(), 2);
    assert!(found("*.iso").is_empty() && found("film[").is_empty());
    assert_eq!(find_all(&all, "FIL", Path::new("/srv/share")).unwrap_err().len(), 2);
}

#[test]
fn every_name_that_fits_a_pattern_begins_as_the_pattern_does() {
    let pattern = Pattern::parse("Film o*").unwrap();
    assert_eq!(pattern.beginning(), "Film o");
    assert!(pattern.matches("film one.mkv") && !pattern.matches("film two.mkv"));
    assert_eq!(Pattern::parse("film one.mkv"), None);
    assert_eq!(Pattern::parse("film ["), None, "a broken pattern is a name");
}

#[test]
fn a_mistyped_name_is_answered_with_those_close_to_it() {
    let all = ["film.mkv", "holiday photos", "Café.mkv"];
    assert_eq!(similar(all, "flim.mkv"), ["film.mkv"]);
    assert_eq!(similar(all, "photos"), ["holiday photos"]);
    assert_eq!(similar(all, "cafe"), ["Café.mkv"]);
    assert!(similar(all, "something else").is_empty());
}
