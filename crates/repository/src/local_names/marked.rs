//! Marked names: replacements for a name that the file system cannot hold, made of what is left of it and a mark.

use crate::digest;

/// Why a name needs a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The file system takes it for the same as another one.
    Taken,
    /// The file system refuses it, or turns it into another one.
    Refused,
}

/// Longest extension that is kept, in bytes, including the dot.
const MAX_EXTENSION: usize = 16;

/// Numbers that are tried for a name that is taken.
const NUMBERS: std::ops::RangeInclusive<u32> = 2..=99;

/// Replacements to try in order, the most similar first. The same name always gives the same ones.
pub(super) fn candidates(name: &str, reason: Reason) -> impl Iterator<Item = String> + '_ {
    let numbers = NUMBERS.filter(move |_| reason == Reason::Taken);
    let numbered = numbers.map(move |number| marked(name, usize::MAX, &format!("case {number}")));
    let hash: String = digest::sha256(name.as_bytes()).to_string().chars().take(8).collect();
    let portable = replaced(name, |char| char.is_control() || "<>:\"/\\|?*".contains(char));
    let ascii = replaced(name, |char| !(char.is_ascii_alphanumeric() || "-_.,()+ ".contains(char)));
    let hidden = name.starts_with('.');
    let shortened = [(name.to_owned(), 240), (name.to_owned(), 140), (portable, 140), (ascii, 100)];
    let shortened = shortened.into_iter().map(move |(text, length)| {
        let text = if hidden { format!("_{}", text.trim_start_matches('.')) } else { text };
        marked(&text, length, &format!("name {hash}"))
    });
    numbered.chain(shortened)
}

/// `a.txt` with the mark `case 2` is `a (case 2).txt`; the stem is shortened so that all of it has at most `length`
/// bytes.
fn marked(name: &str, length: usize, mark: &str) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_EXTENSION => name.split_at(dot),
        _ => (name, ""),
    };
    // Some systems strip dots and blanks from the end of a name.
    let extension = extension.trim_end_matches(['.', ' ']);
    let room = length.saturating_sub(extension.len() + mark.len() + 3);
    let end = (0..=room.min(stem.len())).rev().find(|end| stem.is_char_boundary(*end)).unwrap_or(0);
    format!("{} ({mark}){extension}", stem[..end].trim_end())
}

/// Whether a name has such a mark.
pub(super) fn is_marked(name: &str) -> bool {
    name.contains(" (case ") || name.contains(" (name ")
}

fn replaced(name: &str, bad: impl Fn(char) -> bool) -> String {
    name.chars().map(|char| if bad(char) { '_' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_before_the_extension() {
        let first = |name, reason| candidates(name, reason).next().unwrap();
        assert_eq!(first("Index.html", Reason::Taken), "Index (case 2).html");
        assert_eq!(first("Makefile", Reason::Taken), "Makefile (case 2)");
        assert_eq!(first(".config", Reason::Taken), ".config (case 2)");
        assert_eq!(candidates("Index.html", Reason::Taken).nth(1).unwrap(), "Index (case 3).html");
        assert_eq!(first("aux.c", Reason::Refused), format!("aux (name {}).c", hash("aux.c")));
        assert_eq!(first("dot.", Reason::Refused), format!("dot (name {})", hash("dot.")));
        assert_eq!(
            first(".hidden.txt", Reason::Refused),
            format!("_hidden (name {}).txt", hash(".hidden.txt"))
        );
    }

    #[test]
    fn the_last_candidate_is_short_and_of_plain_letters() {
        let long = "é?\t".repeat(80);
        let last = candidates(&long, Reason::Taken).last().unwrap();
        assert!(last.len() <= 100 && last.is_ascii() && !last.contains(['?', '\t']), "{last}");
        assert!(candidates(&long, Reason::Refused).all(|name| name.len() <= 240));
    }

    fn hash(name: &str) -> String {
        digest::sha256(name.as_bytes()).to_string()[..8].to_owned()
    }
}
