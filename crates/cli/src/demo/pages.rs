//! The pages of the demo's pool.

use std::path::{Path, PathBuf};

use peerpool_api::TrackerUrl;
use serde::Serialize;

use crate::{
    actions::open_in_browser,
    exit::Failure,
    output::{Output, on_a_terminal},
};

/// Where the pool is to be seen in a browser.
#[derive(Debug, Serialize)]
pub(super) struct Pages {
    /// That of the tracker.
    tracker: String,
    /// Whose page the other one is.
    peer: &'static str,
    /// The page of that peer, with a secret that lets one browser in, once.
    link: String,
    /// The folder that this peer shares.
    repository: PathBuf,
}

impl Pages {
    pub(super) fn new(tracker: &TrackerUrl, peer: &'static str, link: String, repository: &Path) -> Self {
        Self { tracker: tracker.to_string(), peer, link, repository: repository.to_owned() }
    }

    /// Says where they are and what to try, and opens them for a person at a terminal.
    pub(super) fn show(&self, out: Output) -> Result<(), Failure> {
        out.show(self, Self::text)?;
        if !out.json && on_a_terminal() {
            // Where no browser starts, the lines above say what to open.
            let _ = open_in_browser(&self.tracker) && open_in_browser(&self.link);
        }
        Ok(())
    }

    fn text(&self) -> String {
        let Self { tracker, peer, link, repository } = self;
        let repository = repository.display();
        format!(
            "\nThe pool goes on until you press Ctrl-C. Open its pages:\n\n  \
             the pool, at its tracker    {tracker}\n  \
             {peer}, one of its peers      {link}\n\n\
             The second link lets one browser in, once; this prints another:\n  \
             peerpool web --repository '{repository}'\n\n\
             Try this:\n  \
             1. On {peer}'s page, get `another film.mkv`, open Transfers and watch its pieces come from an and binh.\n  \
             2. Open `melody.wav` in the catalogue and play it.\n  \
             3. Put a file into {repository}\n     \
             and see it appear on the tracker's page."
        )
    }
}
