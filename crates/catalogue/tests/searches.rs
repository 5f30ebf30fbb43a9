//! What a search finds, in which order, and what becomes of an order when the catalogue changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use peerpool_catalogue::{Eyes, Index, ItemFacts, Order, Query, SessionId, Sorting, Viewer, cursor_of};
use peerpool_wire::channel::{Have, ItemKind, ItemSort, ToTracker};
use proptest::prelude::*;
use support::{World, file};

const SORTS: [ItemSort; 7] = [
    ItemSort::Name,
    ItemSort::Size,
    ItemSort::Age,
    ItemSort::Added,
    ItemSort::Holders,
    ItemSort::Completeness,
    ItemSort::Kind,
];

fn index(world: &mut World) -> Arc<Index> {
    world.catalogue.take_changes(world.now).index
}

fn find(index: &Index, text: &str, sort: ItemSort, desc: bool) -> Order {
    index
        .find(&Query::parse(text).unwrap(), None, Eyes::ALL, Sorting { by: sort, desc }, None, || true)
        .unwrap()
}

fn names(index: &Index, order: &Order) -> Vec<String> {
    index.rows(order, 0, usize::MAX, Eyes::ALL).into_iter().map(|row| row.facts.name.clone()).collect()
}

/// An item of the plain table.
#[derive(Debug, Clone)]
struct Plain {
    facts: ItemFacts,
    added: u64,
    seeds: u32,
    partial: u32,
}

fn plain() -> impl Strategy<Value = Vec<Plain>> {
    let one = (0usize..4, 0u64..4, any::<bool>(), 0u64..3, 0u32..3, 0u32..3);
    prop::collection::vec(one, 0..12).prop_map(|items| {
        let facts = |(content, item): (u8, &(usize, u64, bool, u64, u32, u32))| ItemFacts {
            length: item.1 << 30,
            kind: if item.2 { ItemKind::Folder } else { ItemKind::File },
            root: None,
            ..file(["Ánh trăng", "anh TRANG 2", "Bài ca", "trăng"][item.0], content)
        };
        let mut plain: Vec<Plain> = (1..)
            .zip(&items)
            .map(|(content, item)| Plain {
                facts: facts((content, item)),
                added: item.3,
                seeds: item.4,
                partial: item.5,
            })
            .collect();
        plain.sort_by_key(|item| item.added);
        plain
    })
}

