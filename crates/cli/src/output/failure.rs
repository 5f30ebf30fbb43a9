//! Failures in words.

use super::{items::variants, text::safe};
use crate::exit::Failure;

/// The failure in words, with the variants that were meant if there are several.
pub fn explain(failure: &Failure) -> String {
    let message = format!("error: {}", safe(&failure.to_string()));
    match failure.refusal() {
        Some(error) if !error.variants.is_empty() => {
            format!("{message}\n{}", variants(&error.variants))
        }
        Some(error) => match &error.free_name {
            Some(free) => format!("{message}\n  `{}` is free", safe(free)),
            None => message,
        },
        None => message,
    }
}
