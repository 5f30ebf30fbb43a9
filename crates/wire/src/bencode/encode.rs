//! The encoder: a tree whose dictionaries are sorted by construction.

use std::{collections::BTreeMap, io::Write as _};

/// A value to be written. Dictionaries sort themselves, so what is written is always canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An integer.
    Integer(i64),
    /// A string of bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Node>),
    /// A dictionary.
    Dict(BTreeMap<Vec<u8>, Node>),
    /// One value that is bencoded already, written as it is (an info dictionary as received).
    Encoded(Vec<u8>),
}

impl Node {
    /// A dictionary of these keys; of equal keys the last one stays.
    pub fn dict<K: Into<Vec<u8>>>(entries: impl IntoIterator<Item = (K, Node)>) -> Self {
        Node::Dict(entries.into_iter().map(|(key, node)| (key.into(), node)).collect())
    }

    /// A list of these values.
    pub fn list<N: Into<Node>>(nodes: impl IntoIterator<Item = N>) -> Self {
        Node::List(nodes.into_iter().map(Into::into).collect())
    }

    /// The bencoded bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Node::Integer(integer) => write_integer(*integer, out),
            Node::Bytes(bytes) => write_bytes(bytes, out),
            Node::List(nodes) => {
                out.push(b'l');
                nodes.iter().for_each(|node| node.write(out));
                out.push(b'e');
            }
            Node::Dict(entries) => {
                out.push(b'd');
                for (key, node) in entries {
                    write_bytes(key, out);
                    node.write(out);
                }
                out.push(b'e');
            }
            Node::Encoded(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// Writes an integer.
pub(crate) fn write_integer(integer: i64, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(out, "i{integer}e");
}

/// Writes a string of bytes.
pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let _ = write!(out, "{}:", bytes.len());
    out.extend_from_slice(bytes);
}

impl From<i64> for Node {
    fn from(integer: i64) -> Self {
        Node::Integer(integer)
    }
}

impl From<i32> for Node {
    fn from(integer: i32) -> Self {
        Node::Integer(i64::from(integer))
    }
}

impl From<u32> for Node {
    fn from(integer: u32) -> Self {
        Node::Integer(i64::from(integer))
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Node::Bytes(text.into())
    }
}

impl From<&[u8]> for Node {
    fn from(bytes: &[u8]) -> Self {
        Node::Bytes(bytes.into())
    }
}

impl From<Vec<u8>> for Node {
    fn from(bytes: Vec<u8>) -> Self {
        Node::Bytes(bytes)
    }
}