/// Peers bring the items, each at its time.
fn bring(world: &mut World, items: &[Plain]) {
    let sessions: Vec<SessionId> = (0..4).map(|number| world.join(number)).collect();
    world.catalogue.set_epoch(1000);
    for item in items {
        world.pass(item.added.saturating_sub(world.now.as_micros() / 1_000_000));
        let holders = sessions.iter().zip((0..item.seeds).map(|_| Have::All));
        let parts = sessions.iter().rev().zip((0..item.partial).map(|_| support::some(3)));
        for (&session, have) in holders.chain(parts) {
            world.have(session, &item.facts, have);
        }
        if item.seeds + item.partial == 0 {
            world.have(sessions[0], &item.facts, Have::All);
            world.send(sessions[0], ToTracker::Withdraw { info_hashes: vec![item.facts.info_hash] });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_search_finds_what_a_plain_table_has(items in plain(), offline: bool, sort in 0usize..7, desc: bool) {
        let mut world = World::new();
        bring(&mut world, &items);
        let index = index(&mut world);
        let rows: Vec<_> = index.iter().collect();
        for (text, fits) in [
            ("", (|_: &ItemFacts| true) as fn(&ItemFacts) -> bool),
            ("trang", |facts| facts.name != "Bài ca"),
            ("TRĂNG anh", |facts| facts.name.to_lowercase().contains("nh ")),
            ("rang", |_| false),
            ("kind:folder a", |facts| facts.kind == ItemKind::Folder && facts.name.len() > 7 && facts.name != "Bài ca"),
            ("size:>1G size:<3G", |facts| facts.length == 2 << 30),
        ] {
            let query = peerpool_wire::channel::ItemSearch { text: text.into(), offline, ..Default::default() };
            let query = Query::new(&query).unwrap();
            let order = index.find(&query, None, Eyes::ALL, Sorting { by: SORTS[sort], desc }, None, || true).unwrap();
            let found = index.rows(&order, 0, usize::MAX, Eyes::ALL);
            prop_assert_eq!(found.len(), order.len());
            let broader = std::iter::successors(query.broader(), Query::broader);
            for broader in broader.map(|query| index.find(&query, None, Eyes::ALL, Sorting { by: SORTS[sort], desc }, None, || true).unwrap()) {
                let among = index.find(&query, None, Eyes::ALL, Sorting { by: SORTS[sort], desc }, Some(&broader), || true);
                prop_assert_eq!(among.as_ref(), Some(&order));
            }

            let mut expected: Vec<_> = rows
                .iter()
                .filter(|row| fits(&row.facts) && (offline || row.standing.seeds + row.standing.partial > 0))
                .collect();
            expected.sort_by_key(|row| cursor_of(&row.facts).0.split_off(16));
            let key = |row: &peerpool_catalogue::ItemRow| -> i64 {
                let standing = &row.standing;
                let key = match SORTS[sort] {
                    ItemSort::Name => 0,
                    ItemSort::Size => row.facts.length as i64,
                    ItemSort::Age => -(standing.added as i64),
                    ItemSort::Added => standing.added as i64,
                    ItemSort::Holders => i64::from(standing.seeds) * 100 + i64::from(standing.partial),
                    ItemSort::Completeness => standing.completeness.into(),
                    ItemSort::Kind => i64::from(row.facts.kind == ItemKind::Folder),
                };
                if desc { -key } else { key }
            };
            expected.sort_by_key(|row| key(row));
            // Items of one name come by their hash, which the plain table leaves open.
            let folded = |row: &peerpool_catalogue::ItemRow| cursor_of(&row.facts).0.split_off(16);
            let mut expected: Vec<_> = expected.iter().map(|row| (key(row), folded(row))).collect();
            if SORTS[sort] == ItemSort::Name && desc {
                expected.reverse();
            }
            let found: Vec<_> = found.iter().map(|row| (key(row), folded(row))).collect();
            prop_assert_eq!(found, expected, "`{}` by {:?}", text, SORTS[sort]);
        }
    }
}

#[test]
fn an_order_keeps_its_places_while_its_items_change() {
    let mut world = World::new();
    let (one, other) = (world.join(1), world.join(2));
    for (content, name) in (1..).zip(["a", "b", "c"]) {
        world.have(one, &file(name, content), Have::All);
    }
    let before = index(&mut world);
    let order = find(&before, "", ItemSort::Holders, true);
    assert_eq!(names(&before, &order), ["a", "b", "c"]);
    world.have(other, &file("c", 3), Have::All);
    let after = index(&mut world);
    assert_eq!(names(&after, &order), ["a", "b", "c"], "it is frozen");
    assert_eq!(after.rows(&order, 2, 1, Eyes::ALL)[0].standing.seeds, 2, "what it shows is not");
    assert_eq!(names(&after, &find(&after, "", ItemSort::Holders, true)), ["c", "a", "b"]);
    assert_eq!(names(&before, &order), ["a", "b", "c"], "an index stays as it is");
    assert_eq!(before.rows(&order, 2, 1, Eyes::ALL)[0].standing.seeds, 1);
}

#[test]
fn an_item_that_is_gone_leaves_its_place_to_nobody() {
    let mut world = World::new();
    let peer = world.join(1);
    world.have(peer, &file("a", 1), Have::All);
    world.have(peer, &file("b", 2), Have::All);
    let before = index(&mut world);
    let order = find(&before, "", ItemSort::Name, false);
    // The peer has another `a` in place of the first, which nobody else had: the catalogue forgets that.
    world.have(peer, &file("a", 3), Have::All);
    world.send(peer, ToTracker::Withdraw { info_hashes: vec![file("a", 1).info_hash] });
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 2);
    world.have(peer, &file("c", 4), Have::All);
    let after = index(&mut world);
    assert_eq!(names(&after, &order), ["b"]);
    assert_eq!(names(&after, &find(&after, "", ItemSort::Name, false)), ["a", "b", "c"]);
}

#[test]
fn a_cursor_finds_its_place_when_its_item_is_gone() {
    let mut world = World::new();
    let peer = world.join(1);
    for (content, name) in (1..).zip(["a", "b", "b", "c"]) {
        world.have(peer, &file(name, content), Have::All);
    }
    let before = index(&mut world);
    let order = find(&before, "", ItemSort::Name, false);
    let rows = before.rows(&order, 0, 4, Eyes::ALL);
    for (place, row) in (1..).zip(&rows) {
        assert_eq!(before.place(&order, &cursor_of(&row.facts)), place);
    }
    world.send(peer, ToTracker::Withdraw { info_hashes: vec![rows[1].facts.info_hash] });
    let after = index(&mut world);
    let order = find(&after, "", ItemSort::Name, false);
    assert_eq!(after.place(&order, &cursor_of(&rows[1].facts)), 1);
    assert_eq!(after.place(&order, &peerpool_wire::channel::Cursor("nonsense".into())), 0);
}

#[test]
fn a_holder_is_named_without_regard_to_case_and_accents() {
    let mut world = World::new();
    let (one, other) = (world.join(1), world.join(2));
    world.have(one, &file("a", 1), Have::All);
    world.have(other, &file("b", 2), support::some(1));
    let query = Query::parse("holder:\"PEER 2\"").unwrap();
    let held = world.catalogue.held_by(query.holder().unwrap());
    let index = index(&mut world);
    let order = index.find(&query, Some(&held), Eyes::ALL, ItemSort::Name.into(), None, || true).unwrap();
    assert_eq!(names(&index, &order), ["b"]);
}

#[test]
fn an_order_of_other_lists_narrows_no_search() {
    let mut world = World::new();
    let peer = world.join(1);
    world.have(peer, &file("b", 1), Have::All);
    let before = index(&mut world);
    let nothing = find(&before, "a", ItemSort::Name, false);
    world.have(peer, &file("ab", 2), Have::All);
    let after = index(&mut world);
    let query = Query::parse("ab").unwrap();
    assert_eq!(query.broader(), Some(Query::parse("a").unwrap()));
    let found = after.find(&query, None, Eyes::ALL, ItemSort::Name.into(), Some(&nothing), || true).unwrap();
    assert_eq!(names(&after, &found), ["ab"]);
}

#[test]
fn a_text_is_as_broad_as_it_was_a_key_before_while_it_has_words() {
    let query = |text| Query::parse(text).unwrap();
    for (text, broader) in
        [("đại số", "đại s"), ("dai s", "dai"), ("\"dai s\"", "dai"), ("kind:file a", "kind:file")]
    {
        assert_eq!(query(text).broader(), Some(query(broader)), "{text}");
    }
    assert_eq!(query("").broader(), None);
    assert_eq!(query("ab holder:An").broader(), None, "a holder may have other items at any time");
}

#[test]
fn a_search_that_nobody_waits_for_ends() {
    let mut world = World::new();
    let peer = world.join(1);
    world.have(peer, &file("a", 1), Have::All);
    let query = Query::default();
    assert_eq!(index(&mut world).find(&query, None, Eyes::ALL, ItemSort::Name.into(), None, || false), None);
}

#[test]
fn an_index_is_as_new_as_what_its_asker_said_and_else_a_moment_old() {
    let mut world = World::new();
    let (one, other) = (world.join(1), world.join(2));
    let count = |world: &mut World, asker| {
        let index = world.catalogue.index(world.now, asker);
        find(&index, "", ItemSort::Name, false).len()
    };
    world.pass(1);
    assert_eq!(count(&mut world, None), 0);
    world.have(one, &file("a", 1), Have::All);
    assert_eq!(count(&mut world, None), 0, "it is a moment old");
    assert_eq!(count(&mut world, Some(one)), 1, "whoever said it sees it");
    assert_eq!(count(&mut world, Some(other)), 1);
    world.have(one, &file("b", 2), Have::All);
    world.pass(1);
    assert_eq!(count(&mut world, Some(other)), 2);
}
