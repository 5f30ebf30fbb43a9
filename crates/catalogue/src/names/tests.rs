use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::fold::word_starts;

fn found(names: &Names, needles: &[&str]) -> Vec<u32> {
    let needles: Vec<Needle> = needles.iter().map(|text| Needle::new(text)).collect();
    let search = || {
        (0..names.len())
            .filter_map(|at| names.chunk(at))
            .flat_map(|chunk| chunk.items(&needles))
            .map(|item| item.0)
            .collect()
    };
    let read: Vec<u32> = search();
    // Chunks that are searched often have their words sorted, which must not matter.
    for _ in 0..10 {
        assert_eq!(search(), read);
    }
    read
}

fn has_word(name: &str, beginning: &str) -> bool {
    word_starts(name).any(|at| name[at..].starts_with(beginning))
}

/// Names in which words recur, some of them longer than a head.
fn name() -> impl Strategy<Value = String> {
    let word = prop_oneof!["[ab]{1,3}", "[0-1]{1,2}", "[.電 ]", Just("abcdefghijklmnopqr".to_owned())];
    prop::collection::vec(word, 0..4).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn a_search_finds_what_a_plain_filter_finds(
        entries in prop::collection::vec((name(), 0u64..3), 0..2000),
        needles in prop::collection::vec("a|b|ab|0|電|abcdefghijklmnop|abcdefghijklmnopqr|abcdefghijklmnopqs", 0..3),
    ) {
        let mut names = Names::default();
        let mut model = BTreeMap::new();
        for (number, (name, tie)) in (0..).zip(entries) {
            names.insert(Key { name: name.as_bytes(), tie }, ItemId(number));
            model.entry((name, tie)).or_insert(number);
        }
        let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
        let fits = |name: &str| needles.iter().all(|needle| has_word(name, needle));
        let expected: Vec<u32> =
            model.iter().filter(|((name, _), _)| fits(name)).map(|(_, &number)| number).collect();
        prop_assert_eq!(found(&names, &needles), expected);

        for beginning in ["", "a", "ab"] {
            let mut same = Vec::new();
            names.beginning(beginning.as_bytes(), |_, item| {
                same.push(item.0);
                ControlFlow::Continue(())
            });
            let begun = model.iter().filter(|((name, _), _)| name.starts_with(beginning));
            prop_assert_eq!(same, begun.map(|(_, &number)| number).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_copy_stays_as_it_was_and_a_removed_name_is_not_found(
        entries in prop::collection::btree_set(("[abc]{0,4}", 0u64..3), 0..1500),
        keep in any::<u64>(),
    ) {
        let mut names = Names::default();
        for (number, (name, tie)) in (0..).zip(&entries) {
            names.insert(Key { name: name.as_bytes(), tie: *tie }, ItemId(number));
        }
        let before = names.clone();
        let all = found(&before, &["a"]);
        let kept = |number: u32| keep >> (number % 64) & 1 == 1;
        for (number, (name, tie)) in (0..).zip(&entries) {
            if !kept(number) {
                names.remove(Key { name: name.as_bytes(), tie: *tie }, ItemId(number));
            }
        }
        let of_name = |needle: &str| {
            let fit = (0u32..).zip(&entries).filter(|(_, (name, _))| has_word(name, needle));
            fit.map(|(number, _)| number).collect::<Vec<_>>()
        };
        prop_assert_eq!(found(&before, &["a"]), all);
        prop_assert_eq!(found(&before, &["a"]), of_name("a"));
        let left: Vec<u32> = of_name("a").into_iter().filter(|&number| kept(number)).collect();
        prop_assert_eq!(found(&names, &["a"]), left);
        let left: Vec<u32> = (0..entries.len() as u32).filter(|&number| kept(number)).collect();
        prop_assert_eq!(found(&names, &[]), left);
    }
}
