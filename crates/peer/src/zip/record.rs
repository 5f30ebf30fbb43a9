//! The bytes of a record: numbers, the least significant byte first.

pub(super) struct Record(Vec<u8>);

impl Record {
    /// A record with this signature.
    pub(super) fn new(signature: u32) -> Self {
        Self(Vec::new()).u32(signature)
    }

    pub(super) fn u16(self, number: u16) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn u32(self, number: u32) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn u64(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.0
    }
}
