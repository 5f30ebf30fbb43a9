//! Patterns of names.

use std::{fmt, str::FromStr};

/// Longest pattern in bytes.
const MAX_LENGTH: usize = 1024;

/// A name in which `*` stands for any characters, and `?` for one. Case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// A text that is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParsePatternError {
    /// Nothing.
    #[error("an empty pattern matches no name: write * for all of them")]
    Empty,
    /// Longer than any name.
    #[error("a pattern of {0} bytes, where {MAX_LENGTH} are allowed")]
    Long(usize),
}

impl FromStr for Pattern {
    type Err = ParsePatternError;

    fn from_str(text: &str) -> Result<Self, ParsePatternError> {
        match text.len() {
            0 => Err(ParsePatternError::Empty),
            long if long > MAX_LENGTH => Err(ParsePatternError::Long(long)),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pattern {
    /// Bytes before the first `*` or `?`: the more, the more particular.
    pub fn literal(&self) -> usize {
        self.0.find(['*', '?']).unwrap_or(self.0.len())
    }

    /// Whether all of the name matches. Takes at most the product of both lengths.
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.as_str(), name);
        // Behind the last `*`, and what of the name it has not taken yet: where to go on when the rest does not match.
        let mut retry: Option<(&str, &str)> = None;
        loop {
            let mut next = pattern.chars();
            let mut left = rest.chars();
            match (next.next(), left.next()) {
                (Some('*'), _) => {
                    pattern = next.as_str();
                    retry = Some((pattern, rest));
                }
                (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                    (pattern, rest) = (next.as_str(), left.as_str());
                }
                (None, None) => return true,
                _ => {
                    let Some((behind, from)) = retry else { return false };
                    let mut from = from.chars();
                    if from.next().is_none() {
                        return false;
                    }
                    (pattern, rest) = (behind, from.as_str());
                    retry = Some((behind, rest));
                }
            }
        }
    }
}
