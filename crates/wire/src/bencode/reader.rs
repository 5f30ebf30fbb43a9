//! Streaming reads, for data that is too long for a tree of values.

use super::{
    BencodeError, Limits, Value,
    decode::{Decoder, Order},
};

/// Goes through lists and dictionaries once, from the beginning of some bencoding on.
///
/// ```
/// use peerpool_wire::bencode::{BencodeError, Limits, Reader};
///
/// let mut names = Vec::new();
/// let mut reader = Reader::new(b"d1:al1:xe1:bl1:yee", Limits::MESSAGE);
/// let sorted = reader.dict(|reader, key| {
///     names.push(key);
///     reader.list(|reader| reader.value().map(|value| names.extend(value.as_bytes())))
/// })?;
/// assert!(sorted);
/// assert_eq!(names, [b"a", b"x", b"b", b"y"]);
/// # Ok::<(), BencodeError>(())
/// ```
pub struct Reader<'a> {
    decoder: Decoder<'a>,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which begin with a value; what follows it is ignored.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { decoder: Decoder::new(bytes, limits) }
    }

    /// Whether a dictionary comes next.
    pub fn at_dict(&self) -> bool {
        self.decoder.peek() == Ok(b'd')
    }

    /// Whether a list comes next.
    pub fn at_list(&self) -> bool {
        self.decoder.peek() == Ok(b'l')
    }

    /// Reads the value that comes next as a whole.
    ///
    /// # Errors
    ///
    /// No valid value comes next, or it breaks a limit.
    pub fn value(&mut self) -> Result<Value<'a>, BencodeError> {
        self.decoder.value()
    }

    /// Reads a list that comes next ([`Reader::at_list`]): `item` reads each value of it, exactly one at a time.
    ///
    /// # Errors
    ///
    /// No list comes next, or whatever `item` fails with.
    pub fn list<E: From<BencodeError>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.decoder.enter()?;
        while self.decoder.peek()? != b'e' {
            item(self)?;
        }
        self.decoder.leave();
        Ok(())
    }

    /// Reads a dictionary that comes next ([`Reader::at_dict`]): `entry` is given each key and reads its value. Tells
    /// whether the keys stood in the order of their bytes; if they did, there was none twice.
    ///
    /// # Errors
    ///
    /// No dictionary comes next, or whatever `entry` fails with.
    pub fn dict<E: From<BencodeError>>(
        &mut self,
        mut entry: impl FnMut(&mut Self, &'a [u8]) -> Result<(), E>,
    ) -> Result<bool, E> {
        self.decoder.enter()?;
        let mut order = Order::default();
        while let Some(key) = self.decoder.key(&mut order)? {
            entry(self, key)?;
        }
        self.decoder.leave();
        Ok(order.sorted)
    }
}
