//! Typed reading of a torrent's dictionaries; errors name the location.

use std::fmt;

use crate::bencode::{Dict, Value};

use super::{MetainfoError, names::shown};

/// A dictionary and its location.
pub(super) struct Fields<'v, 'a> {
    dict: &'v Dict<'a>,
    at: Location<'v>,
}

/// The location of a dictionary. It becomes text only for an error, since a torrent has one for each file.
#[derive(Clone, Copy)]
pub(super) enum Location<'p> {
    /// The file's own dictionary.
    Top,
    /// Under this key of it.
    Key(&'static str),
    /// An entry of v1's list of files.
    Entry(usize),
    /// A file or folder of v2's tree.
    Tree(&'p [String]),
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Key(key) => f.write_str(key),
            Self::Entry(index) => write!(f, "info.files[{index}]"),
            Self::Tree(path) => write!(f, "info.file tree/{}", shown(path)),
        }
    }
}

impl<'v, 'a> Fields<'v, 'a> {
    /// Takes a value that must be a dictionary.
    pub(super) fn new(value: &'v Value<'a>, at: Location<'v>) -> Result<Self, MetainfoError> {
        match value.as_dict() {
            Some(dict) => Ok(Self { dict, at }),
            None => Err(MetainfoError::Invalid { at: at.to_string(), expected: "a dictionary" }),
        }
    }

    /// Takes a dictionary inside `info`, whose keys must stand in order.
    pub(super) fn ordered(value: &'v Value<'a>, at: Location<'v>) -> Result<Self, MetainfoError> {
        let fields = Self::new(value, at)?;
        if fields.dict.is_sorted() {
            Ok(fields)
        } else {
            Err(MetainfoError::Unordered { at: at.to_string() })
        }
    }

    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Option<&'v Value<'a>> {
        self.dict.get(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'a [u8]> {
        self.dict.iter().map(|(key, _)| key)
    }

    pub(super) fn required(&self, key: &str) -> Result<&'v Value<'a>, MetainfoError> {
        self.get(key).ok_or_else(|| self.missing(key))
    }

    pub(super) fn missing(&self, key: &str) -> MetainfoError {
        MetainfoError::Missing { at: self.at(key) }
    }

    pub(super) fn integer(&self, key: &str) -> Result<Option<i64>, MetainfoError> {
        self.get(key)
            .map(|value| value.as_integer().ok_or_else(|| self.invalid(key, "an integer")))
            .transpose()
    }

    pub(super) fn bytes(&self, key: &str) -> Result<Option<&'a [u8]>, MetainfoError> {
        self.get(key).map(|value| value.as_bytes().ok_or_else(|| self.invalid(key, "a string"))).transpose()
    }

    /// A size in bytes: an integer that is there and not negative.
    pub(super) fn size(&self, key: &str) -> Result<u64, MetainfoError> {
        let size = self.required(key)?.as_integer().and_then(|size| u64::try_from(size).ok());
        size.ok_or_else(|| self.invalid(key, "a size in bytes, 0 or more"))
    }

    /// A list of path components.
    pub(super) fn path(&self, key: &str) -> Result<Vec<String>, MetainfoError> {
        let invalid = || self.invalid(key, "a list of names");
        let components = self.required(key)?.as_list().filter(|list| !list.is_empty()).ok_or_else(invalid)?;
        components
            .iter()
            .map(|component| super::names::read_name(component.as_bytes().ok_or_else(invalid)?))
            .collect()
    }

    pub(super) fn invalid(&self, key: &str, expected: &'static str) -> MetainfoError {
        MetainfoError::Invalid { at: self.at(key), expected }
    }

    fn at(&self, key: &str) -> String {
        match self.at {
            Location::Top => key.to_owned(),
            at => format!("{at}.{key}"),
        }
    }
}
