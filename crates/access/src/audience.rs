//! Who may do what with an item.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::subject::Subjects;

/// What one may do with an item. Who may give it may get it, and who may get it may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Know that it exists.
    See,
    /// Fetch it.
    Get,
    /// Share it.
    Give,
}

impl Right {
    /// All of them, from the least.
    pub const ALL: [Self; 3] = [Self::See, Self::Get, Self::Give];

    /// The word by which it is stored and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Get => "get",
            Self::Give => "give",
        }
    }
}

/// Who may see an item, get it and give it: `give` ⊆ `get` ⊆ `see`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Said")]
pub struct Audience {
    see: Subjects,
    get: Subjects,
    give: Subjects,
}

/// An audience as somebody says it.
#[derive(Deserialize)]
struct Said {
    see: Subjects,
    get: Subjects,
    give: Subjects,
}

impl From<Said> for Audience {
    fn from(said: Said) -> Self {
        Self::new(said.see, said.get, said.give)
    }
}

impl Audience {
    /// The audience of these; a right brings the lesser ones with it.
    pub fn new(see: Subjects, get: Subjects, give: Subjects) -> Self {
        let get = get.union(&give);
        Self { see: see.union(&get), get, give }
    }

    /// Whether somebody who counts as these has the right.
    pub fn allows(&self, right: Right, subjects: &Subjects) -> bool {
        self.of(right).meet(subjects)
    }

    /// Who has the right.
    pub fn of(&self, right: Right) -> &Subjects {
        match right {
            Right::See => &self.see,
            Right::Get => &self.get,
            Right::Give => &self.give,
        }
    }
}

/// What may pass between this peer and another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// This peer may serve the other one.
    pub give: bool,
    /// This peer may fetch from the other one.
    pub take: bool,
}

impl Rights {
    /// What may pass between who counts as `own` and who counts as `theirs`: bytes go from who may give to who may get.
    pub fn between(audience: &Audience, own: &Subjects, theirs: &Subjects) -> Self {
        let passes = |from, to| audience.allows(Right::Give, from) && audience.allows(Right::Get, to);
        Self { give: passes(own, theirs), take: passes(theirs, own) }
    }

    /// Whether nothing may.
    pub fn is_none(self) -> bool {
        !self.give && !self.take
    }
}

/// The number of an audience. It is never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AudienceId(pub u32);

/// Audiences by number, each kept once: most items of a pool have one of a few.
#[derive(Debug, Default)]
pub struct Audiences {
    known: Vec<Audience>,
    ids: BTreeMap<Audience, AudienceId>,
}

impl Audiences {
    /// The number of this audience, a new one if it was not known.
    pub fn intern(&mut self, audience: Audience) -> AudienceId {
        if let Some(&id) = self.ids.get(&audience) {
            return id;
        }
        let id = AudienceId(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        self.known.push(audience.clone());
        self.ids.insert(audience, id);
        id
    }

    /// The audience of this number.
    pub fn get(&self, id: AudienceId) -> Option<&Audience> {
        self.known.get(usize::try_from(id.0).ok()?)
    }

    /// The newest number.
    pub fn newest(&self) -> Option<AudienceId> {
        self.known.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()).map(AudienceId)
    }

    /// The numbers of all audiences in which somebody who counts as these has the right.
    pub fn with<'a>(&'a self, right: Right, subjects: &'a Subjects) -> impl Iterator<Item = AudienceId> + 'a {
        (0..)
            .map(AudienceId)
            .zip(&self.known)
            .filter(move |(_, audience)| audience.allows(right, subjects))
            .map(|(id, _)| id)
    }
}
