//! A device's key, and encrypted connections between devices that know each other by their keys.
//!
//! ```text
//! dialer                                   accepter
//!   │  TLS 1.3, raw public keys (RFC 7250)   │
//!   ├───────────────────────────────────────►│   connect(…, expected keys)     accept(…)
//!   │◄───────────────────────────────────────┤   the dialer talks to those alone;
//!   ├───────────────────────────────────────►│   the accepter learns the dialer's
//!   │◄──────── records, both ways ──────────►│
//! ```
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Identity`] | the Ed25519 key of a device, and its file |
//! | [`private_file`] | how such a file is written, and others that nobody else may change |
//! | [`Protocol`] | what is spoken: among peers, or with the tracker |
//! | [`Endpoint`] | what a device dials and accepts with |
//! | [`Handshake`] | a handshake without I/O: rustls decides, and hands over the keys |
//! | [`records`] | what follows the handshake without I/O: sealing, opening, new keys, the end |
//! | [`Connection`] | both around a byte stream, made by [`Endpoint::connect`] and [`Endpoint::accept`] |
//!
//! rustls shakes hands; the records are sealed and opened here, because payload then goes from a file's buffer to the
//! socket's, and from the socket's to the piece's, without being copied in between. Whatever is written here is plain
//! TLS 1.3 (RFC 8446), and every other implementation of it can be at the other end.

mod connection;
mod endpoint;
mod handshake;
mod identity;
pub mod private_file;
mod protocol;
mod raw_key;
pub mod records;
mod verifier;

pub use connection::{AHEAD, ConnectError, Connection, HANDSHAKE_TIMEOUT, HELD, Reader, Writer};
pub use endpoint::{Endpoint, SetupError};
pub use handshake::{Handshake, HandshakeError, MAX_HANDSHAKE, Progress, Session};
pub use identity::{Identity, IdentityError};
pub use protocol::{Expected, Protocol};
