//! What somebody may not see: random histories, in one world with items that are hidden from whoever asks, and in another in
//! which those items never were. Every answer is the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use peerpool_catalogue::{
    Asking, Audience, Changes, Eyes, Input, ItemChange, ItemFacts, NewItem, Output, Query, SessionId,
    Sorting, Viewer,
};
use peerpool_wire::{
    announce::Event,
    channel::{
        CatalogueItem, Have, ItemKind, ItemSearch, ItemSort, ItemState, PeerSearch, PeerSort, RequestId,
        Target, ToPeer, ToTracker,
    },
    id::InfoHash,
};
use proptest::prelude::*;
use support::{World, by_name, file, remote, some, stock};

/// Whom all items are for that are not hidden, and whom the hidden ones.
const OPEN: Audience = Audience(1);
const SECRET: Audience = Audience(70);
/// The peer that asks, and its items' number.
const ASKER: u16 = 0;
const ITEMS: u8 = 8;

#[derive(Debug, Clone)]
enum Step {
    Join(u16),
    Leave(u16),
    Register(u16, u8, u32),
    Withdraw(u16, u8),
    Announce { client: u16, item: u8, complete: bool },
    Follow(u8),
    Name(u8),
    Breathe,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, item) = (1u16..5, 0..ITEMS);
    prop_oneof![
        3 => peer.clone().prop_map(Step::Join),
        1 => peer.clone().prop_map(Step::Leave),
        8 => (peer.clone(), item.clone(), prop_oneof![Just(10), 0u32..10]).prop_map(|(peer, item, part)| Step::Register(peer, item, part)),
        3 => (peer.clone(), item.clone()).prop_map(|(peer, item)| Step::Withdraw(peer, item)),
        // As many as are named in one answer, with the peers: nobody is left out by chance.
        2 => (1u16..4, item.clone(), any::<bool>())
            .prop_map(|(client, item, complete)| Step::Announce { client, item, complete }),
        2 => item.clone().prop_map(Step::Follow),
        2 => item.prop_map(Step::Name),
        1 => Just(Step::Breathe),
    ]
}

/// Items 0 to 3 are for everybody, two of them of one content; each of the others is hidden, and shares the name of one of those,
/// its content, or neither.
fn item(number: u8) -> ItemFacts {
    match number {
        0..4 => file(["notes", "notes", "song", "Song"][usize::from(number)], number.min(2)),
        4 => file("notes", 40),
        5 => file("a song", 2),
        6 => file("song", 2 + 40),
        _ => file("secret", 50),
    }
}

fn is_hidden(number: u8) -> bool {
    number >= 4
}

/// Somebody who is told what changes of what it sees.
struct Follower {
    viewer: Viewer,
    items: BTreeMap<InfoHash, CatalogueItem>,
}

impl Follower {
    /// Begins with what there is.
    fn of(world: &mut World, viewer: Viewer) -> Self {
        let changes = world.catalogue.take_changes(world.now);
        let seen = changes.index.iter().filter(|row| viewer.sees(row.audience));
        let items = seen.map(|row| (row.facts.info_hash, row.to_item())).collect();
        let mut follower = Self { viewer, items };
        follower.look_anew(world);
        follower
    }

    /// What it is told of, as it sees that: what appears, becomes complete or is gone.
    fn told(&mut self, world: &World, changes: &Changes) -> Vec<String> {
        let now = self.viewer.clone();
        self.told_as(world, changes, &now)
    }

    /// The same, when it sees other things by now.
    fn told_as(&mut self, world: &World, changes: &Changes, now: &Viewer) -> Vec<String> {
        let is_told_apart = changes.tells_apart(&self.viewer, now);
        let before = std::mem::replace(&mut self.viewer, now.clone());
        let mut told = Vec::new();
        for change in changes.seen_by(&before, now) {
            let item = world.catalogue.find(&Target::InfoHash(change.info_hash()), now).ok();
            let (was, is) = match &change {
                ItemChange::Added(row) => (None, Some(row)),
                ItemChange::Changed(row, was) => (Some(was), Some(row)),
                ItemChange::Gone(_, was) => (Some(was), None),
            };
            let was_there = was.is_some_and(|was| was.is_listed);
            let is_there = is.is_some_and(|row| row.standing.is_listed);
            let is_complete = is.is_some_and(|row| row.standing.seeds > 0);
            if was_there != is_there || (is_there && is_complete && !was.is_some_and(|was| was.has_seed)) {
                told.push(format!("{was_there} {is_there} {is_complete} {:?} {item:?}", change.info_hash()));
            }
            match is {
                Some(row) if row.is_alike_for_all() => {
                    assert_eq!(Some(row.to_item()), item);
                    self.items.insert(row.facts.info_hash, row.to_item());
                }
                Some(row) => drop(self.items.insert(row.facts.info_hash, item.unwrap())),
                None => assert!(self.items.remove(&change.info_hash()).is_some()),
            }
        }
        if is_told_apart {
            self.look_anew(world);
        }
        told
    }

