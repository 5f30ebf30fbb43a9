//! Random histories, against a model that keeps a plain table of who has what.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use peerpool_catalogue::{SessionId, Viewer};
use peerpool_wire::channel::{Have, ToTracker};
use proptest::prelude::*;
use support::{World, file, some, stock};

/// A connected peer or a stock client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Peer(u16),
    Stock(u16),
}

#[derive(Debug, Clone)]
enum Step {
    Join(u16),
    Leave(u16),
    Register(u16, u8, u32),
    Withdraw(u16, u8),
    Announce { client: u16, item: u8, v2: bool, complete: bool },
    Stop { client: u16, item: u8, v2: bool },
    Breathe,
    StockLeasesEnd,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, item) = (0u16..5, 0u8..4);
    prop_oneof![
        3 => peer.clone().prop_map(Step::Join),
        1 => peer.clone().prop_map(Step::Leave),
        6 => (peer.clone(), item.clone(), 0u32..=10).prop_map(|(peer, item, part)| Step::Register(peer, item, part)),
        2 => (peer.clone(), item.clone()).prop_map(|(peer, item)| Step::Withdraw(peer, item)),
        4 => (peer.clone(), item.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(client, item, v2, complete)| Step::Announce { client, item, v2, complete }),
        1 => (peer, item, any::<bool>()).prop_map(|(client, item, v2)| Step::Stop { client, item, v2 }),
        1 => Just(Step::Breathe),
        1 => Just(Step::StockLeasesEnd),
    ]
}

#[derive(Default)]
struct Model {
    online: BTreeMap<u16, SessionId>,
    known: BTreeSet<u8>,
    /// Whether it is a seed. Under the v1 and the v2 name of an item nobody has registered, stock clients are in two
    /// swarms; they are one as soon as the item is known.
    has: BTreeMap<(u8, Who), bool>,
}

impl Model {
    fn seeds(&self, item: u8) -> u32 {
        self.count(item, true)
    }

    fn count(&self, item: u8, seed: bool) -> u32 {
        self.has.iter().filter(|&(&(of, _), &has)| of == item && has == seed).count() as u32
    }
}

/// Each client is on a machine of its own.
fn host(client: u16) -> String {
    format!("10.9.9.{client}")
}

fn run(world: &mut World, model: &mut Model, step: Step) {
    let facts = |item: u8| file(&format!("item {item}"), item);
    let hash = |item: u8, v2: bool| {
        let names = facts(item).info_hash;
        if v2 { names.v2_wire().unwrap() } else { names.v1_wire().unwrap() }
    };
    match step {
        Step::Join(peer) if !model.online.contains_key(&peer) => {
            model.online.insert(peer, world.join(peer));
        }
        Step::Leave(peer) => {
            if let Some(session) = model.online.remove(&peer) {
                world.leave(session);
                model.has.retain(|&(_, who), _| who != Who::Peer(peer));
            }
        }
        Step::Register(peer, item, part) => {
            if let Some(&session) = model.online.get(&peer) {
                world.have(session, &facts(item), if part == 10 { Have::All } else { some(part) });
                model.known.insert(item);
                model.has.insert((item, Who::Peer(peer)), part == 10);
            }
        }
        Step::Withdraw(peer, item) => {
            if let Some(&session) = model.online.get(&peer) {
                world.send(session, ToTracker::Withdraw { info_hashes: vec![facts(item).info_hash] });
                model.has.remove(&(item, Who::Peer(peer)));
            }
        }
        Step::Announce { client, item, v2, complete } if model.known.contains(&item) => {
            let answer = world.announce(&stock(hash(item, v2), client, u64::from(!complete)), &host(client));
            model.has.insert((item, Who::Stock(client)), complete);
            assert_eq!(answer.complete, model.seeds(item));
            assert_eq!(answer.incomplete, model.count(item, false));
        }
        Step::Stop { client, item, v2 } if model.known.contains(&item) => {
            let mut announce = stock(hash(item, v2), client, 1);
            announce.event = peerpool_wire::announce::Event::Stopped;
            world.announce(&announce, &host(client));
            model.has.remove(&(item, Who::Stock(client)));
        }
        Step::Breathe => world.pass(1),
        Step::StockLeasesEnd => {
            world.pass(700);
            model.has.retain(|&(_, who), _| matches!(who, Who::Peer(_)));
        }
        Step::Join(_) | Step::Announce { .. } | Step::Stop { .. } => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_catalogue_agrees_with_a_plain_table(steps in prop::collection::vec(step(), 0..60)) {
        let (mut world, mut model) = (World::new(), Model::default());
        for step in steps {
            run(&mut world, &mut model, step.clone());
            let mut online = Vec::new();
            for &item in &model.known {
                let listed = world.item(&file(&format!("item {item}"), item));
                prop_assert_eq!(listed.seeds, model.seeds(item), "seeds of item {} after {:?}", item, step);
                prop_assert_eq!(listed.partial, model.count(item, false), "partial of {} after {:?}", item, step);
                if listed.seeds + listed.partial > 0 {
                    online.push(listed.name);
                }
            }
            prop_assert_eq!(world.names(""), online);
            prop_assert_eq!(world.catalogue.counts(&Viewer::All).peers, model.online.len());
            world.out.clear();
        }
    }
}
