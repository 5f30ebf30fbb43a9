//! One name with several contents, one content under several names.

mod support;

use peerpool_wire::channel::{Failure, Have, Target};
use support::{World, by_name, file, some};

#[test]
fn two_contents_of_one_name_are_ambiguous_until_a_hash_tells() {
    let mut world = World::new();
    let (old, new) = (file("notes", 1), file("notes", 2));
    let (a, b) = (world.join(1), world.join(2));
    world.have(a, &old, Have::All);
    world.have(b, &new, Have::All);
    let Err(Failure::Ambiguous { variants, .. }) = world.locate(by_name("notes")) else {
        panic!("ambiguous")
    };
    assert_eq!(variants.len(), 2);
    for facts in [&old, &new] {
        let hash_prefix = facts.info_hash.short();
        let located = world.locate(Target::Name { name: "notes".into(), hash_prefix }).unwrap();
        assert_eq!(located.item.unwrap().info_hash, facts.info_hash);
        assert_eq!(located.variants.len(), 1);
    }
    assert_eq!(world.item(&old).variants, 1);
}

#[test]
fn a_version_that_nobody_has_any_more_is_not_in_the_way() {
    let mut world = World::new();
    let (old, new) = (file("notes", 1), file("notes", 2));
    let (a, b) = (world.join(1), world.join(2));
    world.have(a, &old, Have::All);
    world.have(b, &new, Have::All);
    world.leave(a);
    assert_eq!(world.locate(by_name("notes")).unwrap().item.unwrap().info_hash, new.info_hash);
}

#[test]
fn case_does_not_count_where_nothing_is_called_exactly_so() {
    let mut world = World::new();
    let a = world.join(1);
    world.have(a, &file("Notes", 1), Have::All);
    assert!(world.locate(by_name("notes")).is_ok());
    assert!(world.locate(by_name("Notes")).is_ok());
    assert!(matches!(world.locate(by_name("xnotes")), Err(Failure::NotFound { .. })));
    assert_eq!(world.names("noTES"), ["Notes"]);
}

#[test]
fn holders_of_the_same_content_under_another_name_count_for_the_content() {
    let mut world = World::new();
    let (song, copy) = (file("song.flac", 1), file("copy of song.flac", 1));
    let (a, b, c) = (world.join(1), world.join(2), world.join(3));
    world.have(a, &song, Have::All);
    world.have(b, &copy, Have::All);
    world.have(b, &song, Have::All);
    world.have(c, &copy, some(3));
    let listed = world.item(&song);
    assert_eq!((listed.seeds, listed.content_holders), (2, 2), "peer 2 has both names and counts once");
    let listed = world.item(&copy);
    assert_eq!((listed.seeds, listed.partial, listed.content_holders), (1, 1, 2));
    let located = world.locate(by_name("song.flac")).unwrap();
    assert_eq!(located.twins.len(), 1);
    assert_eq!(located.twins[0].item.info_hash, copy.info_hash);
    assert_eq!(located.twins[0].holders.len(), 2);
    assert!(located.variants.is_empty());
}
