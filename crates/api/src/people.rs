//! How people get into a pool for members without a device's key: passwords, accounts elsewhere, sessions of browsers, tokens
//! of programs.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Passkey;

/// Somebody wants in with a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// The name of the member.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Somebody wants in with an invite, and without a device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignUp {
    /// The code of the invite, in base64url without padding, as in its link.
    pub code: String,
    /// What the member is to be called; of no matter for an invite for a member that is there.
    #[serde(default)]
    pub name: String,
    /// Its password, of 10 to 1024 bytes.
    pub password: String,
}

/// By what people may sign in, beside a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInWays {
    /// What the provider is called where people may sign in with their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whether a passkey may be used: under a name, and not under an address.
    pub passkeys: bool,
}

/// Somebody goes to sign in, or with an invite to sign up, with an account elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToProvider {
    /// The code of the invite, in base64url without padding, as in its link. Without it whoever has the account is a member
    /// already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the new member is to be called.
    #[serde(default)]
    pub name: String,
}

/// Where somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AtProvider {
    /// The address to open, in the browser that has the cookie of this answer.
    pub url: String,
}

/// What the provider gave to the browser that it sent back, as in its address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FromProvider {
    /// By which the tracker knows the flow.
    pub state: String,
    /// For which the tracker learns whose account it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who the provider is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Why there is no code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderAnswered {
    /// The key of the session that has begun; none where an account was linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// By what a member signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignIns {
    /// Whether it has a password.
    pub password: bool,
    /// Its accounts elsewhere.
    pub accounts: Vec<LinkedAccount>,
    /// Its passkeys.
    pub passkeys: Vec<Passkey>,
}

/// An account elsewhere that lets a member in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkedAccount {
    /// Which one.
    pub id: String,
    /// The provider.
    pub issuer: String,
    /// What the provider called the account when it was linked.
    pub label: String,
    /// Since when, in seconds since 1970.
    pub since: u64,
}

/// Which member is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfMember {
    /// Its name; who asks when left out. Others are for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// A password that is to be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetPassword {
    /// The one that is, if there is one. A device need not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The one that is to be, of 10 to 1024 bytes.
    pub new: String,
}

/// A browser in which somebody has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// Which one.
    pub id: String,
    /// What the browser calls itself.
    pub agent: String,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Read what its member may see.
    Read,
    /// Do what its member may, but for passwords, sessions and tokens.
    Write,
}

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MakeToken {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// How long it lasts: 90 days when left out, a year at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// A token that was made. It is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// Which one.
    pub id: String,
    /// What a program sends as `Authorization: Bearer TOKEN`.
    pub token: String,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// A token of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiToken {
    /// Which one.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// Since when, in seconds since 1970.
    pub added: u64,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}
