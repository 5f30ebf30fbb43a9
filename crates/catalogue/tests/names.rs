//! How an item is found by what somebody typed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use peerpool_catalogue::SessionId;
use peerpool_wire::channel::{Failure, Have, Target};
use support::{World, by_name, file};

fn with(names: &[&str]) -> (World, SessionId) {
    let mut world = World::new();
    let peer = world.join(1);
    for (content, name) in (1..).zip(names) {
        world.have(peer, &file(name, content), Have::All);
    }
    (world, peer)
}

fn found(world: &mut World, name: &str) -> Result<String, Vec<String>> {
    match world.locate(by_name(name)) {
        Ok(located) => Ok(located.item.unwrap().name),
        Err(Failure::Ambiguous { variants, .. }) => {
            let mut names: Vec<String> = variants.into_iter().map(|item| item.name).collect();
            names.sort();
            Err(names)
        }
        Err(_) => Err(Vec::new()),
    }
}

#[test]
fn words_are_found_in_any_order_case_and_without_accents() {
    let (mut world, _) = with(&["Director Cut Film.mkv", "hanoi.2019.mp4", "Bài giảng Đại số.pdf"]);
    for (query, name) in [
        ("film director", "Director Cut Film.mkv"),
        ("cut MKV", "Director Cut Film.mkv"),
        ("2019 hanoi", "hanoi.2019.mp4"),
        ("bai giang", "Bài giảng Đại số.pdf"),
        ("SỐ đại", "Bài giảng Đại số.pdf"),
        ("  dai   bai ", "Bài giảng Đại số.pdf"),
    ] {
        assert_eq!(world.names(query), [name], "{query}");
    }
    assert!(world.names("film hanoi").is_empty());
    assert_eq!(world.names("").len(), 3);
}

#[test]
fn the_closest_way_of_writing_a_name_is_meant() {
    let (mut world, _) = with(&["Bài", "BÀI", "bai"]);
    assert_eq!(found(&mut world, "Bài"), Ok("Bài".into()));
    assert_eq!(found(&mut world, "Ba\u{300}i"), Ok("Bài".into()));
    assert_eq!(found(&mut world, "bai"), Ok("bai".into()));
    assert_eq!(found(&mut world, "bài"), Err(vec!["BÀI".into(), "Bài".into()]));
    assert_eq!(found(&mut world, "Bai"), Ok("bai".into()));
    assert_eq!(found(&mut world, "BẠI"), Err(vec!["BÀI".into(), "Bài".into(), "bai".into()]));
}

#[test]
fn a_whole_name_is_meant_before_the_beginning_of_another() {
    let (mut world, _) = with(&["film", "Film 2", "films"]);
    assert_eq!(found(&mut world, "film"), Ok("film".into()));
    assert_eq!(found(&mut world, "FILM"), Ok("film".into()));
    assert_eq!(found(&mut world, "film "), Ok("Film 2".into()));
    assert_eq!(found(&mut world, "fil"), Err(vec!["Film 2".into(), "film".into(), "films".into()]));
    assert_eq!(found(&mut world, ""), Err(vec![]));
}

#[test]
fn a_beginning_is_found_among_very_many_other_hits() {
    let (mut world, peer) = with(&["needle in a stack"]);
    for number in 0..300u16 {
        world.have(peer, &file(&format!("a needle {number}"), (number % 200) as u8), Have::All);
    }
    assert_eq!(found(&mut world, "needle"), Ok("needle in a stack".into()));
}

#[test]
fn a_name_with_the_beginning_of_a_hash_is_one_of_many_variants() {
    let mut world = World::new();
    let wanted = file("a.bin", 77);
    for number in 0..200u16 {
        let peer = world.join(number);
        world.have(peer, &file("a.bin", number as u8), Have::All);
        world.out.clear();
    }
    assert_eq!(world.item(&wanted).variants, 199);
    let v2 = wanted.info_hash.v2().unwrap().to_string();
    for digits in [2, 8, 64] {
        let target = Target::Name { name: "A.BIN".into(), hash_prefix: v2[..digits].to_uppercase() };
        assert_eq!(world.locate(target).unwrap().item.unwrap().info_hash, wanted.info_hash, "{digits}");
    }
}
