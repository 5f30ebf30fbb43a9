//! Random changes of items against every store.

use proptest::prelude::*;

use super::{any::Any, *};

/// What happens to items.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Commit(Vec<Change>),
    Restart,
}

fn change() -> impl Strategy<Value = Change> {
    let hash = || (0..8u8).prop_map(|number| item(number).facts.info_hash);
    prop_oneof![
        // The same item with other metainfo around its info dictionary, from somebody else, at another time.
        4 => (0..8u8, 0..3u8).prop_map(|(number, other)| {
            let torrent = Arc::from(vec![other; 20]);
            Change::Added(NewItem { torrent, added: other.into(), owner: Some(other.into()), ..item(number) })
        }),
        2 => hash().prop_map(Change::Removed),
        1 => hash().prop_map(Change::Seen),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec(change(), 1..12).prop_map(Step::Commit),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..20)
}

/// Does the same to all of them, and compares.
pub(super) async fn all_keep_the_same(mut stores: Vec<Any>, steps: Vec<Step>) {
    for step in steps.into_iter().chain([Step::Restart]) {
        match step {
            Step::Commit(changes) => {
                for store in &mut stores {
                    store.commit(&changes).await;
                }
            }
            Step::Restart => {
                let mut kept = Vec::new();
                for store in std::mem::take(&mut stores) {
                    let mut store = store.restarted().await;
                    kept.push(store.items().await);
                    stores.push(store);
                }
                kept.iter()
                    .skip(1)
                    .for_each(|other| assert_eq!(format!("{other:?}"), format!("{:?}", kept[0])));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn stores_give_the_items_again_that_they_were_told(steps in steps()) {
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let sqlite = Any::sqlite(folder.path().join("test.sqlite")).await;
            all_keep_the_same(vec![Any::Memory(Memory::default()), sqlite], steps).await;
        });
    }
}
