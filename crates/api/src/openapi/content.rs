//! Content of a peer, and what is brought to it.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{BeginUpload, ProblemDetails, Upload, UploadAt, UploadWritten, ZipQuery, paths};

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
pub(super) fn content() {}

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
pub(super) fn zip() {}

/// List uploads that are not complete
#[utoipa::path(
    get, path = paths::UPLOADS, tag = "content",
    responses(
        (status = 200, body = [Upload]),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn uploads() {}

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
pub(super) fn begin_upload() {}

/// Show an upload
#[utoipa::path(
    get, path = paths::UPLOAD, tag = "content",
    params(("id" = String, Path, description = "The upload's id", pattern = "^[0-9a-fA-F]{32}$")),
    responses(
        (status = 200, body = Upload),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn upload() {}

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
pub(super) fn write_upload() {}

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
pub(super) fn abandon_upload() {}
