//! A pool for members: its keys, who belongs to it, with which devices, and how one gets in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The keys that speak for a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolKeyset {
    /// The SHA-256 of the pool's root key, in hexadecimal digits.
    pub pool: String,
    /// What people call the pool.
    pub name: String,
    /// The keyset as the root key has signed it, in base64url without padding.
    pub keyset: String,
}

/// Somebody wants in, with the key of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Join {
    /// The code of the invite, in base64url without padding, as in its link.
    pub code: String,
    /// What the member is to be called; of no matter for a further device.
    #[serde(default)]
    pub name: String,
    /// What the device is to be called.
    pub device: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Joined {
    /// The member's number.
    pub member: u32,
    /// The member's name.
    pub name: String,
    /// The member's role.
    pub role: Role,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The member's number.
    pub member: u32,
    /// The member's name.
    pub name: String,
    /// The member's role.
    pub role: Role,
    /// What this device is called; empty for who has signed in without one.
    pub device: String,
    /// The names of the groups that the member is in.
    pub groups: Vec<String>,
}

/// What somebody may do in the pool as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the pool: members, rules, keys.
    Admin,
    /// Brings items in.
    Member,
    /// Fetches what it may.
    Reader,
    /// Has no rights but those that a rule gives it.
    Guest,
}

/// Whether a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// It does.
    Active,
    /// It does not, until an administrator says so.
    Suspended,
    /// It does not, for good.
    Removed,
}

/// A person, or a machine that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Its number, which is never given to another.
    pub member: u32,
    /// Its name, unique among members that are not removed.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether it takes part.
    pub state: MemberState,
    /// How many devices it has that are not revoked.
    pub devices: u32,
    /// The names of the groups that it is in.
    pub groups: Vec<String>,
}

/// What is to be different of a member; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AlterMember {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether it takes part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<MemberState>,
}

/// A key of a member: one user on one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// The key, 64 hexadecimal digits.
    pub key: String,
    /// The name of the member whose it is.
    pub member: String,
    /// What its owner calls it.
    pub name: String,
    /// When it came in, in seconds since 1970.
    pub added: u64,
    /// Whether it may do nothing any more.
    pub revoked: bool,
}

/// A new key for a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rekey {
    /// The key, 64 hexadecimal digits.
    pub new: String,
}

/// An invite that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MakeInvite {
    /// The role of who joins: `member` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The names of the groups of who joins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The name of the member whose further device it is for, instead of a new member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_of: Option<String>,
    /// How often it can be used: once when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// How long it lasts: seven days when left out, a year at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// An invite that was made. Its link is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeInvite {
    /// Which invite it is: the first 16 hexadecimal digits of its code's SHA-256.
    pub id: String,
    /// What to send to whom it is for, and to nobody else.
    pub link: String,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// An invite that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invite {
    /// Which invite it is.
    pub id: String,
    /// The name of the member who made it; left out for the operator of the tracker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The role of who joins.
    pub role: Role,
    /// The names of the groups of who joins.
    pub groups: Vec<String>,
    /// The name of the member whose further device it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_of: Option<String>,
    /// How often it can still be used.
    pub uses: u32,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// A change, and which connected peers know it. Whatever takes something away is answered when all have confirmed it, or
/// after five seconds; who was silent until then is disconnected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// How many changes the tracker has made.
    pub epoch: u64,
    /// The devices that have confirmed it, each as `MEMBER (DEVICE)`.
    pub confirmed: Vec<String>,
    /// The devices that have not.
    pub silent: Vec<String>,
}
