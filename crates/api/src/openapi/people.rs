//! How people get into a pool for members without a device.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{
    ApiToken, Changed, MadeToken, MakeToken, ProblemDetails, Session, SetPassword, SignIn, SignUp, SignedIn,
    paths,
};

/// Sign in with a password
///
/// Over HTTPS. The key does everything, the cookie that comes with it only reads. An unknown name is refused as a wrong
/// password is. Five wrong ones of a host for an account have it wait.
#[utoipa::path(
    post, path = paths::SIGN_IN, tag = "members", request_body = SignIn,
    responses(
        (status = 200, body = Session),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sign_in() {}

/// Sign up with an invite
///
/// As a new member without a device, or as the member whom the invite is for; it has this password from then on.
#[utoipa::path(
    post, path = paths::SIGN_UP, tag = "members", request_body = SignUp,
    responses(
        (status = 200, body = Session),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sign_up() {}

/// Sign out
///
/// Ends the session that asks, and whatever is on its way to it.
#[utoipa::path(
    post, path = paths::SIGN_OUT, tag = "members",
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sign_out() {}

/// Set one's password
///
/// A session says the one before, a device need not. All other sessions of the member end.
#[utoipa::path(
    post, path = paths::PASSWORD, tag = "members", request_body = SetPassword,
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn set_password() {}

/// List one's sessions
#[utoipa::path(
    get, path = paths::SESSIONS, tag = "members",
    responses(
        (status = 200, body = Vec<SignedIn>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sessions() {}

/// End one of one's sessions
#[utoipa::path(
    delete, path = paths::ONE_SESSION, tag = "members",
    params(("id" = String, Path, description = "Which session")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn end_session_of_member() {}

/// List one's tokens
#[utoipa::path(
    get, path = paths::TOKENS, tag = "members",
    responses(
        (status = 200, body = Vec<ApiToken>),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn tokens() {}

/// Make a token for a program
///
/// The program sends it as `Authorization: Bearer TOKEN`. A token can make and end no other.
#[utoipa::path(
    post, path = paths::TOKENS, tag = "members", request_body = MakeToken,
    responses(
        (status = 200, body = MadeToken),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn make_token() {}

/// End one of one's tokens
#[utoipa::path(
    delete, path = paths::TOKEN, tag = "members",
    params(("id" = String, Path, description = "Which token")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn end_token() {}
