//! What peers say that they have, and how the catalogue learns what that is.

mod support;

use peerpool_catalogue::{Audience, Input, ItemFacts, Limits, Policy, SessionId, Viewer};
use peerpool_wire::channel::{Have, ItemState, RequestId, Target, ToPeer, ToTracker};
use support::{PIECES, World, file, remote, some};

fn register(world: &mut World, session: SessionId, facts: &peerpool_catalogue::ItemFacts, have: Have) {
    let items = vec![ItemState { info_hash: facts.info_hash, have }];
    world.send(session, ToTracker::Register { items });
}

fn refusals(world: &mut World, session: SessionId) -> Vec<String> {
    let sent = world.sent(session).into_iter();
    sent.filter_map(|message| match message {
        ToPeer::ItemRefused { reason, .. } => Some(reason),
        _ => None,
    })
    .collect()
}

#[test]
fn one_holder_at_a_time_is_asked_for_metainfo() {
    let mut world = World::new();
    let song = file("song", 1);
    let (a, b, c) = (world.join(1), world.join(2), world.join(3));
    for session in [a, b, c] {
        register(&mut world, session, &song, Have::All);
    }
    assert!(world.asked_for(a, song.info_hash));
    assert!(!world.asked_for(b, song.info_hash));
    world.send(a, ToTracker::NoMetainfo { info_hashes: vec![song.info_hash] });
    assert!(world.asked_for(b, song.info_hash));
    world.leave(b);
    assert!(world.asked_for(c, song.info_hash));
    world.send_metainfo(c, &song);
    assert_eq!(world.item(&song).seeds, 2);
}

#[test]
fn a_holder_that_does_not_send_its_metainfo_is_passed_over() {
    let mut world = World::new();
    let song = file("song", 1);
    let (a, b) = (world.join(1), world.join(2));
    register(&mut world, a, &song, Have::All);
    register(&mut world, b, &song, Have::All);
    world.pass(11);
    assert!(world.asked_for(b, song.info_hash));
    // Late is better than never.
    world.send_metainfo(a, &song);
    assert_eq!(world.item(&song).seeds, 2);
}

#[test]
fn answers_to_other_questions_do_not_put_a_deadline_off() {
    let mut world = World::new();
    let song = file("song", 1);
    let (liar, honest) = (world.join(1), world.join(2));
    register(&mut world, liar, &song, Have::All);
    register(&mut world, honest, &song, Have::All);
    for other in 0..12 {
        world.pass(1);
        let other = file("other", other);
        world.send(liar, ToTracker::NoMetainfo { info_hashes: vec![other.info_hash] });
        world.have(liar, &other, Have::All);
    }
    assert!(world.asked_for(honest, song.info_hash));
}

#[test]
fn many_silent_holders_do_not_hold_an_item_up_one_after_the_other() {
    let mut world = World::new();
    let song = file("song", 1);
    for number in 0..100 {
        let liar = world.join(number);
        register(&mut world, liar, &song, Have::All);
        if number == 50 {
            let honest = world.join(1000);
            register(&mut world, honest, &song, Have::All);
        }
    }
    let honest = SessionId(52);
    world.pass(45);
    assert!(world.asked_for(honest, song.info_hash));
}

#[test]
fn a_peer_that_is_to_send_much_does_not_hold_up_what_another_has() {
    let mut world = World::new();
    let files: Vec<_> = (0..200).map(|number| file("x", number)).collect();
    let (liar, honest) = (world.join(1), world.join(2));
    let items = files.iter().map(|facts| ItemState { info_hash: facts.info_hash, have: Have::All });
    world.send(liar, ToTracker::Register { items: items.collect() });
    register(&mut world, honest, &files[199], Have::All);
    assert!(world.asked_for(honest, files[199].info_hash), "the liar was not asked for it yet");
}

#[test]
fn a_peer_that_makes_many_items_of_one_name_is_refused() {
    let mut world = World::with(Limits { max_variants_per_peer: 3, ..Limits::default() });
    let (flood, other) = (world.join(1), world.join(2));
    let mut refused = 0;
    for number in 0..5 {
        world.have(flood, &file("a.bin", number), Have::All);
        refused += refusals(&mut world, flood).len();
    }
    assert_eq!(refused, 2);
    world.have(other, &file("a.bin", 99), Have::All);
    assert_eq!(world.item(&file("a.bin", 99)).variants, 3);
}

