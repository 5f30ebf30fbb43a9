//! What only a peer does.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use utoipa::OpenApi;

use super::{content, shared};
use crate::{
    Door, Download, DownloadDetail, DownloadPhase, DownloadQuery, DownloadSort, End, Event, EventQuery, Get,
    HistoryPage, HistoryQuery, ItemSort, Limits, LiveDownload, LiveMessage, LiveRequest, OpenDoor,
    OpenSession, PeerSort, PoolList, ProblemDetails, Reloaded, Remove, Repository, RepositoryQuery,
    RepositorySort, Session, SetPriority, Share, SharedDetail, SharedItem, Start, Status, Stopped, Unshare,
    Window, paths,
};

/// The whole description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Peerpool peer",
        description = "Commands a running peer: over the Unix socket `.peerpool/control.sock` in its repository, and, once \
                       somebody opened it there, at a door for browsers. At the door every request needs a key in the \
                       header `x-peerpool-key`, but those that say so."
    ),
    paths(
        shared::items,
        shared::item,
        shared::files,
        shared::holders,
        shared::peers,
        start,
        update,
        end,
        status,
        events,
        repository,
        repository_item,
        share,
        unshare,
        downloads,
        get,
        stop_all,
        download,
        pause,
        resume,
        stop,
        priority,
        remove,
        history,
        content::content,
        content::zip,
        content::uploads,
        content::begin_upload,
        content::upload,
        content::write_upload,
        content::abandon_upload,
        limits,
        set_limits,
        reload,
        open_door,
        close_door,
        open_session,
        end_session,
        shared::log,
        shared::openapi,
        shared::docs,
        shared::docs_style,
        shared::healthz,
        shared::livez,
        shared::readyz,
        shared::metrics,
        shared::live
    ),
    components(schemas(
        DownloadDetail,
        DownloadPhase,
        DownloadSort,
        Event,
        ItemSort,
        LiveDownload,
        LiveMessage,
        LiveRequest,
        PeerSort,
        RepositorySort
    ))
)]
pub(super) struct Description;

