//! What somebody searches for: `bai giang kind:folder size:>1G holder:An`.
//!
//! Words, in any order, are looked for at the beginnings of words of an item's name, without regard to case and accents.
//! Quotes hold together what has spaces: `"dai so"`, `holder:"may cua An"`. `size:` understands binary units (`k`, `M`,
//! `G`, `T`) after `>` or `<`. What is only half written (`size:>`) counts for nothing, since people see results as they
//! type.

use peerpool_wire::channel::{ItemKind, ItemSearch};

use crate::{fold::fold, names::Needle};

/// Words of one query that are looked for.
const MAX_WORDS: usize = 16;

/// A query as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    needles: Vec<Needle>,
    kind: Option<ItemKind>,
    /// Bytes, both inclusive.
    min: u64,
    max: u64,
    holder: Option<String>,
    pub(crate) offline: bool,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No kind of item is called so.
    #[error("`kind:{0}` is not understood: write `kind:file` or `kind:folder`")]
    Kind(String),
    /// Not a bound of a size.
    #[error("`size:{0}` is not understood: write as in `size:>1G` or `size:<100M`")]
    Size(String),
    /// More words than are looked for.
    #[error("a search has at most {MAX_WORDS} words")]
    TooManyWords,
}

impl Default for Query {
    fn default() -> Self {
        Self { needles: Vec::new(), kind: None, min: 0, max: u64::MAX, holder: None, offline: false }
    }
}

impl Query {
    /// Reads the text of a search and what is asked for beside it. Where both name a kind or a holder, that beside it
    /// counts; of sizes, the narrower.
    ///
    /// # Errors
    ///
    /// A part of the text is not understood.
    pub fn new(search: &ItemSearch) -> Result<Self, QueryError> {
        let mut query = Self::parse(&search.text)?;
        query.offline = search.offline;
        query.kind = search.kind.or(query.kind);
        query.min = query.min.max(search.min.unwrap_or(0));
        query.max = query.max.min(search.max.unwrap_or(u64::MAX));
        query.holder = search.holder.as_deref().filter(|name| !name.is_empty()).map(fold).or(query.holder);
        Ok(query)
    }

    /// Reads the text of a search.
    ///
    /// # Errors
    ///
    /// A part of it is not understood.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for part in parts(text) {
            match part.split_once(':') {
                Some(("kind", value)) => query.read_kind(value)?,
                Some(("size", value)) => query.read_size(value)?,
                Some(("holder", "")) => {}
                Some(("holder", value)) => query.holder = Some(fold(value)),
                _ => query.read_words(&part)?,
            }
        }
        Ok(query)
    }

    /// The folded name of the holder whose items are meant.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// What somebody who types this text typed a key before: a query that means all that this one means, and more. `None`
    /// where there is none, and where a holder is named, who may have other items at any time.
    #[must_use]
    pub fn broader(&self) -> Option<Self> {
        if self.holder.is_some() {
            return None;
        }
        let mut broader = self.clone();
        let shorter = broader.needles.pop()?.shorter();
        broader.needles.extend(shorter);
        Some(broader)
    }

    pub(crate) fn needles(&self) -> &[Needle] {
        &self.needles
    }

    /// Whether neither size nor kind matters.
    pub(crate) fn takes_any(&self) -> bool {
        self.kind.is_none() && self.min == 0 && self.max == u64::MAX
    }

    pub(crate) fn takes(&self, length: u64, kind: ItemKind) -> bool {
        (self.min..=self.max).contains(&length) && self.kind.is_none_or(|wanted| wanted == kind)
    }

    fn read_kind(&mut self, value: &str) -> Result<(), QueryError> {
        self.kind = match value.to_ascii_lowercase().as_str() {
            "file" => Some(ItemKind::File),
            "folder" => Some(ItemKind::Folder),
            begun if "file".starts_with(begun) || "folder".starts_with(begun) => return Ok(()),
            _ => return Err(QueryError::Kind(value.to_owned())),
        };
        Ok(())
    }

    fn read_size(&mut self, value: &str) -> Result<(), QueryError> {
        let (sign, size) = value.split_at(value.len().min(1));
        if size.is_empty() && matches!(sign, "" | ">" | "<") {
            return Ok(());
        }
        let size = bytes(size).ok_or_else(|| QueryError::Size(value.to_owned()))?;
        match sign {
            ">" => self.min = self.min.max(size.saturating_add(1)),
            "<" => self.max = self.max.min(size.saturating_sub(1)),
            _ => return Err(QueryError::Size(value.to_owned())),
        }
        Ok(())
    }

    fn read_words(&mut self, part: &str) -> Result<(), QueryError> {
        // What stands before the first letter or digit begins no word of a name.
        let folded = fold(part);
        let word = folded.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end();
        if word.is_empty() {
            return Ok(());
        }
        if self.needles.len() == MAX_WORDS {
            return Err(QueryError::TooManyWords);
        }
        self.needles.push(Needle::new(word));
        Ok(())
    }
}

