//! A pool for members: its keys, who belongs to it, and what peers are told of that.

mod desk;
mod error;
mod founding;
mod items;
mod keys;
mod sessions;
mod task;
mod waiting;

pub(crate) use desk::Desk;
pub(crate) use error::MembersError;
pub(crate) use founding::{invite_link, restore};
pub(crate) use items::{Items, KnownItem};
pub use keys::{KeysError, TrackerKeys};
use peerpool_access::key::PublicKey;
pub(crate) use sessions::{Concern, Line};
pub(crate) use task::{Known, MembersHandle};

/// Who sends a request: the key that the other end of the connection has proved to have. Whose it is, members say. It is
/// an extension of every request that came over TLS with raw keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The key.
    pub key: PublicKey,
}
