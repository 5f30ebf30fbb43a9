//! A start takes up what the store has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use peerpool_catalogue::{Catalogue, Change, ItemFacts, NewItem, Policy, Restoring, Viewer};
use peerpool_wire::{
    channel::Target,
    id::{InfoHash, TrackerId},
    time::Time,
};
use proptest::prelude::*;
use support::file;

const ID: TrackerId = TrackerId([0; 16]);

/// One of few items: hybrids, and their v1 forms as items of their own, the only ones that share a hash.
fn facts(number: u8) -> ItemFacts {
    let hybrid = file(["song", "film", "notes"][usize::from(number) / 2 % 3], number / 2 % 10);
    match number % 2 {
        0 => hybrid,
        _ => {
            let info_hash = InfoHash::v1_only(hybrid.v1_form.unwrap());
            ItemFacts { info_hash, root: None, v1_form: None, ..hybrid }
        }
    }
}

fn item(number: u8) -> NewItem {
    NewItem { facts: facts(number), torrent: Arc::from([]), added: u64::from(number) + 1, owner: None }
}

/// All that it says of every item.
fn everything(catalogue: &mut Catalogue) -> impl PartialEq + std::fmt::Debug + use<> {
    let found: Vec<_> = (0..60)
        .map(|number| catalogue.find(&Target::InfoHash(facts(number).info_hash), &Viewer::All))
        .collect();
    let mut known: Vec<_> = catalogue.index(Time::ZERO, None).iter().collect();
    known.sort_by_key(|row| row.facts.info_hash);
    (found, known, catalogue.counts(&Viewer::All).items)
}

proptest! {
    #[test]
    fn a_catalogue_that_is_restored_is_that_to_which_all_was_applied(
        numbers in prop::collection::vec(0u8..60, 0..40),
    ) {
        let mut applied = Catalogue::new(Policy::default(), ID, String::new(), 1);
        let mut restoring = Restoring::new(Policy::default(), ID, String::new(), 1);
        for &number in &numbers {
            applied.apply(Change::Added(item(number)));
            restoring.add(item(number));
        }
        prop_assert_eq!(everything(&mut restoring.finish()), everything(&mut applied));
    }
}
