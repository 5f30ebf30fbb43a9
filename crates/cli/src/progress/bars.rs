//! Bars that move on a terminal.

use std::{collections::BTreeMap, io};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use peerpool_api::{Download, DownloadState, Reason, Source};
use peerpool_wire::id::{InfoHash, PeerId};

use super::layout::Layout;
use crate::output::{
    columns, remark, size, source_names,
    text::{fit, safe, width},
};

/// Sources that get a bar of their own, where there is one download.
const MAX_SOURCES: usize = 8;
/// Downloads that get one; the others only say what they have to.
const MAX_DOWNLOADS: usize = 12;
/// The width of a terminal that does not tell.
const COLUMNS: usize = 80;

/// A bar for each download, and, while there is one alone, for each of its sources.
#[derive(Debug, Default)]
pub struct Bars {
    all: MultiProgress,
    layout: Option<Layout>,
    downloads: BTreeMap<InfoHash, ProgressBar>,
    sources: BTreeMap<PeerId, ProgressBar>,
    /// The reasons for standing still that were written out above.
    said: BTreeMap<InfoHash, Reason>,
}

impl Bars {
    pub(super) fn show(&mut self, download: &Download) {
        let layout = Layout::of(columns(io::stderr()).unwrap_or(COLUMNS));
        if self.layout.replace(layout) != Some(layout) {
            self.downloads.values().for_each(|bar| bar.set_style(style("green", layout)));
            self.sources.values().for_each(|bar| bar.set_style(style("cyan", layout)));
        }
        let known = self.downloads.contains_key(&download.hash);
        if known || self.downloads.len() < MAX_DOWNLOADS {
            let new = || self.all.add(bar("green", layout));
            let whole = self.downloads.entry(download.hash).or_insert_with(new);
            whole.set_length(download.bytes_total.max(1));
            whole.set_position(download.bytes_done);
            whole.set_prefix(cell(&safe(&download.name), layout.name));
            whole.set_message(fit(&whole_message(download), layout.message));
        }
        match self.downloads.len() {
            1 => self.show_sources(download, layout),
            _ => self.clear_sources(),
        }
        self.say_why(download);
    }

    fn show_sources(&mut self, download: &Download, layout: Layout) {
        for (source, name) in download.sources.iter().zip(source_names(&download.sources)) {
            if self.sources.len() == MAX_SOURCES && !self.sources.contains_key(&source.peer_id) {
                continue;
            }
            let new = || self.all.add(bar("cyan", layout));
            let bar = self.sources.entry(source.peer_id).or_insert_with(new);
            bar.set_length(download.bytes_total.max(1));
            bar.set_position(source.bytes);
            bar.set_prefix(cell(&format!("  from {name}"), layout.name));
            bar.set_message(fit(&source_message(source), layout.message));
        }
    }

    fn clear_sources(&mut self) {
        for bar in std::mem::take(&mut self.sources).into_values() {
            self.all.remove(&bar);
        }
    }

    /// The whole reason for which nothing comes, once; beside the bar there is no room for it.
    fn say_why(&mut self, download: &Download) {
        let reason = download.stalled.as_ref().map(|stalled| stalled.reason);
        let passing = matches!(reason, None | Some(Reason::Starting));
        let said = self.said.get(&download.hash).copied();
        if let Some(stalled) = download.stalled.as_ref().filter(|_| !passing && said != reason) {
            self.line(&format!("{}: {}", download.name, stalled.message));
            self.said.insert(download.hash, stalled.reason);
        }
    }

    pub(super) fn line(&self, line: &str) {
        self.aside(|| remark(line));
    }

    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }

    pub(super) fn clear(&self) {
        let _ = self.all.clear();
    }
}

fn bar(colour: &str, layout: Layout) -> ProgressBar {
    ProgressBar::new(1).with_style(style(colour, layout))
}

fn style(colour: &str, layout: Layout) -> ProgressStyle {
    let template = match layout.bar {
        0 => "{prefix} {msg}".to_owned(),
        cells => format!("{{prefix}} {{bar:{cells}.{colour}/dim}} {{msg}}"),
    };
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

fn whole_message(download: &Download) -> String {
    let done = size::bytes(download.bytes_done);
    match (&download.state, &download.stalled) {
        (DownloadState::Completing, _) => "making it durable".to_owned(),
        (_, Some(stalled)) => format!("{done:>9}  {}", safe(&stalled.message)),
        _ => {
            let left = download.time_left.map(|left| format!(", {} left", size::duration(left)));
            let rate = size::rate(download.rate_down);
            format!("{done:>9} of {}, {rate}{}", size::bytes(download.bytes_total), left.unwrap_or_default())
        }
    }
}

fn source_message(source: &Source) -> String {
    let rate = if source.connected { size::rate(source.rate) } else { "gone".to_owned() };
    format!("{:>9}  {rate}", size::bytes(source.bytes))
}

/// A name in a cell of fixed width.
fn cell(name: &str, cells: usize) -> String {
    let short = fit(name, cells);
    let gap = cells.saturating_sub(width(&short));
    short + &" ".repeat(gap)
}
