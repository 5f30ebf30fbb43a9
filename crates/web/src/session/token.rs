//! A random text that opens something.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;

const BYTES: usize = 32;

/// 256 random bits, written in 43 characters of base64url. It is shown to whom it is meant for, and in no log.
#[derive(Clone)]
pub struct Token([u8; BYTES]);

impl Token {
    /// One that nobody can guess.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Whether somebody said this token. How long it takes tells nothing of it.
    pub(super) fn is(&self, said: &str) -> bool {
        let said = BASE64URL_NOPAD.decode(said.as_bytes()).unwrap_or_default();
        self.0.ct_eq(said.as_slice()).into()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_it_is_written_as_and_nothing_else() {
        let token = Token::random();
        let text = token.to_string();
        assert_eq!(text.len(), 43);
        assert!(token.is(&text));
        for other in ["", &text[..42], &format!("{text}="), &format!("{text}A"), &Token::random().to_string()]
        {
            assert!(!token.is(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
