//! The control API of a running peer: its shapes, and a client.
//!
//! Every peer serves HTTP with JSON bodies on a Unix socket in its own repository,
//! `<repository>/.peerpool/control.sock`. Whoever may open the socket (mode 0600) may command the peer. The shell,
//! the one-shot commands, the web page and the tests all come in here; there is no second way.
//!
//! | method and path ([`paths`]) | request | answer |
//! | --- | --- | --- |
//! | `POST /v1/start` | [`Start`] | [`PoolList`]: connected, registered, and what the pool has |
//! | `POST /v1/update` | – | [`PoolList`]: after every peer was asked for its newest state |
//! | `POST /v1/stop` | – | [`Stopped`]: all downloads stopped, what they fetched is kept |
//! | `POST /v1/end` | – | `{}`, then the peer leaves the pool and its process ends |
//! | `GET /v1/status` | – | [`Status`] |
//! | `GET /v1/items` | query [`ItemQuery`] | [`ItemPage`] of the pool's catalogue |
//! | `GET /v1/items/{hash}/holders` | – | `[`[`Holder`]`]`: who has it, and how much of it |
//! | `GET /v1/peers` | – | `[`[`PoolPeer`]`]` |
//! | `GET /v1/repository` | – | [`Repository`] |
//! | `POST /v1/share` | [`Share`] | [`SharedItem`]: hashing may still go on; its end is an [`Event`] |
//! | `POST /v1/unshare` | [`Unshare`] | [`SharedItem`] as it was; the file stays |
//! | `POST /v1/downloads` | [`Get`] | [`Download`], or an error of code `ambiguous` with the variants |
//! | `GET /v1/downloads` | – | `[`[`Download`]`]`, oldest first |
//! | `GET /v1/downloads/{hash}` | – | [`Download`] |
//! | `POST /v1/downloads/{hash}/pause` | – | [`Download`] |
//! | `POST /v1/downloads/{hash}/resume` | – | [`Download`] |
//! | `POST /v1/downloads/{hash}/stop` | – | [`Download`] |
//! | `DELETE /v1/downloads/{hash}` | query [`Remove`] | [`Download`] as it was |
//! | `GET /v1/events` | query [`EventQuery`] | server-sent events, each `data:` line one [`Event`] |
//!
//! `{hash}` is `InfoHash::to_string()`: 64 hexadecimal digits, or 40 for an item without a v2 hash. An answer that
//! is not 2xx has an [`ApiError`] as its body; [`Code`] lists the codes and their HTTP status. Unknown
//! fields are ignored on both sides. Sizes are bytes, rates bytes a second, durations seconds, unless a name says
//! otherwise.
//!
//! Events start with the moment the answer's headers arrive, so a client that subscribes first and commands
//! afterwards misses nothing.

mod client;
mod download;
mod error;
mod event;
mod item;
pub mod naming;
pub mod paths;
mod pool;
mod problem;
mod reference;
mod share;
pub mod socket;
mod status;

pub use client::{Client, Error, Events};
pub use download::{
    Download, DownloadState, Get, Reason, Remove, Source, Stalled, What, torrent_from_base64,
    torrent_to_base64,
};
pub use error::{ApiError, Code};
pub use event::{Event, EventQuery};
pub use item::{Holder, Item, ItemKind, ItemPage, ItemQuery};
pub use pool::{PoolList, PoolPeer, Start, Stopped};
pub use problem::{Problem, ProblemCode};
pub use reference::{Reading, readings};
pub use share::{Hashing, Repository, Share, ShareState, SharedItem, Unshare};
pub use status::{Reach, Reachability, Status, TrackerState, TrackerStatus};
