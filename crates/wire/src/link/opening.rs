//! How two nodes prove to each other that they are of one pool, without sending its secret.
//!
//! Both say who they are and a number that nobody can foresee, and then show an HMAC-SHA256 (RFC 2104) under the pool's
//! secret of what both have said. Who dials shows its proof first, so that a stranger who dials learns none. Neither a
//! recorded proof nor one sent back is of use: the numbers differ each time, and each end's role is part of its proof.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::channel::{MAX_VERSIONS, bounded};

/// A node, by its number in the pool's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A node's process, by a number that it draws when it starts: another one remembers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcessId(pub u64);

/// A number that nobody can foresee, drawn for one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

/// That whoever shows it knows the pool's secret.
#[derive(Debug, Clone, Copy, Eq)]
pub struct Proof(pub [u8; 32]);

impl PartialEq for Proof {
    /// Takes the same time wherever the difference is.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Known to the nodes of a pool alone.
#[derive(Clone)]
pub struct PoolSecret(pub [u8; 32]);

impl fmt::Debug for PoolSecret {
    /// Never shown, so that it reaches no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PoolSecret(…)")
    }
}

impl PoolSecret {
    /// A key for something else, of which nothing can be told about the secret.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = self.mac(b"peerpool key\0");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn mac(&self, domain: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a key that is shorter than its block up with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(domain);
        mac
    }
}

/// Who one end of a link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Versions of the conversation that it speaks.
    #[serde(deserialize_with = "bounded::list::<MAX_VERSIONS, _, _>")]
    pub versions: Vec<u16>,
    /// Which node of the pool.
    pub node: NodeId,
    /// Its process.
    pub process: ProcessId,
    /// Drawn for this link.
    pub nonce: Nonce,
}

/// What an end of a link does in its opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It dials.
    Dials,
    /// It is dialled.
    Listens,
}

/// What both ends have said of themselves.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Who dials.
    pub dials: &'a Hello,
    /// Who is dialled.
    pub listens: &'a Hello,
}

impl Opening<'_> {
    /// What the end of this role shows.
    pub fn proof(&self, secret: &PoolSecret, role: Role) -> Proof {
        let mut mac = secret.mac(b"peerpool link\0");
        mac.update(&[match role {
            Role::Dials => 1,
            Role::Listens => 2,
        }]);
        for hello in [self.dials, self.listens] {
            mac.update(&(hello.versions.len() as u16).to_be_bytes());
            hello.versions.iter().for_each(|version| mac.update(&version.to_be_bytes()));
            mac.update(&hello.node.0.to_be_bytes());
            mac.update(&hello.process.0.to_be_bytes());
            mac.update(&hello.nonce.0);
        }
        Proof(mac.finalize().into_bytes().into())
    }
}

fn write_bytes<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let bytes = bounded::bytes::<32, _>(deserializer)?;
    bytes.try_into().map_err(|bytes: Vec<u8>| D::Error::invalid_length(bytes.len(), &"32 bytes"))
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_bytes(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_bytes(deserializer).map(Self)
    }
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_bytes(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_bytes(deserializer).map(Self)
    }
}
