//! With which codes each operation may refuse a request.

use std::collections::BTreeMap;

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, PathItem},
};

use crate::{
    Code::{
        self, Ambiguous, BadRequest, Busy, Disk, DiskFull, Ending, Exists, Forbidden, LastAdmin, MembersOnly,
        NoHolder, NoInvite, NoKey, NotAMember, NotAllowed, NotFound, NotShareable, NotStarted, Other,
        RefusedTorrent, Taken, TooLarge, TrackerUnreachable, TrackerVersion, UnsupportedMediaType,
        WrongOffset,
    },
    PROBLEM_JSON,
};

/// How a peer may refuse any request; `no_key` and `forbidden` only at its door for browsers.
pub(super) const BY_A_PEER: &[Code] = &[BadRequest, NoKey, Forbidden, TooLarge, Other, Ending];
/// How a tracker may refuse any request.
pub(super) const BY_A_TRACKER: &[Code] = &[BadRequest, Forbidden, Busy, Other, Ending];

/// How a tracker of a pool for members refuses whoever is no member, or does not say so.
const OF_STRANGERS: &[Code] = &[NoKey, MembersOnly, NotAMember];
/// What such a tracker tells everybody.
const FOR_EVERYBODY: [&str; 12] = [
    "keyset",
    "join",
    "sign_in",
    "sign_in_ways",
    "to_provider",
    "from_provider",
    "to_passkey",
    "from_passkey",
    "sign_up",
    "healthz",
    "livez",
    "readyz",
];
/// What such a tracker tells administrators alone, and a peer whoever reaches it.
const FOR_ADMINS: [&str; 1] = ["metrics"];

/// What may come of asking the tracker.
const ASKED: &[Code] = &[NotStarted, TrackerVersion, TrackerUnreachable, Busy];

