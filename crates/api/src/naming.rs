//! What a person means by a name: the same words find the same things, in every command.

use std::path::Path;

use peerpool_wire::id::InfoHash;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{Download, Item, Reading, SharedItem, readings};

/// Something that people name.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;
    /// Its identity, once that is known.
    fn hash(&self) -> Option<InfoHash>;
}

impl Named for Download {
    fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> Option<InfoHash> {
        Some(self.hash)
    }
}

impl Named for Item {
    fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> Option<InfoHash> {
        Some(self.hash)
    }
}

impl Named for SharedItem {
    fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> Option<InfoHash> {
        self.hash
    }
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }

    fn hash(&self) -> Option<InfoHash> {
        None
    }
}

/// The things that `text` names: as it is written (a name, `name@hash`, or a hash), else in another spelling (composed or
/// decomposed, case, accents), else by a beginning. It may also be a path to the thing: `./name`, or an absolute one in the
/// repository. More than one thing means that the text is ambiguous.
pub fn find<'a, T: Named>(things: &'a [T], text: &str, repository: &Path) -> Vec<&'a T> {
    let name = in_repository(text, repository);
    let all = |fits: &dyn Fn(&T) -> bool| things.iter().filter(|thing| fits(thing)).collect::<Vec<_>>();
    for reading in readings(name) {
        let found = all(&|thing| is_read_so(thing, &reading));
        if !found.is_empty() {
            return found;
        }
    }
    let folded = fold(name);
    if folded.is_empty() {
        return Vec::new();
    }
    let begins = |begin: &str| all(&|thing| thing.name().starts_with(begin));
    let spelt = all(&|thing| fold(thing.name()) == folded);
    [spelt, begins(name), all(&|thing| fold(thing.name()).starts_with(&folded))]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A pattern of names: `*` is any text, `?` any letter, `[a-z]` a letter of these. It is read without regard to case and
/// accents, like names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    names: glob::Pattern,
    beginning: String,
}

impl Pattern {
    /// Reads a text; `None` when it has nothing of a pattern, or is a broken one.
    pub fn parse(text: &str) -> Option<Self> {
        let beginning = text.split(WILDCARDS).next().unwrap_or_default();
        if beginning == text {
            return None;
        }
        // A run of stars means what one of them does.
        let mut pattern = fold(text);
        while pattern.contains("**") {
            pattern = pattern.replace("**", "*");
        }
        let names = glob::Pattern::new(&pattern).ok()?;
        Some(Self { names, beginning: beginning.to_owned() })
    }

    /// Whether a name is one of those meant.
    pub fn matches(&self, name: &str) -> bool {
        self.names.matches(&fold(name))
    }

    /// What all the names begin with, in some spelling; often nothing.
    pub fn beginning(&self) -> &str {
        &self.beginning
    }
}

/// What makes a text a pattern.
const WILDCARDS: [char; 3] = ['*', '?', '['];

/// The things that `text` names, or, where it names none, those that it is a pattern of. `Err` when it may mean several
/// things and is no pattern.
///
/// # Errors
///
/// The things among which the text does not decide.
pub fn find_all<'a, T: Named>(
    things: &'a [T],
    text: &str,
    repository: &Path,
) -> Result<Vec<&'a T>, Vec<&'a T>> {
    match find(things, text, repository) {
        none if none.is_empty() => {
            let pattern = Pattern::parse(in_repository(text, repository));
            let fits = |thing: &&T| pattern.as_ref().is_some_and(|pattern| pattern.matches(thing.name()));
            Ok(things.iter().filter(fits).collect())
        }
        one if one.len() == 1 => Ok(one),
        several => Err(several),
    }
}

/// The names closest to one that names nothing, best first; none when nothing is close.
pub fn similar<'a>(names: impl IntoIterator<Item = &'a str>, text: &str) -> Vec<&'a str> {
    const MAX_SIMILAR: usize = 3;
    let wanted = fold(text);
    let near = (wanted.chars().count() / 3).clamp(1, 4);
    let mut close: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let folded = fold(name);
            let stem = folded.rsplit_once('.').map_or(folded.as_str(), |(stem, _)| stem);
            let contained = wanted.chars().count() >= 3 && folded.contains(&wanted);
            let distance = distance(&folded, &wanted, near).min(distance(stem, &wanted, near));
            match contained {
                true => Some((0, name)),
                false => (distance <= near).then_some((distance, name)),
            }
        })
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(MAX_SIMILAR).map(|(_, name)| name).collect()
}

/// A name as it is compared when its spelling does not matter: decomposed, without accents, in lower case.
pub(crate) fn fold(name: &str) -> String {
    name.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).nfc().collect()
}

fn in_repository<'a>(text: &'a str, repository: &Path) -> &'a str {
    let root = repository.to_str().map(|root| root.trim_end_matches('/')).filter(|root| !root.is_empty());
    let inside = root.and_then(|root| text.strip_prefix(root)?.strip_prefix('/'));
    let name = inside.unwrap_or(text);
    let name = name.strip_prefix("./").unwrap_or(name).trim_matches('/');
    if name.is_empty() { text } else { name }
}

fn is_read_so(thing: &impl Named, reading: &Reading<'_>) -> bool {
    let hash_begins = |begin: &str| {
        let hash = thing.hash();
        let v1 = hash.and_then(|hash| hash.v1()).map(|hash| hash.to_string());
        let v2 = hash.and_then(|hash| hash.v2()).map(|hash| hash.to_string());
        v1.into_iter().chain(v2).any(|hash| hash.starts_with(begin))
    };
    match reading {
        Reading::Name(name) => thing.name() == *name,
        Reading::Hash(hash) => hash_begins(hash),
        Reading::NameAndHash(name, begin) => {
            (thing.name() == *name || fold(thing.name()) == fold(name)) && hash_begins(begin)
        }
    }
}

/// How many letters differ, as far as it matters.
fn distance(one: &str, other: &str, limit: usize) -> usize {
    const LONGEST: usize = 256;
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > limit || one.len() > LONGEST {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
