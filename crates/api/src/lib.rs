//! The API of peers and trackers: its shapes, its description and a client.
//!
//! Both serve HTTP with JSON bodies under `/api/v1`. A tracker does so on its port, for reading alone. A peer does so on a
//! Unix socket in its own repository, `<repository>/.peerpool/control.sock`: whoever may open the socket (mode 0600) may
//! command the peer. The shell, the one-shot commands and the tests all come in here. The same API is served to browsers at
//! a door on TCP, once that was opened here; there a key is needed (docs/security.md).
//!
//! | method and path ([`paths`]) | of | request | answer |
//! | --- | --- | --- | --- |
//! | `GET /items` | both | query [`ItemQuery`] | [`ItemPage`] of the pool's catalogue |
//! | `GET /items/{hash}` | both | – | [`ItemDetail`] |
//! | `GET /items/{hash}/files` | both | query [`FileQuery`] | [`FilePage`]: what a folder of it contains |
//! | `GET /items/{hash}/holders` | both | query [`HolderQuery`] | [`HolderPage`]: who has it, and how much of it |
//! | `GET /peers` | both | query [`PeerQuery`] | [`PeerPage`] |
//! | `GET /openapi.json` | both | – | [`openapi`] |
//! | `POST /reload` | both | – | [`Reloaded`]: the configuration was read again; a tracker does so on the socket in its data folder alone |
//! | `POST /keys/read` ([`socket::READ_KEYS`]) | tracker | – | [`KeysRead`]: the keys of its pool were read again; on that socket alone |
//! | `POST /drain` ([`socket::DRAIN`]) | tracker | query [`DrainQuery`] | [`Draining`]: its peers go on at the other nodes of the pool, and it ends; on that socket alone |
//! | `GET /healthz` (at the root) | both | – | [`Readiness`] as long as it lives |
//! | `GET /readyz` (at the root) | both | – | [`Readiness`], with status 503 while it is of no use |
//! | `GET /health` | tracker | – | [`Health`] |
//! | `GET /keyset` | tracker | – | [`PoolKeyset`] of a pool for members |
//! | `POST /join` | tracker | [`Join`] | [`Joined`] |
//! | `GET /me` | tracker | – | [`Me`] |
//! | `GET /invites` | tracker | – | `[`[`Invite`]`]` |
//! | `POST /invites` | tracker | [`MakeInvite`] | [`MadeInvite`] |
//! | `DELETE /invites/{id}` | tracker | – | [`Changed`] |
//! | `GET /members` | tracker | – | `[`[`Member`]`]` |
//! | `PATCH /members/{name}` | tracker | [`AlterMember`] | [`Changed`] |
//! | `DELETE /members/{name}` | tracker | – | [`Changed`] |
//! | `GET /devices` | tracker | – | `[`[`Device`]`]` |
//! | `DELETE /devices/{key}` | tracker | – | [`Changed`] |
//! | `POST /devices/{key}/rekey` | tracker | [`Rekey`] | [`Changed`] |
//! | `POST /sign-in` | tracker | [`SignIn`] | [`Session`] |
//! | `GET /sign-in` | tracker | – | [`SignInWays`] |
//! | `POST /sign-in/provider` | tracker | [`ToProvider`] | [`AtProvider`] |
//! | `POST /sign-in/provider/answer` | tracker | [`FromProvider`] | [`ProviderAnswered`] |
//! | `POST /sign-in/passkey` | tracker | [`ToPasskey`] | [`PasskeyAsked`] |
//! | `POST /sign-in/passkey/answer` | tracker | [`PasskeyAnswer`] | [`PasskeyTaken`] |
//! | `POST /sign-up` | tracker | [`SignUp`] | [`Session`] |
//! | `POST /sign-out` | tracker | – | [`Changed`] |
//! | `POST /me/password` | tracker | [`SetPassword`] | [`Changed`] |
//! | `POST /me/accounts` | tracker | – | [`AtProvider`] |
//! | `POST /me/passkeys` | tracker | – | [`PasskeyAsked`] |
//! | `GET /sign-ins` | tracker | [`OfMember`] | [`SignIns`] |
//! | `DELETE /sign-ins/{id}` | tracker | [`OfMember`] | [`Changed`] |
//! | `GET /sessions` | tracker | – | `[`[`SignedIn`]`]` |
//! | `DELETE /sessions/{id}` | tracker | – | [`Changed`] |
//! | `GET /tokens` | tracker | – | `[`[`ApiToken`]`]` |
//! | `POST /tokens` | tracker | [`MakeToken`] | [`MadeToken`] |
//! | `DELETE /tokens/{id}` | tracker | – | [`Changed`] |
//! | `GET /groups` | tracker | – | `[`[`Group`]`]` |
//! | `POST /groups` | tracker | [`AddGroup`] | [`Changed`] |
//! | `DELETE /groups/{name}` | tracker | – | [`Changed`] |
//! | `PUT /groups/{name}/members/{member}` | tracker | [`EnterGroup`] | [`Changed`] |
//! | `DELETE /groups/{name}/members/{member}` | tracker | – | [`Changed`] |
//! | `GET /access` | tracker | query [`AccessQuery`] | `[`[`Rule`]`]` |
//! | `POST /access` | tracker | [`Allow`] | [`Changed`] |
//! | `DELETE /access/{id}` | tracker | – | [`Changed`] |
//! | `GET /access/why` | tracker | query [`WhyQuery`] | [`Why`] |
//! | `GET /stock` | tracker | query [`StockQuery`] | [`Stock`]: whether stock clients may fetch an item, and by which keys |
//! | `PUT /stock` | tracker | [`SetStock`] | [`Changed`] |
//! | `POST /stock/keys` | tracker | [`MakeAnnounceKey`] | [`StockTorrent`] |
//! | `DELETE /stock/keys/{id}` | tracker | – | [`Changed`] |
//! | `GET /audit` | tracker | query [`AuditQuery`] | `[`[`AuditEntry`]`]`, the newest first |
//! | `GET /transfers` | tracker | query [`AuditQuery`] | `[`[`MemberTransfer`]`]`, the newest first |
//! | `POST /start` | peer | [`Start`] | [`PoolList`]: connected, registered, and what the pool has |
//! | `POST /update` | peer | – | [`PoolList`]: after every peer was asked for its newest state |
//! | `POST /stop` | peer | – | [`Stopped`]: all downloads stopped, what they fetched is kept |
//! | `POST /end` | peer | query [`End`] | `{}`, then the peer leaves the pool and its process ends |
//! | `GET /status` | peer | – | [`Status`] |
//! | `GET /repository` | peer | query [`RepositoryQuery`], [`Window`] | [`Repository`] |
//! | `GET /repository/{hash}` | peer | – | [`SharedDetail`]: who takes the item |
//! | `POST /share` | peer | [`Share`] | [`SharedItem`]: hashing may still go on; its end is an [`Event`] |
//! | `POST /unshare` | peer | [`Unshare`] | [`SharedItem`] as it was; the file stays |
//! | `POST /downloads` | peer | [`Get`] | [`Download`], or an error of code `ambiguous` with the variants |
//! | `GET /downloads` | peer | query [`DownloadQuery`], [`Window`] | `[`[`Download`]`]`, oldest first unless sorted; `x-total-count` says how many match |
//! | `GET /downloads/{hash}` | peer | – | [`Download`] |
//! | `POST /downloads/{hash}/pause` | peer | – | [`Download`] |
//! | `POST /downloads/{hash}/resume` | peer | – | [`Download`] |
//! | `POST /downloads/{hash}/stop` | peer | – | [`Download`] |
//! | `POST /downloads/{hash}/priority` | peer | [`SetPriority`] | [`Download`] |
//! | `DELETE /downloads/{hash}` | peer | query [`Remove`] | [`Download`] as it was |
//! | `GET /history` | peer | query [`HistoryQuery`] | [`HistoryPage`]: transfers that are over |
//! | `GET /content/{hash}/{path}` | peer | header `Range` | the bytes of a file, in order, as they arrive and are verified |
//! | `GET /content/{hash}.zip` | peer | query [`ZipQuery`] | a folder of it as a zip archive |
//! | `POST /uploads` | peer | [`BeginUpload`] | [`Upload`] of which nothing is there yet |
//! | `GET /uploads` | peer | – | `[`[`Upload`]`]`: those that are not complete |
//! | `GET /uploads/{id}` | peer | – | [`Upload`] |
//! | `PATCH /uploads/{id}` | peer | query [`UploadAt`], up to 8 MiB of bytes | [`UploadWritten`] |
//! | `DELETE /uploads/{id}` | peer | – | `{}`: it is forgotten |
//! | `GET /limits` | peer | – | [`Limits`] of rates, and when others apply |
//! | `PUT /limits` | peer | [`Limits`] | as they are now; they outlive the peer |
//! | `POST /web` | peer | [`OpenDoor`] | [`Door`]: browsers are let in there, one of them with its link |
//! | `DELETE /web` | peer | – | `{}`: the door is closed, and all sessions end |
//! | `POST /session` | a peer's door | [`OpenSession`] | [`Session`] |
//! | `DELETE /session` | a peer's door | – | `{}`: the session has ended |
//! | `GET /log` | both | query [`LogQuery`] | [`LogPage`]; of a tracker, only on its own machine |
//! | `GET /docs` | both | – | a page that shows [`openapi`] to people |
//! | `GET /events` | peer | query [`EventQuery`] | server-sent events, each `data:` line one [`Event`] |
//! | `GET /events` | tracker | – | server-sent events, each `data:` line one [`PoolEvent`] |
//!
//! `{hash}` is 64 hexadecimal digits (v2), 40 (v1), or both as `V1:V2`. An answer that is not 2xx is
//! `application/problem+json` and carries an [`ApiError`]; [`Code`] lists the codes and their HTTP status. Unknown
//! fields are ignored on both sides. Sizes are bytes, rates bytes a second, durations seconds, unless a name says
//! otherwise.
//!
//! Events start with the moment the answer's headers arrive, so a client that subscribes first and commands
//! afterwards misses nothing.

