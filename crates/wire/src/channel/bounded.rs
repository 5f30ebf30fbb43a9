//! Lists, texts and byte strings that a decoder refuses when they are longer than the protocol allows.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// Reads a list of at most `MAX` elements; nothing is allocated ahead of what has arrived.
pub(crate) fn list<'de, const MAX: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(ListVisitor::<T, MAX>(PhantomData))
}

/// Reads a text of at most `MAX` bytes of UTF-8.
pub(crate) fn text<'de, const MAX: usize, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > MAX {
        Err(D::Error::invalid_length(text.len(), &Limit(MAX, "bytes of text")))
    } else {
        Ok(text)
    }
}

/// Reads a list of at most `MAX` texts of at most `LENGTH` bytes each.
pub(crate) fn texts<'de, const MAX: usize, const LENGTH: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let texts = list::<MAX, D, Text<LENGTH>>(deserializer)?;
    Ok(texts.into_iter().map(|Text(text)| text).collect())
}

struct Text<const MAX: usize>(String);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::<MAX, D>(deserializer).map(Self)
    }
}

/// Reads a text of at most `MAX` bytes, or nothing.
pub(crate) fn optional_text<'de, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    match &text {
        Some(long) if long.len() > MAX => {
            Err(D::Error::invalid_length(long.len(), &Limit(MAX, "bytes of text")))
        }
        _ => Ok(text),
    }
}

/// Reads a byte string of at most `MAX` bytes.
pub(crate) fn bytes<'de, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u8>, D::Error> {
    let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?.into_vec();
    if bytes.len() > MAX {
        Err(D::Error::invalid_length(bytes.len(), &Limit(MAX, "bytes")))
    } else {
        Ok(bytes)
    }
}

struct Limit(usize, &'static str);

impl serde::de::Expected for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} {}", self.0, self.1)
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        if let Some(count) = elements.size_hint().filter(|&count| count > MAX) {
            return Err(A::Error::invalid_length(count, &self));
        }
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            if list.len() == MAX {
                return Err(A::Error::invalid_length(MAX + 1, &self));
            }
            list.push(element);
        }
        Ok(list)
    }
}
