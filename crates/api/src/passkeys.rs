//! How people get into a pool for members by a passkey (Web Authentication, Level 3). Bytes are base64url without padding.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody wants in by a passkey, or with an invite sign up by a new one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToPasskey {
    /// The code of the invite, as in its link. Without it whoever has the passkey is a member already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the new member is to be called.
    #[serde(default)]
    pub name: String,
}

/// What the page asks an authenticator for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyAsked {
    /// What the authenticator signs, 32 bytes drawn for this once.
    pub challenge: String,
    /// The name of this host, under which passkeys are known (`rp.id`).
    pub host: String,
    /// The passkey that is to be made; none where one is to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<MakePasskey>,
}

/// A passkey that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MakePasskey {
    /// By what the authenticator tells it from others (`user.id`). It says nothing of the member.
    pub user: String,
    /// The name of the member, for people.
    pub name: String,
    /// The kinds of keys that are taken, the better one first (`alg`).
    pub algorithms: Vec<i32>,
    /// The passkeys that the member has: an authenticator with one of them makes no other.
    pub known: Vec<String>,
}

/// What an authenticator gave.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyAnswer {
    /// By what it knows the passkey that it shows. Of a new one the authenticator data say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `authenticatorData`, or what `getAuthenticatorData()` gives.
    pub authenticator_data: String,
    /// Its signature, where it shows a passkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// What its owner calls a new passkey; the name of the member when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyTaken {
    /// The key of the session that has begun; none where a passkey was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A passkey that lets a member in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Passkey {
    /// Which one.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The name of the host that it works under.
    pub host: String,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// When somebody last signed in by it, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}