    fn look_anew(&mut self, world: &World) {
        let find = |number| {
            let hash = item(number).info_hash;
            Some((hash, world.catalogue.find(&Target::InfoHash(hash), &self.viewer).ok()?))
        };
        self.items = (0..ITEMS).filter_map(find).collect();
    }

    fn agrees(&self, world: &World) {
        for number in 0..ITEMS {
            let hash = item(number).info_hash;
            let found = world.catalogue.find(&Target::InfoHash(hash), &self.viewer).ok();
            assert_eq!(self.items.get(&hash), found.as_ref(), "item {number}");
        }
    }
}

/// A world, with or without the hidden items.
struct Pool {
    world: World,
    follower: Follower,
    has_hidden: bool,
    online: Vec<(u16, SessionId)>,
    asker: SessionId,
}

impl Pool {
    fn new(has_hidden: bool) -> Self {
        let mut world = World::new();
        let asker = world.join(ASKER);
        world.handle(Input::Sight { items: Vec::new(), viewers: vec![(asker, viewer())] });
        let follower = Follower::of(&mut world, viewer());
        Self { world, follower, has_hidden, online: Vec::new(), asker }
    }

    fn session(&self, peer: u16) -> Option<SessionId> {
        self.online.iter().find(|(online, _)| *online == peer).map(|(_, session)| *session)
    }

