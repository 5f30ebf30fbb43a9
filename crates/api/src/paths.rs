//! Where each route stands. Patterns with `{hash}` are axum's and OpenAPI's; [`with_hash`] fills it in.

use peerpool_wire::id::InfoHash;

/// The description of this API (OpenAPI 3.1). On peers and trackers.
pub const OPENAPI: &str = "/api/v1/openapi.json";
/// The same for people, as a page. On peers and trackers.
pub const DOCS: &str = "/api/v1/docs";
/// What that page looks like. On peers and trackers.
pub const DOCS_STYLE: &str = "/api/v1/docs/style.css";
/// The last lines of the log. On peers and trackers.
pub const LOG: &str = "/api/v1/log";
/// The WebSocket that follows what somebody looks at. On peers and trackers.
pub const LIVE: &str = "/api/v1/live";
/// The pool's catalogue. On peers and trackers.
pub const ITEMS: &str = "/api/v1/items";
/// An item with its holders, twins and variants. On peers and trackers.
pub const ITEM: &str = "/api/v1/items/{hash}";
/// What a folder within an item contains. On peers and trackers.
pub const FILES: &str = "/api/v1/items/{hash}/files";
/// Who has an item. On peers and trackers.
pub const HOLDERS: &str = "/api/v1/items/{hash}/holders";
/// The peers of the pool. On peers and trackers.
pub const PEERS: &str = "/api/v1/peers";
/// The .torrent file of an item. On trackers.
pub const TORRENT: &str = "/items/{hash}.torrent";
/// The magnet link of an item. On trackers.
pub const MAGNET: &str = "/items/{hash}/magnet";
/// How a tracker is.
pub const HEALTH: &str = "/api/v1/health";
/// Counters and gauges in Prometheus' text format. On peers and trackers.
pub const METRICS: &str = "/metrics";
/// Answers as long as the server does its work. On peers and trackers.
pub const HEALTHZ: &str = "/healthz";
/// The same, under the name by which others look for it.
pub const LIVEZ: &str = "/livez";
/// Whether the server is of use now; 503 while it is not. On peers and trackers.
pub const READYZ: &str = "/readyz";
/// Read the configuration again. On peers, and on the socket in a tracker's data folder.
pub const RELOAD: &str = "/api/v1/reload";

/// The keys of a pool for members. On trackers.
pub const KEYSET: &str = "/api/v1/keyset";
/// Get in with an invite. On trackers.
pub const JOIN: &str = "/api/v1/join";
/// Who asks. On trackers.
pub const ME: &str = "/api/v1/me";
/// Invites; POST makes one. On trackers.
pub const INVITES: &str = "/api/v1/invites";
/// One invite; DELETE withdraws it. On trackers.
pub const INVITE: &str = "/api/v1/invites/{id}";
/// The members of the pool. On trackers.
pub const MEMBERS: &str = "/api/v1/members";
/// One member; PATCH alters it, DELETE removes it. On trackers.
pub const MEMBER: &str = "/api/v1/members/{name}";
/// Devices of members. On trackers.
pub const DEVICES: &str = "/api/v1/devices";
/// One device; DELETE revokes it. On trackers.
pub const DEVICE: &str = "/api/v1/devices/{key}";
/// Put a new key in the place of a device's old one. On trackers.
pub const REKEY: &str = "/api/v1/devices/{key}/rekey";
/// Begin a session with a password. On trackers.
pub const SIGN_IN: &str = "/api/v1/sign-in";
/// Go to sign in with an account elsewhere. On trackers.
pub const PROVIDER: &str = "/api/v1/sign-in/provider";
/// Come back from there. On trackers.
pub const PROVIDER_ANSWER: &str = "/api/v1/sign-in/provider/answer";
/// Go to link an account elsewhere to oneself. On trackers.
pub const ACCOUNTS: &str = "/api/v1/me/accounts";
/// Begin to sign in by a passkey. On trackers.
pub const PASSKEY: &str = "/api/v1/sign-in/passkey";
/// Give what an authenticator gave. On trackers.
pub const PASSKEY_ANSWER: &str = "/api/v1/sign-in/passkey/answer";
/// Begin to add a passkey to oneself. On trackers.
pub const PASSKEYS: &str = "/api/v1/me/passkeys";
/// By what one signs in. On trackers.
pub const SIGN_INS: &str = "/api/v1/sign-ins";
/// One of these ways; DELETE removes it. On trackers.
pub const ONE_SIGN_IN: &str = "/api/v1/sign-ins/{id}";
/// Begin a session with an invite, and without a device. On trackers.
pub const SIGN_UP: &str = "/api/v1/sign-up";
/// End the session that asks. On trackers.
pub const SIGN_OUT: &str = "/api/v1/sign-out";
/// Set one's password. On trackers.
pub const PASSWORD: &str = "/api/v1/me/password";
/// The browsers in which one has signed in. On trackers.
pub const SESSIONS: &str = "/api/v1/sessions";
/// One of them; DELETE ends it. On trackers.
pub const ONE_SESSION: &str = "/api/v1/sessions/{id}";
/// One's tokens for programs; POST makes one. On trackers.
pub const TOKENS: &str = "/api/v1/tokens";
/// One token; DELETE ends it. On trackers.
pub const TOKEN: &str = "/api/v1/tokens/{id}";
/// Groups of members; POST makes one. On trackers.
pub const GROUPS: &str = "/api/v1/groups";
/// One group; DELETE takes it apart. On trackers.
pub const GROUP: &str = "/api/v1/groups/{name}";
/// A member of a group; PUT puts it in, DELETE takes it out. On trackers.
pub const GROUP_MEMBER: &str = "/api/v1/groups/{name}/members/{member}";
/// Rules; POST makes one. On trackers.
pub const ACCESS: &str = "/api/v1/access";
/// Why a member may do what with an item. On trackers.
pub const ACCESS_WHY: &str = "/api/v1/access/why";
/// Whether stock clients may fetch an item; PUT changes it. On trackers.
pub const STOCK: &str = "/api/v1/stock";
/// POST makes a .torrent file for a stock client, with an announce key. On trackers.
pub const ANNOUNCE_KEYS: &str = "/api/v1/stock/keys";
/// One announce key; DELETE revokes it. On trackers.
pub const ANNOUNCE_KEY: &str = "/api/v1/stock/keys/{id}";
/// One rule; DELETE takes it out. On trackers.
pub const ACCESS_RULE: &str = "/api/v1/access/{id}";
/// Who changed what. On trackers.
pub const AUDIT: &str = "/api/v1/audit";
/// What passed between members. On trackers.
pub const TRANSFERS: &str = "/api/v1/transfers";

