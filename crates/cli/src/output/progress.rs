//! A download as it goes: bars on a terminal, a line now and then in a pipe.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use peerpool_control::{Download, DownloadState, Source};
use peerpool_wire::id::PeerId;

use super::{
    download_line, remark, size,
    text::{fit, safe, width},
};

/// Plain lines come at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(2);
/// Sources that get a bar of their own.
const MAX_SOURCES: usize = 8;
const NAME_CELLS: usize = 24;

/// Shows how one download goes. Everything goes to standard error.
#[derive(Debug)]
pub enum Progress {
    /// Nothing at all.
    Quiet,
    /// A line now and then.
    Plain {
        /// The last line was written then.
        said: Option<Instant>,
    },
    /// Bars that move.
    Bars(Box<Bars>),
}

impl Progress {
    /// As suits where standard error goes.
    pub fn new(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bars(Box::default()),
            (false, false) => Self::Plain { said: None },
        }
    }

    /// Lines, even on a terminal: bars between many other lines would only flicker.
    pub fn plain() -> Self {
        Self::Plain { said: None }
    }

    /// Shows the download as it stands now.
    pub fn show(&mut self, download: &Download) {
        match self {
            Self::Quiet => {}
            Self::Plain { said } => {
                if download.state.is_active() && said.is_none_or(|then| then.elapsed() >= PLAIN_EVERY) {
                    *said = Some(Instant::now());
                    remark(&download_line(download));
                }
            }
            Self::Bars(bars) => bars.show(download),
        }
    }

    /// Writes a line, above the bars if there are any.
    pub fn line(&self, line: &str) {
        match self {
            Self::Quiet => {}
            Self::Plain { .. } => remark(line),
            Self::Bars(bars) => bars.all.suspend(|| remark(line)),
        }
    }

    /// Takes the bars away.
    pub fn finish(&mut self) {
        if let Self::Bars(bars) = self {
            let _ = bars.all.clear();
        }
    }
}

/// A bar for the download, and one for each of its sources.
#[derive(Debug, Default)]
pub struct Bars {
    all: MultiProgress,
    whole: Option<ProgressBar>,
    sources: BTreeMap<PeerId, ProgressBar>,
}

impl Bars {
    fn show(&mut self, download: &Download) {
        let whole = self.whole.get_or_insert_with(|| self.all.add(bar("green", &download.name)));
        whole.set_length(download.bytes_total.max(1));
        whole.set_position(download.bytes_done);
        whole.set_message(whole_message(download));
        for source in &download.sources {
            self.show_source(download, source);
        }
    }

    fn show_source(&mut self, download: &Download, source: &Source) {
        if self.sources.len() == MAX_SOURCES && !self.sources.contains_key(&source.peer) {
            return;
        }
        let new = || self.all.add(bar("cyan", &format!("  from {}", source.name)));
        let bar = self.sources.entry(source.peer).or_insert_with(new);
        bar.set_length(download.bytes_total.max(1));
        bar.set_position(source.bytes);
        let rate = if source.connected { size::rate(source.rate) } else { "gone".to_owned() };
        bar.set_message(format!("{:>9}  {rate}", size::bytes(source.bytes)));
    }
}

/// An empty bar with a name in front of it.
fn bar(colour: &str, name: &str) -> ProgressBar {
    let template = format!("{{prefix}} {{bar:32.{colour}/dim}} {{msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(1).with_style(style.progress_chars("━╸─")).with_prefix(cell(name))
}

fn whole_message(download: &Download) -> String {
    let done = size::bytes(download.bytes_done);
    match (&download.state, &download.stalled) {
        (DownloadState::Completing, _) => "making it durable".to_owned(),
        (_, Some(stalled)) => format!("{done:>9}  {}", safe(&stalled.message)),
        (DownloadState::Waiting, None) => "waiting for a holder".to_owned(),
        _ => {
            let left = download.time_left.map(|left| format!(", {} left", size::duration(left)));
            let rate = size::rate(download.rate_down);
            format!("{done:>9} of {}, {rate}{}", size::bytes(download.bytes_total), left.unwrap_or_default())
        }
    }
}

/// A name in a cell of fixed width.
fn cell(name: &str) -> String {
    let short = fit(&safe(name), NAME_CELLS);
    let gap = NAME_CELLS - width(&short);
    short + &" ".repeat(gap)
}
