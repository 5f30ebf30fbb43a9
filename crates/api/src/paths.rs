//! Where each route stands. Patterns with `{hash}` are axum's; the functions beside them fill it in.

use peerpool_wire::id::InfoHash;

/// Connect to the tracker and register.
pub const START: &str = "/v1/start";
/// Ask every peer of the pool for its newest state.
pub const UPDATE: &str = "/v1/update";
/// Stop all downloads.
pub const STOP: &str = "/v1/stop";
/// Leave the pool and end the process.
pub const END: &str = "/v1/end";
/// What the peer is and does.
pub const STATUS: &str = "/v1/status";
/// The pool's catalogue.
pub const ITEMS: &str = "/v1/items";
/// Who has an item.
pub const HOLDERS: &str = "/v1/items/{hash}/holders";
/// The peers of the pool.
pub const PEERS: &str = "/v1/peers";
/// What this peer shares.
pub const REPOSITORY: &str = "/v1/repository";
/// Share a file or folder.
pub const SHARE: &str = "/v1/share";
/// Share no longer.
pub const UNSHARE: &str = "/v1/unshare";
/// All downloads; POST begins one.
pub const DOWNLOADS: &str = "/v1/downloads";
/// One download; DELETE forgets it.
pub const DOWNLOAD: &str = "/v1/downloads/{hash}";
/// Hold a download: its connections stay, nothing is asked for.
pub const PAUSE: &str = "/v1/downloads/{hash}/pause";
/// Go on with a paused, stopped or failed download.
pub const RESUME: &str = "/v1/downloads/{hash}/resume";
/// Stop one download and close its connections.
pub const STOP_ONE: &str = "/v1/downloads/{hash}/stop";
/// The stream of events.
pub const EVENTS: &str = "/v1/events";

/// A pattern of this module with its `{hash}` filled in.
pub fn with_hash(pattern: &str, hash: &InfoHash) -> String {
    pattern.replace("{hash}", &hash.to_string())
}
