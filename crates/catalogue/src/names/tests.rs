use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn found(names: &Names, after: Option<Key<'_>>, needle: &str, limit: usize) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    names.search(after, needle.as_bytes(), |key, _| {
        found.push((String::from_utf8(key.name.to_vec()).unwrap(), key.tie));
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    found
}

proptest! {
    #[test]
    fn a_search_finds_what_a_plain_filter_finds(
        entries in prop::collection::vec(("[abc]{0,4}", 0u64..3), 0..3000),
        needle in "[abc]{0,3}",
        after in prop::option::of(("[abc]{0,4}", 0u64..3)),
        limit in 1usize..50,
    ) {
        let mut names = Names::default();
        let mut model = BTreeMap::new();
        for (number, (name, tie)) in (0..).zip(entries) {
            names.insert(Key { name: name.as_bytes(), tie }, ItemId(number));
            model.entry((name, tie)).or_insert(number);
        }
        let expected: Vec<_> = model
            .keys()
            .filter(|key| after.as_ref().is_none_or(|after| *key > after) && key.0.contains(&needle))
            .take(limit)
            .cloned()
            .collect();
        let start = after.as_ref().map(|(name, tie)| Key { name: name.as_bytes(), tie: *tie });
        prop_assert_eq!(found(&names, start, &needle, limit), expected);

        let mut same = Vec::new();
        names.named(needle.as_bytes(), |item| same.push(item.0));
        let expected: Vec<u32> =
            model.iter().filter(|(key, _)| key.0 == needle).map(|(_, &number)| number).collect();
        prop_assert_eq!(same, expected);
    }
}

#[test]
fn folding_ignores_case_and_the_way_accents_are_written() {
    assert_eq!(fold("TIE\u{302}\u{301}NG VIỆT"), fold("tiếng việt"));
}
