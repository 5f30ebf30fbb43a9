//! Whom a rule can name: a role, a group or a member.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What somebody may do in the pool as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the pool: members, rules, keys. Sees every item.
    Admin,
    /// Brings items in.
    Member,
    /// Fetches what it may.
    Reader,
    /// Has no rights but those that a rule gives it.
    Guest,
}

impl Role {
    /// All of them, from the one that may most.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Member, Self::Reader, Self::Guest];

    /// The word by which it is stored and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Reader => "reader",
            Self::Guest => "guest",
        }
    }
}

/// A member's number. It is never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(pub u32);

/// A group's number. It is never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub u32);

/// A role, a group or a member as one number: members have the top bit, roles are the first four, groups lie between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(u32);

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// All members of a role.
    Role(Role),
    /// The members of a group.
    Group(GroupId),
    /// A member.
    Member(MemberId),
    /// Nothing that this release knows.
    Unknown,
}

impl Subject {
    /// What it is.
    pub fn kind(self) -> SubjectKind {
        match self.0 {
            member if member & MEMBER != 0 => SubjectKind::Member(MemberId(member & !MEMBER)),
            group if group >= GROUPS => SubjectKind::Group(GroupId(group - GROUPS)),
            role => {
                let known = Role::ALL.into_iter().find(|known| Self::from(*known).0 == role);
                known.map_or(SubjectKind::Unknown, SubjectKind::Role)
            }
        }
    }

    /// The subject of this number, as it crosses the channel.
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

const MEMBER: u32 = 1 << 31;
/// Where groups begin; room is left for roles to come.
const GROUPS: u32 = 16;

impl From<Role> for Subject {
    fn from(role: Role) -> Self {
        Self(role as u32)
    }
}

impl From<GroupId> for Subject {
    /// Of the numbers that there can be, those above 2^31 - 17 are as the last one.
    fn from(group: GroupId) -> Self {
        Self(group.0.saturating_add(GROUPS).min(MEMBER - 1))
    }
}

impl From<MemberId> for Subject {
    fn from(member: MemberId) -> Self {
        Self(member.0 | MEMBER)
    }
}

/// Subjects, each once, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Subjects(Vec<Subject>);

impl Subjects {
    /// Whether both have one in common. Takes as long as both are together.
    pub fn meet(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => left.next(),
                std::cmp::Ordering::Greater => right.next(),
            };
        }
        false
    }

    /// Whether this is one of them.
    pub fn contains(&self, subject: Subject) -> bool {
        self.0.binary_search(&subject).is_ok()
    }

    /// All that are in either.
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// In the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Subject> + '_ {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Subject> for Subjects {
    fn from_iter<I: IntoIterator<Item = Subject>>(subjects: I) -> Self {
        let mut subjects: Vec<Subject> = subjects.into_iter().collect();
        subjects.sort_unstable();
        subjects.dedup();
        Self(subjects)
    }
}

impl<'de> Deserialize<'de> for Subjects {
    /// What is out of order or there twice is refused: `meet` relies on the order.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let subjects = Vec::<Subject>::deserialize(deserializer)?;
        match subjects.is_sorted_by(|a, b| a < b) {
            true => Ok(Self(subjects)),
            false => Err(D::Error::custom("subjects that are not in the order of their numbers")),
        }
    }
}
