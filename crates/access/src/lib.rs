//! Who may see, fetch and give what in a pool for members.
//!
//! A tracker signs one short-lived [`Pass`] for each peer's key: who its member is, and the *subjects* (roles, groups,
//! the member) that it counts as. The tracker also tells each peer, on that peer's own channel, the [`Audience`] of every
//! item that concerns it: which subjects may see, get and give it. Two peers that meet show each other their passes and
//! compare them with the audience themselves. So a thousand peers and a thousand items need a thousand signatures, and not a
//! million.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`key`] | Ed25519 keys of devices, of the pool's root, and of who signs passes |
//! | [`signed`] | a statement: a body and who signed it, read only once the signature holds |
//! | [`Pass`], [`Keyset`] | the two statements |
//! | [`passkey`] | what an authenticator has signed for the pool's page |
//! | [`Invite`] | how a newcomer finds the pool and proves that somebody asked it in |
//! | [`rules`] | rules, and the audience that they give an item |
//! | [`Members`] | a tracker's side: who belongs to the pool, and what each device's pass says |
//! | [`Guard`] | a peer's side: whom to admit, and when to close |
//!
//! Like `catalogue` and `swarm` this crate is pure: [`Moment`]s are arguments, and nothing here opens a socket or a file.

mod audience;
mod bytes;
pub mod guard;
mod invite;
pub mod key;
mod keyset;
pub mod members;
mod moment;
mod pass;
pub mod passkey;
pub mod rules;
pub mod signed;
mod subject;

pub use audience::{Audience, AudienceId, Audiences, Right, Rights};
pub use guard::Guard;
pub use invite::{Code, CodeHash, Invite, ParseInviteError};
pub use keyset::{FIRST_SERIAL, Keyset, KeysetError, MAX_NAME, MAX_SIGNERS, MAX_TRACKERS};
pub use members::{Members, SecretHash};
pub use moment::Moment;
pub use pass::{LEEWAY, MAX_SUBJECTS, Pass, PassError};
pub use subject::{GroupId, MemberId, Role, Subject, SubjectKind, Subjects};