#[test]
fn bitfields_of_one_host_leave_room_for_those_of_another_and_are_left_out_beyond() {
    let mut world = World::with(Limits { max_all_state_bytes: 4 << 20, ..Limits::default() });
    let film = ItemFacts { pieces: 80_000, ..file("film", 1) };
    let seed = world.join(1);
    world.have(seed, &film, Have::All);
    let part = || Have::Some { pieces: 80_000, bitfield: vec![0xf0; 10_000] };
    let flood = world.join(2);
    let items = (0..1000u16).map(|number| {
        let info_hash = file(&format!("item {number}"), 1).info_hash;
        ItemState { info_hash, have: part() }
    });
    world.send(flood, ToTracker::Register { items: items.collect() });
    register(&mut world, flood, &film, part());
    assert!(refusals(&mut world, flood).is_empty(), "its pieces are not known, it is");
    let known = |world: &mut World| {
        let holders = world.locate(Target::InfoHash(film.info_hash)).unwrap().holders;
        holders.into_iter().map(|holder| holder.have).filter(|have| !have.is_all()).collect::<Vec<_>>()
    };
    assert_eq!(known(&mut world), [Have::Some { pieces: 80_000, bitfield: vec![] }]);
    let honest = world.join(3);
    register(&mut world, honest, &film, part());
    assert!(known(&mut world).contains(&part()));
    // What a host no longer has is room again.
    world.leave(flood);
    let other = world.connect(4, remote(2));
    register(&mut world, other, &film, part());
    assert_eq!(known(&mut world), [part(), part()]);
}

#[test]
fn metainfo_missing_from_the_store_is_asked_of_its_holders_again() {
    let mut world = World::new();
    let song = file("song", 1);
    let (a, b) = (world.join(1), world.join(2));
    world.have(a, &song, Have::All);
    world.have(b, &song, Have::All);
    world.out.clear();
    world.handle(Input::Unstored { info_hash: song.info_hash });
    let first = if world.asked_for(a, song.info_hash) { a } else { b };
    // It says nothing; both are asked in time.
    world.pass(60);
    let other = if first == a { b } else { a };
    assert!(world.asked_for(other, song.info_hash));
    world.send_metainfo(other, &song);
    assert!(world.stored().iter().any(|change| matches!(change, peerpool_catalogue::Change::Added(_))));
    world.out.clear();
    world.pass(60);
    assert!(!world.asked_for(a, song.info_hash) && !world.asked_for(b, song.info_hash));
}

#[test]
fn metainfo_that_nobody_asked_for_is_ignored() {
    let mut world = World::new();
    let a = world.join(1);
    world.send_metainfo(a, &file("song", 1));
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 0);
}

#[test]
fn metainfo_of_another_item_is_refused() {
    let mut world = World::new();
    let a = world.join(1);
    let (claimed, other) = (file("claimed", 1), file("other", 2));
    register(&mut world, a, &claimed, Have::All);
    let torrent = std::sync::Arc::from([]);
    let parsed = Ok(peerpool_catalogue::NewItem { facts: other, torrent, added: 0, owner: None });
    world.handle(Input::Metainfo {
        session: a,
        info_hash: claimed.info_hash,
        parsed,
        audience: Audience::UNSAID,
    });
    assert_eq!(refusals(&mut world, a).len(), 1);
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 0);
}

#[test]
fn a_window_of_metainfo_is_asked_for_and_more_as_it_comes() {
    let mut world = World::new();
    let a = world.join(1);
    let files: Vec<_> = (0..200).map(|number| file(&format!("file {number:03}"), number)).collect();
    let state =
        |facts: &peerpool_catalogue::ItemFacts| ItemState { info_hash: facts.info_hash, have: Have::All };
    world.send(a, ToTracker::Register { items: files.iter().map(state).collect() });
    let asked = |world: &mut World| -> usize {
        let sent = world.sent(a).into_iter();
        sent.map(|message| match message {
            ToPeer::NeedMetainfo { info_hashes } => info_hashes.len(),
            _ => 0,
        })
        .sum()
    };
    assert_eq!(asked(&mut world), 128);
    // More is asked for at once when half of it has come, not one item for each that comes.
    files[..63].iter().for_each(|facts| world.send_metainfo(a, facts));
    assert_eq!(asked(&mut world), 0);
    world.send_metainfo(a, &files[63]);
    assert_eq!(asked(&mut world), 64);
    for facts in &files[64..] {
        world.send_metainfo(a, facts);
    }
    assert_eq!(world.names("file").len(), 200);
}