/// The codes of an operation beyond those of every one; `None` if it is not listed, and may refuse with any.
fn own(operation: &str) -> Option<Vec<Code>> {
    let (own, asks) = match operation {
        "openapi" | "docs" | "docs_style" | "healthz" | "livez" | "readyz" | "metrics" | "reload" | "log"
        | "status" | "repository" | "downloads" | "stop_all" | "history" | "limits" | "close_door"
        | "end_session" | "health" | "end" => (&[][..], false),
        "keyset" => (&[NotFound, MembersOnly][..], false),
        "join" => (&[UnsupportedMediaType, NotFound, MembersOnly, NoInvite, Taken, Disk][..], false),
        "me" | "invites" | "members" | "devices" | "groups" | "sessions" | "tokens" | "stock" => {
            (&[NotFound][..], false)
        }
        "make_invite" | "enter_group" | "allow" | "set_password" | "make_token" | "set_stock"
        | "make_announce_key" => (&[UnsupportedMediaType, NotFound, NotAllowed, Disk][..], false),
        "sign_in" => (&[NoKey, UnsupportedMediaType, NotFound, Disk][..], false),
        "sign_in_ways" => (&[NotFound][..], false),
        "to_provider" | "to_passkey" => (&[UnsupportedMediaType, NotFound, NoInvite][..], false),
        "from_provider" | "from_passkey" => {
            (&[NoKey, UnsupportedMediaType, NotFound, NotAMember, NoInvite, Taken, Disk][..], false)
        }
        "sign_up" => (&[UnsupportedMediaType, NotFound, NoInvite, Taken, Disk][..], false),
        "rules" | "why" | "sign_ins" | "link_account" | "add_passkey" => (&[NotFound, NotAllowed][..], false),
        "withdraw_invite"
        | "revoke_device"
        | "remove_group"
        | "leave_group"
        | "deny"
        | "audit"
        | "transfers"
        | "sign_out"
        | "end_session_of_member"
        | "remove_sign_in"
        | "end_token"
        | "end_announce_key" => (&[NotFound, NotAllowed, Disk][..], false),
        "remove_member" => (&[NotFound, NotAllowed, LastAdmin, Disk][..], false),
        "alter_member" => (&[UnsupportedMediaType, NotFound, NotAllowed, Taken, LastAdmin, Disk][..], false),
        "rekey" | "add_group" => (&[UnsupportedMediaType, NotFound, NotAllowed, Taken, Disk][..], false),
        "events" | "live" => (&[Busy][..], false),
        "items" | "peers" | "update" => (&[][..], true),
        "item" | "holders" => (&[NotFound, Ambiguous][..], true),
        "files" => (&[NotAllowed, NotFound, NoHolder][..], true),
        "start" => (&[UnsupportedMediaType][..], true),
        "share" => (&[UnsupportedMediaType, RefusedTorrent, Exists, NotShareable, DiskFull, Disk][..], false),
        "unshare" => (&[UnsupportedMediaType, NotFound, DiskFull, Disk][..], false),
        "get" => (
            &[
                UnsupportedMediaType,
                NotAllowed,
                NotFound,
                Ambiguous,
                Exists,
                RefusedTorrent,
                NotShareable,
                NoHolder,
                DiskFull,
                Disk,
            ][..],
            true,
        ),
        "uploads" => (&[][..], false),
        "begin_upload" => (&[UnsupportedMediaType, NotShareable, Busy, DiskFull, Disk][..], false),
        "upload" => (&[NotFound][..], false),
        "write_upload" => (&[NotFound, WrongOffset, NotShareable, DiskFull, Disk][..], false),
        "abandon_upload" => (&[NotFound, DiskFull, Disk][..], false),
        "content" | "zip" => (&[NotFound, Busy, DiskFull, Disk][..], false),
        "download" | "repository_item" | "pause" | "resume" | "stop" => (&[NotFound][..], false),
        "torrent" | "magnet" => (&[NotAllowed, NotFound, Ambiguous][..], false),
        "priority" => (&[UnsupportedMediaType, NotFound][..], false),
        "set_limits" => (&[UnsupportedMediaType, DiskFull, Disk][..], false),
        "remove" => (&[NotFound, DiskFull, Disk][..], false),
        "open_door" | "open_session" => (&[UnsupportedMediaType][..], false),
        _ => return None,
    };
    let asked = if asks { ASKED } else { &[] };
    Some([own, asked].concat())
}

/// Says of each operation with which statuses, and codes, it may refuse. One that is not listed here keeps the `default`
/// response that stands for all of them.
pub(super) fn described(mut api: OpenApi, of_every: &[Code]) -> OpenApi {
    let is_tracker = of_every == BY_A_TRACKER;
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        let Some(mut own) = own(id) else { continue };
        if is_tracker {
            own.retain(|code| !ASKED.contains(code));
            own.extend(if FOR_EVERYBODY.contains(&id) { &[] } else { OF_STRANGERS });
            own.extend(FOR_ADMINS.contains(&id).then_some(NotAllowed));
        }
        let responses = &mut operation.responses.responses;
        responses.remove("default");
        for (status, codes) in by_status(own.into_iter().chain(of_every.iter().copied())) {
            let refusal = refusal(&codes);
            match responses.get_mut(&status.to_string()) {
                // It has an answer of its own with this status.
                Some(RefOr::T(own)) => own.content.extend(refusal.content),
                _ => drop(responses.insert(status.to_string(), RefOr::T(refusal))),
            }
        }
    }
    api
}

/// What may be done at a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn by_status(codes: impl Iterator<Item = Code>) -> BTreeMap<u16, Vec<Code>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let same = by_status.entry(code.status().as_u16()).or_default();
        if !same.contains(&code) {
            same.push(code);
        }
    }
    by_status
}

fn refusal(codes: &[Code]) -> Response {
    let names: Vec<String> = codes.iter().map(|code| format!("`{}`", code.name())).collect();
    ResponseBuilder::new()
        .description(names.join(", "))
        .content(PROBLEM_JSON, Content::new(Some(Ref::from_schema_name("ProblemDetails"))))
        .build()
}
