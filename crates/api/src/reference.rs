//! How to read what a person writes to name an item.

/// One way to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<'a> {
    /// The item of this name.
    Name(&'a str),
    /// The item whose v1 or v2 info-hash is this one (lower case).
    Hash(String),
    /// The item of this name whose v1 or v2 info-hash begins so (lower case, 4 digits or more).
    NameAndHash(&'a str, String),
}

/// The ways to read `text`, best first. The first that finds anything counts; if it finds several items, the text is
/// ambiguous. A name may look like a hash and may contain `@`, so a plain name comes first.
pub fn readings(text: &str) -> Vec<Reading<'_>> {
    let mut ways = vec![Reading::Name(text)];
    // `--json` names a hybrid item by both its hashes, `v1:v2`; either is enough.
    let hash = text.split_once(':').filter(|(v1, _)| v1.len() == 40).map_or(text, |(_, v2)| v2);
    if matches!(hash.len(), 40 | 64) && is_hex(hash) {
        ways.push(Reading::Hash(hash.to_ascii_lowercase()));
    }
    if let Some((name, hash)) = text.rsplit_once('@')
        && (4..=64).contains(&hash.len())
        && is_hex(hash)
        && !name.is_empty()
    {
        ways.push(Reading::NameAndHash(name, hash.to_ascii_lowercase()));
    }
    ways
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
