//! What the demo of a pool for members found.

use serde::Serialize;

use super::super::{report::Act, scene::differs};
use crate::{
    exit::{Exit, Failure},
    output::{Output, size},
};

/// After so many seconds a revocation has to be complete.
const IN_TIME: f64 = 5.0;

/// Everything that happened.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ok: bool,
    items: Vec<Act>,
    stranger: Refusals,
    revocation: Revocation,
}

/// What somebody got who is no member.
#[derive(Debug, Serialize)]
pub(super) struct Refusals {
    /// Whether the tracker refused the list.
    pub(super) list: bool,
    /// Whether the tracker refused its peer.
    pub(super) peer: bool,
    /// What came from a member's peer, in bytes.
    pub(super) bytes: u64,
}

/// How a removed member's transfer ended.
#[derive(Debug, Serialize)]
pub(super) struct Revocation {
    /// From the command until every peer had confirmed it.
    pub(super) seconds: f64,
    /// The devices that did, and those that did not.
    pub(super) confirmed: Vec<String>,
    pub(super) silent: Vec<String>,
    /// What had been given of the item by then, and a while later.
    pub(super) given: u64,
    pub(super) given_later: u64,
    /// What the removed member has of it in the end.
    pub(super) has: u64,
    /// What it wanted.
    pub(super) size: u64,
}

impl Refusals {
    fn is_right(&self) -> bool {
        self.list && self.peer && self.bytes == 0
    }

    pub(super) fn line(&self) -> String {
        let told = |refused: bool| if refused { "refused, and told how to join" } else { "NOT REFUSED" };
        format!(
            "  dung asks the tracker for the list: {}\n  dung's peer wants to take part: {}\n  dung dials an's peer and asks for {}: it hangs up after {} bytes",
            told(self.list),
            told(self.peer),
            super::FILE,
            self.bytes
        )
    }
}

impl Revocation {
    fn is_right(&self) -> bool {
        self.seconds <= IN_TIME
            && self.silent.is_empty()
            && self.given == self.given_later
            && self.has < self.size
    }

    pub(super) fn line(&self) -> String {
        let verdict = if self.given == self.given_later { "gives nothing more" } else { "GIVES MORE" };
        format!(
            "  confirmed after {:.2} s by {}; an {verdict}; chi has {} of {}",
            self.seconds,
            self.confirmed.join(", "),
            size::bytes(self.has),
            size::bytes(self.size)
        )
    }
}

impl Report {
    pub(super) fn new(items: Vec<Act>, stranger: Refusals, revocation: Revocation) -> Self {
        let arrived = items.iter().all(|act| act.sha256_equal);
        Self { ok: arrived && stranger.is_right() && revocation.is_right(), items, stranger, revocation }
    }

    /// The end of the demo's output.
    pub(super) fn show(&self, out: Output) -> Result<(), Failure> {
        out.show(self, |report| match report.ok {
            true => "\nmembers got what they may, and nobody else got anything".to_owned(),
            false => String::new(),
        })
    }

    /// Fails when anything happened that must not.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if let Some(act) = self.items.iter().find(|act| !act.sha256_equal) {
            return Err(differs(&act.name));
        }
        let wrong = match (self.stranger.is_right(), self.revocation.is_right()) {
            (true, true) => return Ok(()),
            (false, _) => "somebody who is no member was let in",
            (true, false) => "a removed member went on fetching, or its removal took too long",
        };
        Err(Failure::told(Exit::Failed, wrong))
    }
}
