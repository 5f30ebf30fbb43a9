//! The decoder: one pass, recursion bounded by [`Limits::depth`].

use super::{BencodeError, Dict, Fault, Limits, Shape, Value};

/// Decodes one value that fills `bytes`.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Value<'_>, BencodeError> {
    let (value, rest) = decode_prefix(bytes, limits)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(BencodeError { offset: bytes.len() - rest.len(), fault: Fault::Trailing })
    }
}

/// Decodes the value that `bytes` begin with, and returns what follows it.
pub fn decode_prefix(bytes: &[u8], limits: Limits) -> Result<(Value<'_>, &[u8]), BencodeError> {
    let mut decoder = Decoder { bytes, at: 0, depth_left: limits.depth, tokens_left: limits.tokens };
    let value = decoder.value()?;
    Ok((value, decoder.bytes.get(decoder.at..).unwrap_or_default()))
}

/// Keys with the bytes of their values, in the order they stood in.
pub type Entries<'a> = Vec<(&'a [u8], &'a [u8])>;

/// The keys of the dictionary that fills `bytes`, each with the bytes of its value, which is not taken apart: for a
/// dictionary that was decoded before.
pub fn entries(bytes: &[u8], limits: Limits) -> Result<Entries<'_>, BencodeError> {
    let mut decoder = Decoder { bytes, at: 0, depth_left: limits.depth, tokens_left: limits.tokens };
    match decoder.peek()? {
        b'd' => decoder.nested(Decoder::raw_entries),
        byte => Err(decoder.fault(Fault::Unexpected(byte))),
    }
}

struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_left: u32,
    tokens_left: u32,
}

impl<'a> Decoder<'a> {
    fn value(&mut self) -> Result<Value<'a>, BencodeError> {
        let start = self.at;
        let shape = match self.peek()? {
            b'i' => Shape::Integer(self.integer()?),
            b'0'..=b'9' => Shape::Bytes(self.string()?),
            b'l' => Shape::List(self.nested(Self::list)?),
            b'd' => Shape::Dict(self.nested(Self::dict)?),
            byte => return Err(self.fault(Fault::Unexpected(byte))),
        };
        Ok(Value { raw: self.since(start), shape })
    }

    fn nested<T>(&mut self, body: fn(&mut Self) -> Result<T, BencodeError>) -> Result<T, BencodeError> {
        self.token()?;
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.fault(Fault::Depth))?;
        self.at += 1;
        let result = body(self)?;
        self.at += 1;
        self.depth_left += 1;
        Ok(result)
    }

    fn list(&mut self) -> Result<Vec<Value<'a>>, BencodeError> {
        let mut values = Vec::new();
        while self.peek()? != b'e' {
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn dict(&mut self) -> Result<Dict<'a>, BencodeError> {
        let start = self.at;
        // Most dictionaries of a torrent of many files have one key.
        let mut entries: Vec<(&[u8], Value<'_>)> = Vec::with_capacity(1);
        let mut sorted = true;
        loop {
            let key_at = self.at;
            match self.peek()? {
                b'e' => break,
                b'0'..=b'9' => {}
                _ => return Err(self.fault(Fault::Key)),
            }
            let key = self.string()?;
            if let Some((last, _)) = entries.last() {
                if *last == key {
                    return Err(BencodeError { offset: key_at, fault: Fault::DuplicateKey });
                }
                sorted &= *last < key;
            }
            entries.push((key, self.value()?));
        }
        if !sorted && has_duplicates(&entries) {
            return Err(BencodeError { offset: start, fault: Fault::DuplicateKey });
        }
        Ok(Dict { entries, sorted })
    }

    fn raw_entries(&mut self) -> Result<Entries<'a>, BencodeError> {
        let mut entries = Vec::new();
        while self.peek()? != b'e' {
            let key = self.string()?;
            let start = self.at;
            self.skip()?;
            entries.push((key, self.since(start)));
        }
        Ok(entries)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), BencodeError> {
        match self.peek()? {
            b'i' => self.integer().map(drop),
            b'l' | b'd' => self.nested(|decoder| {
                while decoder.peek()? != b'e' {
                    decoder.skip()?;
                }
                Ok(())
            }),
            _ => self.string().map(drop),
        }
    }

    fn integer(&mut self) -> Result<i64, BencodeError> {
        self.token()?;
        let start = self.at;
        let malformed = BencodeError { offset: start, fault: Fault::Integer };
        self.at += 1;
        let digits_at = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        self.skip_digits();
        let text = self.since(digits_at);
        if self.peek()? != b'e' {
            return Err(malformed);
        }
        self.at += 1;
        match text {
            b"0" => Ok(0),
            [b'-', b'1'..=b'9', ..] | [b'1'..=b'9', ..] => parse(text).ok_or(malformed),
            _ => Err(malformed),
        }
    }

    fn string(&mut self) -> Result<&'a [u8], BencodeError> {
        self.token()?;
        let start = self.at;
        let malformed = BencodeError { offset: start, fault: Fault::Length };
        self.skip_digits();
        let digits = self.since(start);
        if self.peek()? != b':' || (digits.len() > 1 && digits.first() == Some(&b'0')) {
            return Err(malformed);
        }
        self.at += 1;
        let length: usize = parse(digits).ok_or(malformed)?;
        let end = self.at.checked_add(length).ok_or(malformed)?;
        let string = self.bytes.get(self.at..end).ok_or(malformed)?;
        self.at = end;
        Ok(string)
    }

    fn skip_digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn token(&mut self) -> Result<(), BencodeError> {
        self.tokens_left = self.tokens_left.checked_sub(1).ok_or_else(|| self.fault(Fault::Tokens))?;
        Ok(())
    }

    fn peek(&self) -> Result<u8, BencodeError> {
        self.bytes.get(self.at).copied().ok_or_else(|| self.fault(Fault::Truncated))
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    fn fault(&self, fault: Fault) -> BencodeError {
        BencodeError { offset: self.at, fault }
    }
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn has_duplicates(entries: &[(&[u8], Value<'_>)]) -> bool {
    let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    !keys.is_sorted_by(|left, right| left < right)
}
