//! What only the tracker of a pool for members answers.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{
    AlterMember, Changed, Device, Invite, Join, Joined, MadeInvite, MakeInvite, Me, Member, PoolKeyset,
    ProblemDetails, Rekey, paths,
};

/// Show the keys of the pool
///
/// Only in a pool for members, as everything here is.
#[utoipa::path(
    get, path = paths::KEYSET, tag = "members",
    responses(
        (status = 200, body = PoolKeyset),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn keyset() {}

/// Join the pool
///
/// With the key of the connection: as a new member, or as a further device of one.
#[utoipa::path(
    post, path = paths::JOIN, tag = "members", request_body = Join,
    responses(
        (status = 200, body = Joined),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn join() {}

/// Tell who asks
///
/// By the key of the connection.
#[utoipa::path(
    get, path = paths::ME, tag = "members",
    responses(
        (status = 200, body = Me),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn me() {}

/// List invites
///
/// All of them for an administrator, for others those of their own.
#[utoipa::path(
    get, path = paths::INVITES, tag = "members",
    responses(
        (status = 200, body = Vec<Invite>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn invites() {}

/// Make an invite
///
/// Administrators invite anybody, others further devices of their own.
#[utoipa::path(
    post, path = paths::INVITES, tag = "members", request_body = MakeInvite,
    responses(
        (status = 200, body = MadeInvite),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn make_invite() {}

/// Withdraw an invite
#[utoipa::path(
    delete, path = paths::INVITE, tag = "members",
    params(("id" = String, Path, description = "Which invite")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn withdraw_invite() {}

/// List members
///
/// Those that were removed as well.
#[utoipa::path(
    get, path = paths::MEMBERS, tag = "members",
    responses(
        (status = 200, body = Vec<Member>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn members() {}

/// Alter a member
///
/// All that is said, or nothing.
#[utoipa::path(
    patch, path = paths::MEMBER, tag = "members", request_body = AlterMember,
    params(("name" = String, Path, description = "The name of the member")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn alter_member() {}

/// Remove a member
///
/// For good, with all its devices.
#[utoipa::path(
    delete, path = paths::MEMBER, tag = "members",
    params(("name" = String, Path, description = "The name of the member")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn remove_member() {}

/// List devices
///
/// All of them for an administrator, for others their own.
#[utoipa::path(
    get, path = paths::DEVICES, tag = "members",
    responses(
        (status = 200, body = Vec<Device>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn devices() {}

/// Revoke a device
#[utoipa::path(
    delete, path = paths::DEVICE, tag = "members",
    params(("key" = String, Path, description = "The key of the device")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn revoke_device() {}

/// Give a device a new key
///
/// The old one may do nothing any more.
#[utoipa::path(
    post, path = paths::REKEY, tag = "members", request_body = Rekey,
    params(("key" = String, Path, description = "The key that it has")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn rekey() {}
