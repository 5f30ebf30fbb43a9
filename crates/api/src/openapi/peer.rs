//! What only a peer does.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use utoipa::OpenApi;

use super::shared;
use crate::{
    BeginUpload, Door, Download, DownloadDetail, DownloadPhase, DownloadQuery, DownloadSort, End, Event,
    EventQuery, Get, HistoryPage, HistoryQuery, ItemSort, Limits, LiveDownload, LiveMessage, LiveRequest,
    OpenDoor, OpenSession, PeerSort, PoolList, ProblemDetails, Reloaded, Remove, Repository, RepositoryQuery,
    RepositorySort, Session, SetPriority, Share, SharedItem, Start, Status, Stopped, Unshare, Upload,
    UploadAt, UploadWritten, Window, ZipQuery, paths,
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
        content,
        zip,
        uploads,
        begin_upload,
        upload,
        write_upload,
        abandon_upload,
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

/// Read a file while it arrives
///
/// Its bytes in order, each as soon as it is verified; what is ahead of a reader is fetched first. One range is understood
/// (RFC 9110, "Range Requests"), and the tag of the file's content. The answer ends early when the download stops. A
/// browser saves the file; with `inline` it may show sound, pictures, films and plain text.
#[utoipa::path(
    get, path = paths::CONTENT, tag = "content",
    params(
        ("hash" = String, Path, description = "An info-hash of the item"),
        ("path" = String, Path, description = "The path of a file in it; may be left out where the item is one file"),
        ("inline" = Option<bool>, Query, description = "Whether a browser is to show it"),
        ("range" = Option<String>, Header, description = "As in `bytes=0-99`, `bytes=100-` or `bytes=-100`"),
        ("if-range" = Option<String>, Header, description = "The tag of the file that the range is of"),
        ("if-none-match" = Option<String>, Header, description = "The tag of a file that is here already"),
    ),
    responses(
        (status = 200, description = "All of the file", body = Vec<u8>, content_type = "application/octet-stream",
            headers(("etag" = String, description = "Of its content, wherever it stands"))),
        (status = 206, description = "The range", body = Vec<u8>, content_type = "application/octet-stream",
            headers(("content-range" = String, description = "As in `bytes 0-99/1000`"))),
        (status = 304, description = "It is here already"),
        (status = 416, description = "The file has no such bytes", body = ProblemDetails, content_type = "application/problem+json"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn content() {}

/// Read a folder as a zip archive
///
/// Its files as they are, in order while they arrive, and not compressed. The archive's length is known at the start.
/// Links, and files that nobody asked for, are left out.
#[utoipa::path(
    get, path = paths::ZIP, tag = "content",
    params(("hash" = String, Path, description = "An info-hash of the item"), ZipQuery),
    responses(
        (status = 200, description = "The archive", body = Vec<u8>, content_type = "application/zip"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn zip() {}

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

/// List uploads that are not complete
#[utoipa::path(
    get, path = paths::UPLOADS, tag = "content",
    responses(
        (status = 200, body = [Upload]),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn uploads() {}

/// Begin an upload
///
/// Of a file, or of a folder of files. 64 may be open at a time; one that nobody goes on with for 7 days is removed.
#[utoipa::path(
    post, path = paths::UPLOADS, tag = "content", request_body = BeginUpload,
    responses(
        (status = 200, body = Upload),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn begin_upload() {}

/// Show an upload
#[utoipa::path(
    get, path = paths::UPLOAD, tag = "content",
    params(("id" = String, Path, description = "The upload's id", pattern = "^[0-9a-fA-F]{32}$")),
    responses(
        (status = 200, body = Upload),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn upload() {}

/// Bring the next bytes of an upload
///
/// At most 8 MiB; they are on disk when the answer comes. With the last bytes of all, the upload becomes an item of the
/// repository, under its name or a free one like it; hashing may still go on.
#[utoipa::path(
    patch, path = paths::UPLOAD, tag = "content",
    params(("id" = String, Path, description = "The upload's id", pattern = "^[0-9a-fA-F]{32}$"), UploadAt),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = UploadWritten),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn write_upload() {}

/// Forget an upload
///
/// What is there of it is removed.
#[utoipa::path(
    delete, path = paths::UPLOAD, tag = "content",
    params(("id" = String, Path, description = "The upload's id", pattern = "^[0-9a-fA-F]{32}$")),
    responses(
        (status = 200, body = Object),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn abandon_upload() {}
