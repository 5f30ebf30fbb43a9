//! What a server of ours needs to face browsers, on a tracker's port and at a peer's door alike.

pub mod body;
pub mod docs;
pub mod guard;
pub mod live;
pub mod log;
pub mod metrics;
pub mod page;
pub mod session;
pub mod websocket;
