//! Who may do what in a pool for members: groups, rules, why, and the audit of who changed what.

use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Members who are named together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Its name, unique among groups.
    pub name: String,
    /// Who is in it.
    pub members: Vec<GroupMember>,
}

/// That somebody is in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupMember {
    /// The name of the member.
    pub name: String,
    /// When it leaves, in seconds since 1970; left out when that is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// A group that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddGroup {
    /// Its name, unique among groups.
    pub name: String,
}

/// That a member is to be in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct EnterGroup {
    /// When it leaves, in seconds since 1970; left out, somebody has to say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// What one may do with an item. Who may give it may get it, and who may get it may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Know that it exists.
    See,
    /// Fetch it.
    Get,
    /// Share it.
    Give,
}

/// That somebody has a right: to one item, to items of a name, or, where neither stands, to every item of the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// Its number, which is never given to another.
    pub id: u64,
    /// The info-hash of the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub item: Option<InfoHash>,
    /// The name of that item, where the tracker knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The pattern of names, in which `*` stands for any characters and `?` for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What it allows.
    pub right: Right,
    /// To whom: `role:ROLE`, `group:NAME` or `member:NAME`.
    pub subject: String,
    /// When it ends, in seconds since 1970; left out when that is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// A rule that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Allow {
    /// An info-hash of the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub item: Option<InfoHash>,
    /// The pattern of names. Not together with `item`; with neither, the rule is about every item of the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What it allows.
    pub right: Right,
    /// To whom: `role:ROLE`, `group:NAME` or `member:NAME`.
    pub subject: String,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// Which rules to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AccessQuery {
    /// Those about this item alone, by one of its info-hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub item: Option<InfoHash>,
}

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhyQuery {
    /// The item, by one of its info-hashes.
    #[param(value_type = String)]
    pub item: InfoHash,
    /// The name of the member; who asks, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// What somebody may do with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Allowed {
    /// Know that it exists.
    pub see: bool,
    /// Fetch it.
    pub get: bool,
    /// Share it.
    pub give: bool,
}

/// What rules are about, the most particular first. The first that has a rule for an item decides alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// One item.
    Item,
    /// Items of a name.
    Name,
    /// Every item of the pool.
    Pool,
}

/// Why a member may do something with an item, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// The info-hash of the item.
    #[schema(value_type = String)]
    pub item: InfoHash,
    /// The name of the item.
    pub name: String,
    /// The name of the member.
    pub member: String,
    /// What it may do.
    pub allowed: Allowed,
    /// Whether it brought the item in: an owner has every right. An administrator sees every item.
    pub owner: bool,
    /// What the rules are about that decide.
    pub scope: RuleScope,
    /// The deciding rules that hold now and name this member, its role, or a group of it.
    pub rules: Vec<Rule>,
}

/// Which part of the audit to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AuditQuery {
    /// So many at most: 100 when left out, 1,000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Those before this one, by its `seq`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// That somebody changed something. Names are those of its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number, higher than those of all before.
    pub seq: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Who: a member's name; `operator` for whoever runs the tracker, `tracker` when a time was over.
    pub actor: String,
    /// What was done, in one word such as `member_removed`.
    pub action: String,
    /// To whom, or to what.
    pub target: String,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What passed of an item from one member to another in a day, as both tell it, or to a stock client of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberTransfer {
    /// Its number, higher than those of all before.
    pub seq: u64,
    /// When the day began, in UTC, in seconds since 1970.
    pub day: u64,
    /// When it was told of last, in seconds since 1970.
    pub last: u64,
    /// The info-hash of the item.
    #[schema(value_type = String)]
    pub item: InfoHash,
    /// The name of the item, where the tracker knows it still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the member who gave it.
    pub giver: String,
    /// The name of the member who took it.
    pub taker: String,
    /// The id of the announce key by which a stock client of theirs took it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<String>,
    /// Payload bytes, as the giver tells.
    pub given: u64,
    /// Payload bytes, as the taker tells. Stock clients tell nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
}