/// Join the pool
///
/// Connects to a tracker, registers what is shared and lists what the pool has.
#[utoipa::path(
    post, path = paths::START, tag = "pool", request_body = Start, 
    responses(
        (status = 200, body = PoolList),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn start() {}

/// Reload the configuration
///
/// That of the whole process. A file that is wrong changes nothing; a peer that was not started with `--daemon` refuses.
#[utoipa::path(
    post, path = paths::RELOAD, tag = "operation", 
    responses(
        (status = 200, body = Reloaded),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn reload() {}

/// Update the catalogue
///
/// Asks every peer of the pool for its newest state, then lists what the pool has.
#[utoipa::path(
    post, path = paths::UPDATE, tag = "pool", 
    responses(
        (status = 200, body = PoolList),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn update() {}

/// End the peer
///
/// Leaves the pool; the process ends. One that stays refuses to hand over.
#[utoipa::path(
    post, path = paths::END, tag = "peer", params(End), 
    responses(
        (status = 200, body = Object),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn end() {}

/// Show the status
///
/// What the peer is and does.
#[utoipa::path(
    get, path = paths::STATUS, tag = "peer", 
    responses(
        (status = 200, body = Status),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn status() {}

/// Follow events
///
/// Server-sent events, each `data:` line one event. Those that are remembered, 4,096 of them, have an `id:`, by which a
/// client goes on that lost its connection; where it cannot, an event of the type `reset` comes first.
#[utoipa::path(
    get, path = paths::EVENTS, tag = "peer",
    params(EventQuery, ("last-event-id" = Option<String>, Header, description = "The last `id:` that the client saw")), 
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn events() {}

/// Show the repository
///
/// What this peer shares, and what it cannot share.
#[utoipa::path(
    get, path = paths::REPOSITORY, tag = "repository", params(RepositoryQuery, Window),
    responses(
        (status = 200, body = Repository),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn repository() {}

/// Show an item of the repository
///
/// With the peers that are connected for it.
#[utoipa::path(
    get, path = paths::SHARED, tag = "repository", params(("hash" = String, Path, description = "An info-hash of the item")),
    responses(
        (status = 200, body = SharedDetail),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn repository_item() {}

/// Share a file or folder
///
/// Answers when it stands in the repository; hashing may still go on.
#[utoipa::path(
    post, path = paths::SHARE, tag = "repository", request_body = Share, 
    responses(
        (status = 200, body = SharedItem),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn share() {}

/// Stop sharing an item
///
/// Its file stays.
#[utoipa::path(
    post, path = paths::UNSHARE, tag = "repository", request_body = Unshare, 
    responses(
        (status = 200, body = SharedItem),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn unshare() {}

/// List downloads
///
/// Oldest first, unless they are to be sorted.
#[utoipa::path(
    get, path = paths::DOWNLOADS, tag = "downloads", params(DownloadQuery, Window),
    responses(
        (status = 200, body = [Download], headers(("x-total-count" = u64, description = "How many match"))),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn downloads() {}

/// Begin a download
///
/// Asking again for an item answers with its download.
#[utoipa::path(
    post, path = paths::DOWNLOADS, tag = "downloads", request_body = Get, 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn get() {}

/// Stop all downloads
///
/// What they fetched is kept.
#[utoipa::path(
    post, path = paths::STOP, tag = "downloads", 
    responses(
        (status = 200, body = Stopped),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn stop_all() {}

/// Show a download
#[utoipa::path(
    get, path = paths::DOWNLOAD, tag = "downloads", params(("hash" = String, Path, description = "An info-hash of the item")), 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn download() {}

/// Pause a download
///
/// Its connections stay; nothing is asked for.
#[utoipa::path(
    post, path = paths::PAUSE, tag = "downloads", params(("hash" = String, Path, description = "An info-hash of the item")), 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn pause() {}

/// Resume a download
///
/// One that is paused, stopped or failed.
#[utoipa::path(
    post, path = paths::RESUME, tag = "downloads", params(("hash" = String, Path, description = "An info-hash of the item")), 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn resume() {}

/// Stop a download
///
/// Its connections are closed; what was fetched is kept.
#[utoipa::path(
    post, path = paths::STOP_ONE, tag = "downloads", params(("hash" = String, Path, description = "An info-hash of the item")), 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn stop() {}

/// Forget a download
///
/// Answers with the download as it was.
#[utoipa::path(
    delete, path = paths::DOWNLOAD, tag = "downloads", params(("hash" = String, Path, description = "An info-hash of the item"), Remove), 
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn remove() {}

/// Open the door for browsers
///
/// Answers with a link that lets one browser in. A door that is open already stays as it is.
#[utoipa::path(
    post, path = paths::WEB, tag = "browsers", request_body = OpenDoor,
    responses(
        (status = 200, body = Door),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn open_door() {}

/// Close the door for browsers
///
/// All sessions end.
#[utoipa::path(
    delete, path = paths::WEB, tag = "browsers",
    responses(
        (status = 200, body = Object),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn close_door() {}

/// Open a session
///
/// At the door alone, without a key: trades the secret of a link for one. A cookie comes with it, by which a browser reads
/// what it cannot send the key with.
#[utoipa::path(
    post, path = paths::SESSION, tag = "browsers", request_body = OpenSession,
    responses(
        (status = 200, body = Session, headers(("set-cookie" = String, description = "May read, for this browser"))),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn open_session() {}

/// End a session
///
/// At the door alone. What was still on its way to that browser ends at once.
#[utoipa::path(
    delete, path = paths::SESSION, tag = "browsers",
    responses(
        (status = 200, body = Object),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn end_session() {}

/// List transfers that are over
///
/// The latest first, unless they are to be sorted.
#[utoipa::path(
    get, path = paths::HISTORY, tag = "downloads", params(HistoryQuery),
    responses(
        (status = 200, body = HistoryPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn history() {}

/// Show the limits of rates
#[utoipa::path(
    get, path = paths::LIMITS, tag = "peer",
    responses(
        (status = 200, body = Limits),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn limits() {}

/// Set the limits of rates
///
/// They replace those before, and outlive the peer.
#[utoipa::path(
    put, path = paths::LIMITS, tag = "peer", request_body = Limits,
    responses(
        (status = 200, body = Limits),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn set_limits() {}

/// Set the priority of a download
///
/// It counts where downloads share a limit.
#[utoipa::path(
    post, path = paths::PRIORITY, tag = "downloads", request_body = SetPriority,
    params(("hash" = String, Path, description = "An info-hash of the item")),
    responses(
        (status = 200, body = Download),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn priority() {}
