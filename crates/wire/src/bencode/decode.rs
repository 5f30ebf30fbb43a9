//! The decoder: one pass, recursion bounded by [`Limits::depth`].

use super::{BencodeError, Dict, Fault, Limits, Shape, Value};

/// Decodes one value that fills `bytes`.
///
/// ```
/// use peerpool_wire::bencode::{Limits, decode};
///
/// let value = decode(b"d4:porti6881ee", Limits::MESSAGE)?;
/// assert_eq!(value.get("port").and_then(|port| port.as_integer()), Some(6881));
/// # Ok::<(), peerpool_wire::bencode::BencodeError>(())
/// ```
///
/// # Errors
///
/// The bytes are not valid bencoding, break a limit, or go on after the value; the error names the offset.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Value<'_>, BencodeError> {
    let (value, rest) = decode_prefix(bytes, limits)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(BencodeError { offset: bytes.len() - rest.len(), fault: Fault::Trailing })
    }
}

/// Decodes the value that `bytes` begin with, and returns what follows it.
///
/// # Errors
///
/// The bytes do not begin with valid bencoding, or break a limit; the error names the offset.
pub fn decode_prefix(bytes: &[u8], limits: Limits) -> Result<(Value<'_>, &[u8]), BencodeError> {
    let mut decoder = Decoder::new(bytes, limits);
    let value = decoder.value()?;
    Ok((value, decoder.rest()))
}

/// A dictionary without some of its values, and the bytes of these as they stand.
pub type Parted<'a, const N: usize> = (Value<'a>, [Option<&'a [u8]>; N]);

/// Decodes the dictionary that `bytes` begin with, all but the values of these keys, which are too long to be made into
/// trees of values: they are for a [`Reader`](super::Reader). What follows the dictionary is ignored.
///
/// # Errors
///
/// As for [`decode`].
pub fn decode_without<'a, const N: usize>(
    bytes: &'a [u8],
    limits: Limits,
    keys: [&str; N],
) -> Result<Parted<'a, N>, BencodeError> {
    let mut decoder = Decoder::new(bytes, limits);
    let mut parts = [None; N];
    if decoder.peek()? != b'd' {
        return Ok((decoder.value()?, parts));
    }
    let dict = decoder.nested(|decoder| decoder.dict_without(&keys, &mut parts))?;
    Ok((Value { raw: decoder.since(0), shape: Shape::Dict(dict) }, parts))
}

/// Keys with the bytes of their values, in the order they stood in.
pub type Entries<'a> = Vec<(&'a [u8], &'a [u8])>;

/// The keys of the dictionary that fills `bytes`, each with the bytes of its value, which is not taken apart: for a
/// dictionary that was decoded before.
///
/// # Errors
///
/// The bytes are not a dictionary.
pub fn entries(bytes: &[u8], limits: Limits) -> Result<Entries<'_>, BencodeError> {
    let mut decoder = Decoder::new(bytes, limits);
    match decoder.peek()? {
        b'd' => decoder.nested(Decoder::raw_entries),
        byte => Err(decoder.fault(Fault::Unexpected(byte))),
    }
}

pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_left: u32,
    tokens_left: u32,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { bytes, at: 0, depth_left: limits.depth, tokens_left: limits.tokens }
    }

    /// What has not been read.
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn value(&mut self) -> Result<Value<'a>, BencodeError> {
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

    fn nested<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, BencodeError>,
    ) -> Result<T, BencodeError> {
        self.enter()?;
        let result = body(self)?;
        self.leave();
        Ok(result)
    }

    /// Takes the first byte of a list or dictionary.
    pub(super) fn enter(&mut self) -> Result<(), BencodeError> {
        self.token()?;
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.fault(Fault::Depth))?;
        self.at += 1;
        Ok(())
    }

    /// Takes the `e` that ends a list or dictionary.
    pub(super) fn leave(&mut self) {
        self.at += 1;
        self.depth_left += 1;
    }

    fn list(&mut self) -> Result<Vec<Value<'a>>, BencodeError> {
        let mut values = Vec::new();
        while self.peek()? != b'e' {
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn dict(&mut self) -> Result<Dict<'a>, BencodeError> {
        self.dict_without(&[], &mut [])
    }

    /// A dictionary without the values of these keys, which are skipped and put into `parts`.
    fn dict_without(
        &mut self,
        keys: &[&str],
        parts: &mut [Option<&'a [u8]>],
    ) -> Result<Dict<'a>, BencodeError> {
        let start = self.at;
        // Most dictionaries of a torrent of many files have one key.
        let mut entries: Vec<(&[u8], Value<'_>)> = Vec::with_capacity(1);
        let mut order = Order::default();
        while let Some(key) = self.key(&mut order)? {
            match keys.iter().position(|apart| apart.as_bytes() == key) {
                None => entries.push((key, self.value()?)),
                Some(nth) if parts[nth].is_some() => {
                    return Err(BencodeError { offset: start, fault: Fault::DuplicateKey });
                }
                Some(nth) => parts[nth] = Some(self.skip()?),
            }
        }
        if !order.sorted && has_duplicates(&entries) {
            return Err(BencodeError { offset: start, fault: Fault::DuplicateKey });
        }
        Ok(Dict { entries, sorted: order.sorted })
    }

    /// The next key of a dictionary; `None` at its end.
    pub(super) fn key(&mut self, order: &mut Order<'a>) -> Result<Option<&'a [u8]>, BencodeError> {
        let key_at = self.at;
        match self.peek()? {
            b'e' => return Ok(None),
            b'0'..=b'9' => {}
            _ => return Err(self.fault(Fault::Key)),
        }
        let key = self.string()?;
        if let Some(last) = order.last.replace(key) {
            if last == key {
                return Err(BencodeError { offset: key_at, fault: Fault::DuplicateKey });
            }
            order.sorted &= last < key;
        }
        Ok(Some(key))
    }

    fn raw_entries(&mut self) -> Result<Entries<'a>, BencodeError> {
        let (mut entries, mut order) = (Vec::new(), Order::default());
        while let Some(key) = self.key(&mut order)? {
            entries.push((key, self.skip()?));
        }
        Ok(entries)
    }

    /// Skips a value, and returns its bytes. Keys that are not in order may be there twice.
    fn skip(&mut self) -> Result<&'a [u8], BencodeError> {
        let start = self.at;
        match self.peek()? {
            b'i' => drop(self.integer()?),
            b'l' => self.nested(|decoder| {
                while decoder.peek()? != b'e' {
                    decoder.skip()?;
                }
                Ok(())
            })?,
            b'd' => drop(self.nested(|decoder| {
                let mut order = Order::default();
                while decoder.key(&mut order)?.is_some() {
                    decoder.skip()?;
                }
                Ok(())
            })?),
            b'0'..=b'9' => drop(self.string()?),
            byte => return Err(self.fault(Fault::Unexpected(byte))),
        }
        Ok(self.since(start))
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
        // Most of a torrent is lengths, so they are not made into text first.
        let mut length = 0usize;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at) {
            let longer = length.checked_mul(10).and_then(|tens| tens.checked_add(usize::from(digit - b'0')));
            length = longer.ok_or(malformed)?;
            self.at += 1;
        }
        let leading_zero = self.bytes.get(start) == Some(&b'0') && self.at - start > 1;
        if self.peek()? != b':' || leading_zero {
            return Err(malformed);
        }
        self.at += 1;
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

    pub(super) fn peek(&self) -> Result<u8, BencodeError> {
        self.bytes.get(self.at).copied().ok_or_else(|| self.fault(Fault::Truncated))
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    fn fault(&self, fault: Fault) -> BencodeError {
        BencodeError { offset: self.at, fault }
    }
}

/// The order of a dictionary's keys so far.
pub(super) struct Order<'a> {
    last: Option<&'a [u8]>,
    pub(super) sorted: bool,
}

impl Default for Order<'_> {
    fn default() -> Self {
        Self { last: None, sorted: true }
    }
}

fn parse(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn has_duplicates(entries: &[(&[u8], Value<'_>)]) -> bool {
    let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    !keys.is_sorted_by(|left, right| left < right)
}
