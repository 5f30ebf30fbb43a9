//! What the tracker of a pool for members answers about groups, rules and the audit.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{
    AccessQuery, AddGroup, Allow, AuditEntry, AuditQuery, Changed, EnterGroup, Group, MemberTransfer,
    ProblemDetails, Rule, Why, WhyQuery, paths,
};

/// List groups
#[utoipa::path(
    get, path = paths::GROUPS, tag = "members",
    responses(
        (status = 200, body = Vec<Group>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn groups() {}

/// Make a group
#[utoipa::path(
    post, path = paths::GROUPS, tag = "members", request_body = AddGroup,
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn add_group() {}

/// Take a group apart
///
/// Rules that name it allow nobody any more.
#[utoipa::path(
    delete, path = paths::GROUP, tag = "members",
    params(("name" = String, Path, description = "The name of the group")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn remove_group() {}

/// Put a member into a group
///
/// Or change until when it is in it.
#[utoipa::path(
    put, path = paths::GROUP_MEMBER, tag = "members", request_body = EnterGroup,
    params(
        ("name" = String, Path, description = "The name of the group"),
        ("member" = String, Path, description = "The name of the member"),
    ),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn enter_group() {}

/// Take a member out of a group
#[utoipa::path(
    delete, path = paths::GROUP_MEMBER, tag = "members",
    params(
        ("name" = String, Path, description = "The name of the group"),
        ("member" = String, Path, description = "The name of the member"),
    ),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn leave_group() {}

/// List rules
///
/// All of them for an administrator, for others those about items that they own.
#[utoipa::path(
    get, path = paths::ACCESS, tag = "members", params(AccessQuery),
    responses(
        (status = 200, body = Vec<Rule>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn rules() {}

/// Make a rule
///
/// Administrators make any, others rules about an item that they own. Of item, name and pool the most particular that has a
/// rule for an item decides alone, so the first rule about an item takes from everybody what only the others gave.
#[utoipa::path(
    post, path = paths::ACCESS, tag = "members", request_body = Allow,
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn allow() {}

/// Take a rule out
#[utoipa::path(
    delete, path = paths::ACCESS_RULE, tag = "members",
    params(("id" = u64, Path, description = "The number of the rule")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn deny() {}

/// Tell why a member may do what with an item
///
/// To an administrator and the owner of the item; to others of themselves.
#[utoipa::path(
    get, path = paths::ACCESS_WHY, tag = "members", params(WhyQuery),
    responses(
        (status = 200, body = Why),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn why() {}

/// Tell who changed what
///
/// To administrators, the newest first.
#[utoipa::path(
    get, path = paths::AUDIT, tag = "members", params(AuditQuery),
    responses(
        (status = 200, body = Vec<AuditEntry>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn audit() {}

/// Tell who fetched what from whom
///
/// To administrators, the newest first: a sum for each day, item, giver and taker, as both sides tell it.
#[utoipa::path(
    get, path = paths::TRANSFERS, tag = "members", params(AuditQuery),
    responses(
        (status = 200, body = Vec<MemberTransfer>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn transfers() {}