    fn exists(&self, number: u8) -> bool {
        self.has_hidden || !is_hidden(number)
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Join(peer) if self.session(peer).is_none() => {
                let session = self.world.join(peer);
                self.online.push((peer, session));
            }
            Step::Leave(peer) => {
                if let Some(session) = self.session(peer) {
                    self.online.retain(|(online, _)| *online != peer);
                    self.world.leave(session);
                }
            }
            Step::Register(peer, number, part) => {
                if let Some(session) = self.session(peer).filter(|_| self.exists(number)) {
                    self.register(session, number, if part == 10 { Have::All } else { some(part) });
                }
            }
            Step::Withdraw(peer, number) => {
                if let Some(session) = self.session(peer).filter(|_| self.exists(number)) {
                    let info_hashes = vec![item(number).info_hash];
                    self.world.send(session, ToTracker::Withdraw { info_hashes });
                }
            }
            Step::Announce { client, item: number, complete } if self.exists(number) => {
                let hash = item(number).info_hash.v1_wire().unwrap();
                self.world.announce(&stock(hash, client, u64::from(!complete)), &format!("10.9.9.{client}"));
            }
            Step::Follow(number) => self.locate(Target::InfoHash(item(number).info_hash), true),
            // It names what it does not have, and cannot show it.
            Step::Name(number) => {
                let info_hash = item(number).info_hash;
                let items = vec![ItemState { info_hash, have: Have::All }];
                self.world.send(self.asker, ToTracker::Register { items });
                self.world.send(self.asker, ToTracker::NoMetainfo { info_hashes: vec![info_hash] });
                self.world.send(self.asker, ToTracker::Withdraw { info_hashes: vec![info_hash] });
            }
            Step::Breathe => self.world.pass(1),
            Step::Join(_) | Step::Announce { .. } => {}
        }
    }

    fn register(&mut self, session: SessionId, number: u8, have: Have) {
        let facts = item(number);
        let items = vec![ItemState { info_hash: facts.info_hash, have }];
        self.world.send(session, ToTracker::Register { items });
        let is_asked = |output: &Output| {
            matches!(output, Output::Send { session: to, message: ToPeer::NeedMetainfo { info_hashes } }
                if *to == session && info_hashes.contains(&facts.info_hash))
        };
        if self.world.out.iter().any(is_asked) {
            let audience = if is_hidden(number) { SECRET } else { OPEN };
            let parsed = Ok(NewItem { facts: facts.clone(), torrent: [].into(), added: 0, owner: None });
            self.world.handle(Input::Metainfo { session, info_hash: facts.info_hash, parsed, audience });
        }
    }

    fn locate(&mut self, target: Target, follow: bool) {
        let request = RequestId(1);
        self.world.send(self.asker, ToTracker::Locate { request, target, wanted: 0, follow });
    }

    /// All that the asker is told: what comes by itself, and the answer to every question there is.
    fn told(&mut self) -> Vec<String> {
        let (asker, viewer) = (self.asker, viewer());
        let request = RequestId(2);
        for number in 0..ITEMS {
            let info_hash = item(number).info_hash;
            self.locate(Target::InfoHash(info_hash), false);
            self.world.send(asker, ToTracker::GetMetainfo { request, info_hash });
            self.world.send(asker, ToTracker::Holders { request, info_hash, offset: 0, limit: 9 });
            let holder = support::peer_id(1);
            self.world.send(asker, ToTracker::WrongData { info_hash, piece: 0, holder });
        }
        for name in ["notes", "NOTES", "no", "song", "so", "a song", "secret", "se", ""] {
            self.locate(by_name(name), false);
            self.locate(Target::Name { name: name.into(), hash_prefix: "2".into() }, false);
            for number in 0..ITEMS {
                let hash = item(number).info_hash.v2().unwrap().to_string();
                self.locate(Target::Name { name: name.into(), hash_prefix: hash[..8].into() }, false);
            }
        }
        let mut told: Vec<String> = self.world.sent(asker).into_iter().map(shown).collect();
        // What others are told, they may say; and only they have sessions of these numbers.
        self.world.send(asker, ToTracker::Peers { request });
        let search = PeerSearch { sort: PeerSort::Items, ..PeerSearch::default() };
        self.world.send(asker, ToTracker::FindPeers { request, search: search.clone() });
        told.extend(self.world.sent(asker).into_iter().map(shown));
        let (now, catalogue) = (self.world.now, &mut self.world.catalogue);
        told.push(format!("{:?}", catalogue.counts(&viewer)));
        told.push(format!(
            "{:?} {:?}",
            catalogue.peers(now, &viewer),
            catalogue.find_peer_ids(&search, &viewer)
        ));
        for number in 0..ITEMS {
            let info_hash = item(number).info_hash;
            told.push(format!("{:?}", catalogue.find(&Target::InfoHash(info_hash), &viewer)));
            let asking =
                Asking { session: None, viewer: viewer.clone(), endpoints: remote(999), wanted: 200 };
            told.push(format!("{:?}", catalogue.holders(info_hash, &asking, 0)));
            told.push(located(catalogue.locate(now, &Target::InfoHash(info_hash), asking, &mut Vec::new())));
            for hash in info_hash.wire_hashes() {
                let counts = catalogue.scrape(now, &[hash], &viewer, &mut Vec::new());
                told.push(format!("{counts:?}"));
            }
        }
        told.extend(self.searched());
        told
    }

    fn searched(&mut self) -> Vec<String> {
        let (asker, viewer) = (self.asker, viewer());
        let changes = self.world.catalogue.take_changes(self.world.now);
        let mut found = self.follower.told(&self.world, &changes);
        self.follower.agrees(&self.world);
        let index = changes.index;
        let own = self.world.catalogue.own(asker);
        let eyes = Eyes { viewer: &viewer, own: own.as_ref() };
        for text in ["", "notes", "song", "secret", "s", "holder:\"peer 1\""] {
            for offline in [false, true] {
                let search = ItemSearch { text: text.into(), offline, ..ItemSearch::default() };
                let query = Query::new(&search).unwrap();
                let held = query.holder().map(|name| self.world.catalogue.held_by(name));
                for sort in [ItemSort::Name, ItemSort::Holders] {
                    let order = index
                        .find(&query, held.as_ref(), eyes, Sorting { by: sort, desc: true }, None, || true)
                        .unwrap();
                    let rows = index.rows(&order, 0, order.len(), eyes);
                    let rows = self.world.catalogue.rows_seen(&rows, &viewer, Some(asker));
                    found.push(format!("{text} {} {rows:?}", order.len()));
                }
            }
        }
        found
    }
}

fn viewer() -> Viewer {
    Viewer::of([OPEN])
}

