//! Names as they are compared: without case, accents or normal form.

use peerpool_wire::channel::MAX_NAME;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest folded name in bytes; some letters fold to many. Searches and ordering ignore what comes after it.
const MAX_FOLDED: usize = 3 * MAX_NAME;

/// A name as it is compared and ordered: without case, accents or normal form.
pub(crate) fn fold(name: &str) -> String {
    // Most names, in a fraction of the time.
    if name.is_ascii() {
        let lower = name.bytes().filter(|byte| *byte != 0).map(|byte| char::from(byte.to_ascii_lowercase()));
        return lower.take(MAX_FOLDED).collect();
    }
    fold_any(name)
}

fn fold_any(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        if folded.len() >= MAX_FOLDED {
            break;
        }
        match c {
            // To Unicode, letters with a stroke and the like are letters of their own.
            'đ' | 'ð' => folded.push('d'),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'ħ' => folded.push('h'),
            'ŧ' => folded.push('t'),
            'ı' => folded.push('i'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            'þ' => folded.push_str("th"),
            '\0' => {}
            // Some capitals become a letter and a mark in lower case.
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// How closely a name matches what somebody wrote, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    Exact,
    /// The same letters, composed or decomposed.
    Canonical,
    /// The same except for case.
    Case,
    /// The same except for case and accents.
    Folded,
}

impl Closeness {
    /// How closely a name matches a text that folds to the same.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        let lower = |text: &str| text.nfc().flat_map(char::to_lowercase).collect::<String>();
        if name == text {
            Self::Exact
        } else if name.nfc().eq(text.nfc()) {
            Self::Canonical
        } else if lower(name) == lower(text) {
            Self::Case
        } else {
            Self::Folded
        }
    }
}

/// Where the words of a folded name begin. A word is of letters or of digits, so `s01e02` has four. A letter of a script
/// without case counts as a word: names in Chinese or Thai have no spaces between words.
pub(crate) fn word_starts(folded: &str) -> impl Iterator<Item = usize> + '_ {
    let mut before = None;
    folded.char_indices().filter_map(move |(at, c)| {
        let before = before.replace(c);
        let joins = before
            .is_some_and(|before: char| before.is_alphanumeric() && before.is_numeric() == c.is_numeric());
        let stands_alone = c.is_alphabetic() && !c.is_lowercase();
        (c.is_alphanumeric() && (!joins || stands_alone)).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_names_fold_as_any_do(name in "[\\x00-\\x7f]{0,60}") {
            prop_assert_eq!(fold(&name), fold_any(&name));
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
        for (text, closeness) in [("Bài", Exact), ("Ba\u{300}i", Canonical), ("bÀI", Case), ("bai", Folded)]
        {
            assert_eq!(Closeness::of("Bài", text), closeness, "{text}");
        }
    }

    #[test]
    fn words_begin_after_what_is_no_letter_and_where_digits_begin_or_end() {
        for (name, words) in [
            ("bai giang_dai-so.pdf", &["bai giang", "giang", "dai", "so", "pdf"][..]),
            ("s01e02", &["s01", "01", "e02", "02"]),
            ("(2019) o\'neill", &["2019", "o", "neill"]),
            ("新电影 hd", &["新", "电", "影", "hd"]),
            ("...", &[]),
        ] {
            let starts: Vec<usize> = word_starts(name).collect();
            assert_eq!(starts.len(), words.len(), "{name}");
            assert!(starts.iter().zip(words).all(|(&at, word)| name[at..].starts_with(word)), "{name}");
        }
    }
}