/// Connect to the tracker and register.
pub const START: &str = "/api/v1/start";
/// Ask every peer of the pool for its newest state.
pub const UPDATE: &str = "/api/v1/update";
/// Stop all downloads.
pub const STOP: &str = "/api/v1/stop";
/// Leave the pool and end the process.
pub const END: &str = "/api/v1/end";
/// What the peer is and does.
pub const STATUS: &str = "/api/v1/status";
/// What this peer shares.
pub const REPOSITORY: &str = "/api/v1/repository";
/// An item that this peer shares, and who takes it.
pub const SHARED: &str = "/api/v1/repository/{hash}";
/// Share a file or folder.
pub const SHARE: &str = "/api/v1/share";
/// Share no longer.
pub const UNSHARE: &str = "/api/v1/unshare";
/// All downloads; POST begins one.
pub const DOWNLOADS: &str = "/api/v1/downloads";
/// One download; DELETE forgets it.
pub const DOWNLOAD: &str = "/api/v1/downloads/{hash}";
/// Hold a download: its connections stay, nothing is asked for.
pub const PAUSE: &str = "/api/v1/downloads/{hash}/pause";
/// Go on with a paused, stopped or failed download.
pub const RESUME: &str = "/api/v1/downloads/{hash}/resume";
/// Stop one download and close its connections.
pub const STOP_ONE: &str = "/api/v1/downloads/{hash}/stop";
/// The door for browsers; POST opens it, DELETE closes it.
pub const WEB: &str = "/api/v1/web";
/// A session of a browser, at that door alone; POST opens one, DELETE ends it.
pub const SESSION: &str = "/api/v1/session";
/// The bytes of a file of an item, in order, while they arrive. The path is that of the file in a folder; of an item that is
/// one file it may be left out.
pub const CONTENT: &str = "/api/v1/content/{hash}/{path}";
/// A folder of an item, or all of it, as a zip archive.
pub const ZIP: &str = "/api/v1/content/{hash}.zip";
/// Uploads that are not complete; POST begins one.
pub const UPLOADS: &str = "/api/v1/uploads";
/// One upload; PATCH brings its next bytes, DELETE forgets it.
pub const UPLOAD: &str = "/api/v1/uploads/{id}";
/// Limits of rates.
pub const LIMITS: &str = "/api/v1/limits";
/// Transfers that are over.
pub const HISTORY: &str = "/api/v1/history";
/// How a download counts beside others.
pub const PRIORITY: &str = "/api/v1/downloads/{hash}/priority";
/// The stream of events. On peers and trackers.
pub const EVENTS: &str = "/api/v1/events";

/// A pattern of this module with its last `{…}` filled in, such as a member's name: whatever is not unreserved there is
/// written as `%XX` (RFC 3986, section 2.1).
///
/// ```
/// # use peerpool_api::paths;
/// assert_eq!(paths::with_name("/api/v1/members/{name}", "a/b é"), "/api/v1/members/a%2Fb%20%C3%A9");
/// ```
pub fn with_name(pattern: &str, name: &str) -> String {
    let Some((before, (_, after))) =
        pattern.rsplit_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return pattern.to_owned();
    };
    let mut path = before.to_owned();
    for byte in name.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => path.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => path.push(char::from(byte)),
            byte => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path + after
}

/// A pattern of this module with its `{hash}` filled in.
pub fn with_hash(pattern: &str, hash: &InfoHash) -> String {
    pattern.replace("{hash}", &hash.to_string())
}
