//! How people get into a pool for members by a passkey.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{PasskeyAnswer, PasskeyAsked, PasskeyTaken, ProblemDetails, ToPasskey, paths};

/// Begin to sign in by a passkey
///
/// Or, with an invite, to sign up by a new one. The answer says what to ask an authenticator for, and has a cookie for five
/// minutes, without which nobody answers. Under an address instead of a name there are no passkeys.
#[utoipa::path(
    post, path = paths::PASSKEY, tag = "members", request_body = ToPasskey,
    responses(
        (status = 200, body = PasskeyAsked),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn to_passkey() {}

/// Give what an authenticator gave
///
/// A session begins, or the passkey is added to the member whose session asked for that. What was asked is good for one
/// answer, right or wrong. A passkey that is unknown is refused as a wrong signature is.
#[utoipa::path(
    post, path = paths::PASSKEY_ANSWER, tag = "members", request_body = PasskeyAnswer,
    responses(
        (status = 200, body = PasskeyTaken),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn from_passkey() {}

/// Begin to add a passkey
///
/// Whoever has it signs in as this member from then on. A session asks.
#[utoipa::path(
    post, path = paths::PASSKEYS, tag = "members",
    responses(
        (status = 200, body = PasskeyAsked),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn add_passkey() {}