/// Holders come in random order.
fn shown(message: ToPeer) -> String {
    match message {
        ToPeer::Located { mut holders, mut twins, variants, item, .. } => {
            holders.sort_by_key(|holder| holder.peer_id);
            twins.iter_mut().for_each(|twin| twin.holders.sort_by_key(|holder| holder.peer_id));
            format!("{item:?} {holders:?} {twins:?} {variants:?}")
        }
        other => format!("{other:?}"),
    }
}

fn located(located: Result<peerpool_catalogue::Located, peerpool_wire::channel::Failure>) -> String {
    match located {
        Ok(peerpool_catalogue::Located { item, holders, twins, variants }) => {
            shown(ToPeer::Located { request: RequestId(0), item, holders, twins, variants })
        }
        Err(error) => error.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_one_may_not_see_has_never_been(steps in prop::collection::vec(step(), 0..40)) {
        let (mut with, mut without) = (Pool::new(true), Pool::new(false));
        for step in steps {
            with.run(&step);
            without.run(&step);
            prop_assert_eq!(with.told(), without.told(), "after {:?}", step);
            with.world.out.clear();
            without.world.out.clear();
        }
    }
}

/// What changes of who sees what.
#[derive(Debug, Clone)]
enum Turn {
    Step(Step),
    /// An item is for others.
    Move(u8, Audience),
    /// The follower sees other things.
    See(Viewer),
}

fn turn() -> impl Strategy<Value = Turn> {
    let audience = prop_oneof![Just(OPEN), Just(SECRET), Just(Audience(3))];
    prop_oneof![
        4 => step().prop_map(Turn::Step),
        2 => (0..ITEMS, audience.clone()).prop_map(|(item, audience)| Turn::Move(item, audience)),
        1 => prop::collection::vec(audience, 0..3).prop_map(|audiences| Turn::See(Viewer::of(audiences))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_follower_knows_what_it_sees_whatever_rules_change(turns in prop::collection::vec((turn(), any::<bool>()), 0..60)) {
        let mut pool = Pool::new(true);
        let mut now = viewer();
        for (turn, looks) in turns {
            match turn {
                Turn::Step(step) => pool.run(&step),
                Turn::Move(number, audience) => {
                    let items = vec![(item(number).info_hash, audience)];
                    pool.world.handle(Input::Sight { items, viewers: Vec::new() });
                }
                Turn::See(viewer) => now = viewer,
            }
            pool.world.out.clear();
            if looks {
                let changes = pool.world.catalogue.take_changes(pool.world.now);
                pool.follower.told_as(&pool.world, &changes, &now);
                pool.follower.agrees(&pool.world);
            }
        }
    }
}

fn introduce(world: &mut World, session: SessionId, facts: &ItemFacts, audience: Audience) {
    let items = vec![ItemState { info_hash: facts.info_hash, have: Have::All }];
    world.send(session, ToTracker::Register { items });
    show(world, session, facts, audience);
}

fn show(world: &mut World, session: SessionId, facts: &ItemFacts, audience: Audience) {
    assert!(world.asked_for(session, facts.info_hash));
    let parsed = Ok(NewItem { facts: facts.clone(), torrent: [].into(), added: 0, owner: None });
    world.handle(Input::Metainfo { session, info_hash: facts.info_hash, parsed, audience });
}

fn sees(world: &World, viewer: &Viewer, info_hash: InfoHash) -> bool {
    world.catalogue.find(&Target::InfoHash(info_hash), viewer).is_ok()
}

#[test]
fn whoever_shows_the_metainfo_of_a_hidden_item_has_it_as_its_own() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    let secret = file("secret", 1);
    introduce(&mut world, a, &secret, SECRET);
    world.handle(Input::Sight { items: Vec::new(), viewers: vec![(b, Viewer::nobody())] });
    let target = Target::InfoHash(secret.info_hash);
    let locate = ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: false };
    let is_seen = |world: &mut World| {
        world.send(b, locate.clone());
        world.sent(b).iter().any(|message| matches!(message, ToPeer::Located { item: Some(_), .. }))
    };
    world.send(
        b,
        ToTracker::Register { items: vec![ItemState { info_hash: secret.info_hash, have: Have::All }] },
    );
    assert!(!is_seen(&mut world), "to name a hash is not to have the item");
    assert_eq!(world.item(&secret).seeds, 1);
    world.send(b, ToTracker::Withdraw { info_hashes: vec![secret.info_hash] });
    world.send(
        b,
        ToTracker::Register { items: vec![ItemState { info_hash: secret.info_hash, have: Have::All }] },
    );
    show(&mut world, b, &secret, SECRET);
    assert!(is_seen(&mut world));
    assert_eq!(world.item(&secret).seeds, 2);
    assert!(world.catalogue.own(b).is_some() && world.catalogue.own(a).is_none());
}

#[test]
fn an_item_is_seen_as_soon_as_its_audience_says_so_and_no_longer() {
    let mut world = World::new();
    let a = world.join(1);
    let notes = file("notes", 1);
    introduce(&mut world, a, &notes, SECRET);
    let viewer = viewer();
    assert!(!sees(&world, &viewer, notes.info_hash));
    let counts = |world: &World| {
        let peers = world.catalogue.peers(world.now, &viewer).0;
        (world.catalogue.counts(&viewer).items, world.catalogue.counts(&viewer).swarms, peers[0].items)
    };
    assert_eq!(counts(&world), (0, 0, 0));
    for (audience, is_seen) in [(OPEN, true), (SECRET, false), (OPEN, true)] {
        let items = vec![(notes.info_hash, audience)];
        world.handle(Input::Sight { items, viewers: Vec::new() });
        assert_eq!(sees(&world, &viewer, notes.info_hash), is_seen);
        assert_eq!(counts(&world), if is_seen { (1, 3, 1) } else { (0, 0, 0) });
    }
    world.send(a, ToTracker::Withdraw { info_hashes: vec![notes.info_hash] });
    assert_eq!(counts(&world), (1, 3, 0));
}

#[test]
fn an_order_does_not_show_what_was_hidden_since() {
    let mut world = World::new();
    let a = world.join(1);
    for (name, content) in [("a", 1), ("b", 2)] {
        introduce(&mut world, a, &file(name, content), OPEN);
    }
    let viewer = viewer();
    let eyes = Eyes { viewer: &viewer, own: None };
    let query = Query::parse("").unwrap();
    let index = world.catalogue.take_changes(world.now).index;
    let order = index.find(&query, None, eyes, ItemSort::Name.into(), None, || true).unwrap();
    let items = vec![(file("a", 1).info_hash, SECRET)];
    world.handle(Input::Sight { items, viewers: Vec::new() });
    let index = world.catalogue.take_changes(world.now).index;
    let rows = index.rows(&order, 0, 9, eyes);
    assert_eq!(rows.iter().map(|row| row.facts.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(!index.is_current(&order, ItemSort::Name));
    assert_eq!(rows[0].facts.kind, ItemKind::File);
}

#[test]
fn an_announce_under_a_hash_that_is_hidden_meets_nobody_as_one_under_any_other() {
    let mut world = World::new();
    let a = world.join(1);
    let secret = file("secret", 1);
    introduce(&mut world, a, &secret, SECRET);
    let mut announce = |hash, event, viewer: &Viewer| {
        let announce = peerpool_wire::announce::Announce { event, ..stock(hash, 3, 1) };
        let (now, out) = (world.now, &mut world.out);
        world.catalogue.handle_announce(now, &announce, remote(3), viewer, out).unwrap()
    };
    let (hidden, unknown) =
        (secret.info_hash.v1_wire().unwrap(), file("other", 9).info_hash.v1_wire().unwrap());
    for event in [Event::Regular, Event::Stopped] {
        assert_eq!(announce(hidden, event, &viewer()), announce(unknown, event, &viewer()));
    }
    let seen = announce(hidden, Event::Regular, &Viewer::of([SECRET]));
    assert_eq!((seen.complete, seen.incomplete, seen.peers.len()), (1, 1, 1));
}

#[test]
fn an_item_whose_holders_all_were_counted_is_told_of_when_somebody_begins_to_see_them() {
    let mut pool = Pool::new(true);
    for (step, holders) in [
        (Step::Join(1), None),
        (Step::Join(2), None),
        (Step::Register(2, 2, 1), Some(0)),
        (Step::Register(2, 3, 1), Some(0)),
        // One holder of the same content that is hidden, and again under a name that is not.
        (Step::Register(1, 5, 10), Some(0)),
        (Step::Register(1, 3, 10), Some(1)),
    ] {
        pool.run(&step);
        pool.told();
        let known = pool.follower.items.get(&item(2).info_hash);
        assert_eq!(known.map(|item| item.content_holders), holders, "{step:?}");
    }
}
