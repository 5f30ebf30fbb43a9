//! Downloads as they go: bars on a terminal, a line now and then in a pipe.

mod bars;
mod layout;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
    mem::{Discriminant, discriminant},
    time::{Duration, Instant},
};

use peerpool_api::{Download, DownloadState, Reason};
use peerpool_wire::id::InfoHash;

use self::bars::Bars;
pub use self::layout::Layout;
use crate::output::{download_line, remark};

/// Plain lines come at most this often at first …
const PLAIN_EVERY: Duration = Duration::from_secs(2);
/// … and at least this often at last, so that a long download fills no log.
const PLAIN_AT_LAST: Duration = Duration::from_secs(60);

/// Shows how downloads go. Everything goes to standard error.
#[derive(Debug)]
pub enum Progress {
    /// Nothing at all.
    Quiet,
    /// A line now and then about each.
    Plain(BTreeMap<InfoHash, Plain>),
    /// Bars that move.
    Bars(Box<Bars>),
}

impl Progress {
    /// As suits where standard error goes.
    pub fn new(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bars(Box::default()),
            (false, false) => Self::plain(),
        }
    }

    /// Lines, even on a terminal: bars between many other lines would only flicker.
    pub fn plain() -> Self {
        Self::Plain(BTreeMap::new())
    }

    /// Shows the download as it stands now.
    pub fn show(&mut self, download: &Download) {
        match self {
            Self::Quiet => {}
            Self::Plain(each) => {
                let plain = each.entry(download.hash).or_default();
                if let Some(line) = plain.line(download, Instant::now()) {
                    remark(&line);
                }
            }
            Self::Bars(bars) => bars.show(download),
        }
    }

    /// Writes a line, above the bars if there are any.
    pub fn line(&self, line: &str) {
        match self {
            Self::Quiet => {}
            Self::Plain(_) => remark(line),
            Self::Bars(bars) => bars.line(line),
        }
    }

    /// Does something that writes to the terminal, while the bars are away.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match self {
            Self::Bars(bars) => bars.aside(write),
            _ => write(),
        }
    }

    /// Takes the bars away.
    pub fn finish(&mut self) {
        if let Self::Bars(bars) = self {
            bars.clear();
        }
    }
}

/// How a download stands, without its figures.
type Standing = (Discriminant<DownloadState>, Option<Reason>);

/// Says what changed: a new standing at once, figures ever more seldom, and nothing twice.
#[derive(Debug, Default)]
pub struct Plain {
    said: Option<Said>,
    /// Every standing that was told; there are few.
    told: Vec<Standing>,
    standing: Option<Standing>,
}

#[derive(Debug)]
struct Said {
    line: String,
    at: Instant,
    pause: Duration,
}

impl Plain {
    /// The line to write at this moment, if there is any.
    pub fn line(&mut self, download: &Download, now: Instant) -> Option<String> {
        if !download.state.is_active() {
            return None;
        }
        let reason = download.stalled.as_ref().map(|stalled| stalled.reason);
        let standing = (discriminant(&download.state), reason);
        let changed = self.standing != Some(standing);
        let line = download_line(download);
        let pause = match &self.said {
            None => PLAIN_EVERY,
            Some(said) if said.line == line => return None,
            // What came and went before waits its turn, so that a download that falters fills no log either.
            Some(said) if changed && !self.told.contains(&standing) => said.pause.max(PLAIN_EVERY),
            Some(said) if now.duration_since(said.at) < said.pause => return None,
            Some(said) => (said.pause * 2).min(PLAIN_AT_LAST),
        };
        if !self.told.contains(&standing) {
            self.told.push(standing);
        }
        self.standing = Some(standing);
        self.said = Some(Said { line: line.clone(), at: now, pause });
        Some(line)
    }
}
