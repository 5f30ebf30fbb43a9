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
        names.beginning(needle.as_bytes(), |_, item| {
            same.push(item.0);
            ControlFlow::Continue(())
        });
        let expected: Vec<u32> =
            model.iter().filter(|(key, _)| key.0.starts_with(&needle)).map(|(_, &number)| number).collect();
        prop_assert_eq!(same, expected);
    }

    #[test]
    fn a_removed_name_is_not_found_and_nothing_else_is_lost(
        entries in prop::collection::btree_set(("[abc]{0,4}", 0u64..3), 0..1500),
        keep in any::<u64>(),
    ) {
        let mut names = Names::default();
        for (number, (name, tie)) in (0..).zip(&entries) {
            names.insert(Key { name: name.as_bytes(), tie: *tie }, ItemId(number));
        }
        let kept = |number: u32| keep >> (number % 64) & 1 == 1;
        for (number, (name, tie)) in (0..).zip(&entries) {
            if !kept(number) {
                names.remove(Key { name: name.as_bytes(), tie: *tie }, ItemId(number));
            }
        }
        let expected: Vec<_> =
            (0..).zip(&entries).filter(|&(number, _)| kept(number)).map(|(_, key)| key.clone()).collect();
        prop_assert_eq!(found(&names, None, "", usize::MAX), expected);
    }
}

#[test]
fn folding_leaves_out_case_accents_and_the_form_they_are_written_in() {
    for (written, folded) in [
        ("TIE\u{302}\u{301}NG VIỆT", "tieng viet"),
        ("Bài giảng Đại số", "bai giang dai so"),
        ("Straße Ｆｕｌｌ ﬁx Ærø Łódź İ", "strasse full fix aero lodz i"),
    ] {
        assert_eq!(fold(written), folded);
    }
}

#[test]
fn a_name_is_close_by_degrees() {
    use Closeness::{Canonical, Case, Exact, Folded};
    for (text, closeness) in [("Bài", Exact), ("Ba\u{300}i", Canonical), ("bÀI", Case), ("bai", Folded)] {
        assert_eq!(Closeness::of("Bài", text), closeness, "{text}");
    }
}