/// The parts of a text between spaces; quotes hold a part together, and are not in it. A quote that nobody closes holds to
/// the end.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Reads `500`, `64k`, `256M`, `1.5GiB`, …; all units are binary.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let count: f64 = digits.parse().ok()?;
    let bytes = count * (1u64 << shift) as f64;
    (0.0..9e18).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(text).unwrap()
    }

    #[test]
    fn words_stand_beside_facets_in_any_order() {
        let expected = Query {
            needles: vec![Needle::new("bai"), Needle::new("giang")],
            kind: Some(ItemKind::Folder),
            min: (1 << 30) + 1,
            max: (3 << 40) - 1,
            holder: Some("may cua an".into()),
            offline: false,
        };
        for text in [
            "Bài giảng kind:folder size:>1G size:<3T holder:\"máy của An\"",
            "size:<3TiB kind:FOLDER bài holder:\"MÁY của an\" size:>1024m  GIẢNG",
        ] {
            assert_eq!(query(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_half_written_counts_for_nothing() {
        for text in
            ["", " ", "kind:", "kind:f", "kind:fo", "size:", "size:>", "holder:", "\"", "-", "(", "& ..."]
        {
            assert_eq!(query(text), Query::default(), "{text}");
        }
    }

    #[test]
    fn a_word_begins_with_its_first_letter_or_digit_and_quotes_keep_spaces() {
        assert_eq!(query("(2019) .mkv \"Đại  số\"").needles, ["2019)", "mkv", "dai  so"].map(Needle::new));
        assert_eq!(query("re:zero").needles, [Needle::new("re:zero")]);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, message) in [
            ("kind:song", "`kind:song` is not understood: write `kind:file` or `kind:folder`"),
            ("size:>big", "`size:>big` is not understood: write as in `size:>1G` or `size:<100M`"),
            ("size:1G", "`size:1G` is not understood: write as in `size:>1G` or `size:<100M`"),
            ("size:>NaN", "`size:>NaN` is not understood: write as in `size:>1G` or `size:<100M`"),
            (&"a ".repeat(17), "a search has at most 16 words"),
        ] {
            assert_eq!(Query::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn what_is_said_beside_the_text_counts_before_it() {
        let search = ItemSearch {
            text: "kind:file size:>1k holder:an".into(),
            kind: Some(ItemKind::Folder),
            min: Some(10),
            max: Some(2000),
            holder: Some("Bình".into()),
            ..ItemSearch::default()
        };
        let query = Query::new(&search).unwrap();
        assert!(query.takes(2000, ItemKind::Folder) && !query.takes(2001, ItemKind::Folder));
        assert!(!query.takes(1024, ItemKind::Folder) && !query.takes(2000, ItemKind::File));
        assert_eq!(query.holder(), Some("binh"));
    }
}