mod access;
mod client;
mod door;
mod download;
mod error;
mod event;
mod file;
mod history;
mod item;
mod items;
mod limits;
mod list;
mod live;
mod log;
mod members;
pub mod naming;
pub mod openapi;
mod operation;
mod passkeys;
pub mod paths;
mod people;
mod pool;
mod pool_event;
mod problem;
mod queries;
mod reference;
mod share;
pub mod socket;
mod status;
mod stock;
mod tracker_url;
mod trackers;
mod upload;

pub use access::{
    AccessQuery, AddGroup, Allow, Allowed, AuditEntry, AuditQuery, EnterGroup, Group, GroupMember,
    MemberTransfer, Right, Rule, RuleScope, Why, WhyQuery,
};
pub use client::{
    Client, Content, Error, Events, Server, TrackerClient, drain_tracker, has_ended, read_keys_again,
    reload_tracker, server,
};
pub use door::{Door, OpenDoor, OpenSession, Session, reached_here};
pub use download::{
    Download, DownloadState, Get, Priority, Reason, Remove, SetPriority, Source, Stalled, What,
    torrent_from_base64, torrent_to_base64,
};
pub use error::{ApiError, Code, PROBLEM_JSON, ProblemDetails};
pub use event::{Event, EventQuery};
pub use file::{FileEntry, FileKind, FilePage, FileQuery, ZipQuery};
pub use history::{Direction, HistoryPage, HistoryQuery, HistorySort, Transfer, TransferResult};
pub use item::{Holder, HolderPage, HolderQuery, Item, ItemDetail, ItemKind};
pub use items::{ItemPage, ItemQuery, ItemSort};
pub use limits::{
    Between, Day, LOWEST, LimitRates, Limits, LimitsError, LimitsNow, MAX_SCHEDULES, ParseBetweenError,
    Schedule,
};
pub use list::Window;
pub use live::{Curve, DownloadDetail, LiveDownload, LiveMessage, LiveRequest, LiveRow};
pub use log::{LogLevel, LogLine, LogPage, LogQuery};
pub use members::{
    AlterMember, Changed, Device, Invite, Join, Joined, MadeInvite, MakeInvite, Me, Member, MemberState,
    PoolKeyset, Rekey, Role,
};
pub use operation::{DrainQuery, Draining, KeysRead, Readiness, Reloaded};
pub use passkeys::{MakePasskey, Passkey, PasskeyAnswer, PasskeyAsked, PasskeyTaken, ToPasskey};
pub use people::{
    ApiToken, AtProvider, FromProvider, LinkedAccount, MadeToken, MakeToken, OfMember, ProviderAnswered,
    SetPassword, SignIn, SignInWays, SignIns, SignUp, SignedIn, ToProvider, TokenScope,
};
pub use pool::{
    AuthorityCertificate, Health, PeerPage, PeerQuery, PeerSort, PoolList, PoolPeer, Start, Stopped,
};
pub use pool_event::PoolEvent;
pub use problem::{Problem, ProblemCode};
pub use queries::{DownloadPhase, DownloadQuery, DownloadSort, RepositoryQuery, RepositorySort};
pub use reference::{Reading, readings};
pub use share::{Hashing, Repository, Share, ShareState, SharedDetail, SharedItem, Unshare};
pub use status::{End, Reach, Reachability, Status, TrackerState, TrackerStatus};
pub use stock::{AnnounceKey, MakeAnnounceKey, SetStock, Stock, StockQuery, StockTorrent};
pub use tracker_url::{ParseTrackerUrlError, TrackerUrl};
pub use trackers::Trackers;
pub use upload::{BeginUpload, Upload, UploadAt, UploadFile, UploadWritten, UploadedFile};
