//! What the demo found.

use serde::Serialize;

use super::scene::differs;
use crate::{
    exit::Failure,
    output::{Output, size},
};

/// Everything that was fetched.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ok: bool,
    items: Vec<Act>,
}

/// One item that was fetched.
#[derive(Debug, Serialize)]
pub(super) struct Act {
    /// The item's name.
    pub(super) name: String,
    /// Its size.
    pub(super) size: u64,
    /// Whether what arrived is what was shared.
    pub(super) sha256_equal: bool,
    /// Of a single file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    /// From the request until it was durable.
    pub(super) seconds: f64,
    /// Whether one of the holders had only a part of it.
    pub(super) partial_holder: bool,
    /// Who gave how much.
    pub(super) from: Vec<Giver>,
}

/// A peer that gave something.
#[derive(Debug, Serialize)]
pub(super) struct Giver {
    /// Its name.
    pub(super) peer: String,
    /// How much.
    pub(super) bytes: u64,
}

impl Report {
    pub(super) fn new(items: Vec<Act>) -> Self {
        let ok = items.iter().all(|act| act.sha256_equal);
        Self { ok, items }
    }

    /// The end of the demo's output.
    pub(super) fn show(&self, out: Output) -> Result<(), Failure> {
        out.show(self, |report| {
            let items = report.items.len();
            if report.ok { format!("\nall {items} items arrived as they were shared") } else { String::new() }
        })
    }

    /// Fails when anything arrived otherwise than it was shared.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        match self.items.iter().find(|act| !act.sha256_equal) {
            Some(act) => Err(differs(&act.name)),
            None => Ok(()),
        }
    }
}

impl Act {
    /// The item in a few lines: how fast, whether right, and from whom.
    pub(super) fn line(&self) -> String {
        let rate = size::rate((self.size as f64 / self.seconds.max(0.001)) as u64);
        let verdict = if self.sha256_equal { "SHA-256 equal" } else { "SHA-256 DIFFERS" };
        let bytes = size::bytes(self.size);
        let mut text = format!("  {}  {bytes} in {:.2} s ({rate}), {verdict}", self.name, self.seconds);
        let total = self.from.iter().map(|giver| giver.bytes).sum::<u64>().max(1);
        for giver in &self.from {
            let share = giver.bytes as f64 / total as f64;
            let bar = "█".repeat((share * 30.0).round() as usize);
            text += &format!(
                "\n    from {:<5} {:>10} {:>4.0} % {bar}",
                giver.peer,
                size::bytes(giver.bytes),
                share * 100.0
            );
        }
        text
    }
}
