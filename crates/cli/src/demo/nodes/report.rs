//! What the demo of several trackers found.

use serde::Serialize;

use super::super::{report::Act, scene::differs};
use crate::{
    exit::{Exit, Failure},
    output::Output,
};

/// Nobody may wait longer for anything when a node is lost, in seconds.
const LONGEST: f64 = 5.0;

/// Everything that happened.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ok: bool,
    /// The release of PostgreSQL that kept what must last.
    postgresql: String,
    items: Vec<Act>,
    lost: Lost,
    nodes: Vec<Whole>,
}

/// A node that was killed in the middle of a download.
#[derive(Debug, Serialize)]
pub(super) struct Lost {
    /// Where it listened.
    pub(super) node: String,
    /// Where its peer went on.
    pub(super) next: String,
    /// From the kill until then.
    pub(super) seconds: f64,
    /// How long nothing came at most, of the download that went on.
    pub(super) longest_pause: f64,
}

/// Whether a node names everything that there is, afterwards.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    pub(super) node: String,
    /// How many items it lists.
    pub(super) items: usize,
    /// Whether they are those that there are, of as many peers as have each.
    pub(super) whole: bool,
}

impl Report {
    pub(super) fn new(postgresql: String, items: Vec<Act>, lost: Lost, nodes: Vec<Whole>) -> Self {
        let arrived = items.iter().all(|act| act.sha256_equal);
        let ok = arrived && lost.is_in_time() && nodes.iter().all(|node| node.whole);
        Self { ok, postgresql, items, lost, nodes }
    }

    /// The end of the demo's output.
    pub(super) fn show(&self, out: Output) -> Result<(), Failure> {
        out.show(self, |report| match report.ok {
            true => "\nthe pool went on without the node, and every byte arrived as it was shared".to_owned(),
            false => String::new(),
        })
    }

    /// Fails when anything happened that must not.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if let Some(act) = self.items.iter().find(|act| !act.sha256_equal) {
            return Err(differs(&act.name));
        }
        let wrong = if let Some(node) = self.nodes.iter().find(|node| !node.whole) {
            format!("{} does not list what there is", node.node)
        } else if !self.lost.is_in_time() {
            format!("somebody waited for more than {LONGEST} s")
        } else {
            return Ok(());
        };
        Err(Failure::told(Exit::Failed, wrong))
    }
}

impl Lost {
    fn is_in_time(&self) -> bool {
        self.seconds.max(self.longest_pause) <= LONGEST
    }
}