#[test]
fn a_peer_whose_window_empties_without_its_doing_is_asked_for_more() {
    let files: Vec<_> = (0..200).map(|number| file(&format!("file {number:03}"), number)).collect();
    let more: Vec<_> = (0..50).map(|number| file(&format!("other {number:03}"), number)).collect();
    let states = |files: &[peerpool_catalogue::ItemFacts]| -> Vec<ItemState> {
        files.iter().map(|facts| ItemState { info_hash: facts.info_hash, have: Have::All }).collect()
    };
    let asked = |world: &mut World, session| -> usize {
        let sent = world.sent(session).into_iter();
        sent.map(|message| match message {
            ToPeer::NeedMetainfo { info_hashes } => info_hashes.len(),
            _ => 0,
        })
        .sum()
    };
    // It withdraws all that it was asked for.
    let mut world = World::new();
    let a = world.join(1);
    world.send(a, ToTracker::Register { items: states(&files) });
    assert_eq!(asked(&mut world, a), 128);
    let withdrawn = files[..128].iter().map(|facts| facts.info_hash).collect();
    world.send(a, ToTracker::Withdraw { info_hashes: withdrawn });
    assert_eq!(asked(&mut world, a), 72);

    // It is asked for what somebody else is late with, who then gives it after all.
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    world.send(a, ToTracker::Register { items: states(&files[..100]) });
    world.send(b, ToTracker::Register { items: states(&files) });
    world.send(b, ToTracker::Register { items: states(&more) });
    world.pass(11);
    assert!(asked(&mut world, b) > 128);
    files[..70].iter().for_each(|facts| world.send_metainfo(a, facts));
    assert!(asked(&mut world, b) > 0, "there is room for what waits");
}

#[test]
fn a_peer_that_claims_too_many_items_is_told_once() {
    let mut world = World::with(Limits { max_items_per_peer: 2, ..Limits::default() });
    let a = world.join(1);
    let items = (0..50)
        .map(|number| file("x", number))
        .map(|facts| ItemState { info_hash: facts.info_hash, have: Have::All });
    world.send(a, ToTracker::Register { items: items.collect() });
    assert_eq!(refusals(&mut world, a).len(), 1);
    // Another peer is not limited by it.
    let b = world.join(2);
    world.have(b, &file("y", 60), Have::All);
    assert_eq!(world.names(""), ["y"]);
}

#[test]
fn a_bitfield_that_does_not_fit_the_item_is_refused() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    let song = file("song", 1);
    world.have(a, &song, Have::All);
    for have in [
        Have::Some { pieces: PIECES + 1, bitfield: vec![0xff, 0xc0] },
        Have::Some { pieces: PIECES, bitfield: vec![0xff] },
        Have::Some { pieces: PIECES, bitfield: vec![0xff, 0xe0] },
    ] {
        register(&mut world, b, &song, have);
        assert_eq!(refusals(&mut world, b).len(), 1);
    }
    assert_eq!(world.item(&song).partial, 0);
    register(&mut world, b, &song, some(10));
    assert_eq!(world.item(&song).seeds, 2, "all bits are everything");
}

#[test]
fn the_memory_of_bitfields_is_bounded_and_given_back() {
    let mut world = World::with(Limits { max_state_bytes: 4, ..Limits::default() });
    let (a, b) = (world.join(1), world.join(2));
    let files: Vec<_> = (0..3).map(|number| file("x", number)).collect();
    for facts in &files {
        world.have(a, facts, Have::All);
    }
    register(&mut world, b, &files[0], some(1));
    register(&mut world, b, &files[1], some(1));
    register(&mut world, b, &files[1], some(2));
    register(&mut world, b, &files[2], some(1));
    assert_eq!(refusals(&mut world, b).len(), 1);
    world.send(b, ToTracker::Withdraw { info_hashes: vec![files[0].info_hash] });
    register(&mut world, b, &files[2], some(1));
    assert!(refusals(&mut world, b).is_empty());
}

#[test]
fn a_follower_hears_of_new_holders_until_it_knows_enough() {
    let mut world = World::with(Policy { neighbours: 3, ..Policy::default() });
    let song = file("song", 1);
    let (a, seeker) = (world.join(1), world.join(2));
    world.have(a, &song, Have::All);
    let target = Target::InfoHash(song.info_hash);
    world.send(seeker, ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: true });
    world.sent(seeker);
    let told = |world: &mut World, number: u16| {
        let session = world.join(number);
        world.have(session, &song, some(1));
        world.sent(seeker).len()
    };
    assert_eq!((3..7).map(|number| told(&mut world, number)).collect::<Vec<_>>(), [1, 1, 0, 0]);
}

#[test]
fn an_unfollowed_item_is_quiet() {
    let mut world = World::new();
    let song = file("song", 1);
    let seeker = world.join(2);
    let target = Target::InfoHash(song.info_hash);
    world.send(seeker, ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: true });
    world.send(seeker, ToTracker::Unfollow { info_hash: song.info_hash });
    world.sent(seeker);
    let a = world.join(1);
    world.have(a, &song, Have::All);
    assert!(world.sent(seeker).is_empty());
}

#[test]
fn an_unknown_item_can_be_followed_until_somebody_has_it() {
    let mut world = World::new();
    let song = file("song", 1);
    let seeker = world.join(2);
    let target = Target::InfoHash(song.info_hash);
    world.send(seeker, ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: true });
    assert!(matches!(world.sent(seeker)[..], [ToPeer::Located { item: None, .. }]));
    let a = world.join(1);
    world.have(a, &song, Have::All);
    assert!(matches!(world.sent(seeker)[..], [ToPeer::NewHolders { .. }]));
}
