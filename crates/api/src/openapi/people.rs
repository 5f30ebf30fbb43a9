//! How people get into a pool for members without a device.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{
    ApiToken, AtProvider, Changed, FromProvider, MadeToken, MakeToken, OfMember, ProblemDetails,
    ProviderAnswered, Session, SetPassword, SignIn, SignInWays, SignIns, SignUp, SignedIn, ToProvider, paths,
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

/// Tell by what people may sign in
///
/// Beside a password. For everybody.
#[utoipa::path(
    get, path = paths::SIGN_IN, tag = "members",
    responses(
        (status = 200, body = SignInWays),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sign_in_ways() {}

/// Go to sign in with an account elsewhere
///
/// By OpenID Connect. The answer has an address, where the provider asks who it is, and a cookie for ten minutes, without
/// which nobody comes back. The provider sends the browser to `/signed-in`.
#[utoipa::path(
    post, path = paths::PROVIDER, tag = "members", request_body = ToProvider,
    responses(
        (status = 200, body = AtProvider),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn to_provider() {}

/// Come back from a provider
///
/// With what stands in the address that the provider chose. A session begins, or the account is linked to the session that
/// asked for that. An account of no member is refused.
#[utoipa::path(
    post, path = paths::PROVIDER_ANSWER, tag = "members", request_body = FromProvider,
    responses(
        (status = 200, body = ProviderAnswered),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn from_provider() {}

/// Go to link an account elsewhere
///
/// Whoever has the account signs in as this member from then on. A session asks.
#[utoipa::path(
    post, path = paths::ACCOUNTS, tag = "members",
    responses(
        (status = 200, body = AtProvider),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn link_account() {}

/// List by what one signs in
///
/// Administrators name another member.
#[utoipa::path(
    get, path = paths::SIGN_INS, tag = "members", params(OfMember),
    responses(
        (status = 200, body = SignIns),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn sign_ins() {}

/// Sign in by something no more
///
/// By the account or the passkey with this id, or by the password: `password`. All other sessions of the member end. Nobody takes their own
/// last way in; a device is one.
#[utoipa::path(
    delete, path = paths::ONE_SIGN_IN, tag = "members",
    params(("id" = String, Path, description = "Which account or passkey, or `password`"), OfMember),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn remove_sign_in() {}

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
/// A session says the one before, if there is one; a device need not. All other sessions of the member end.
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
