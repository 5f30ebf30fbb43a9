//! Downloads by name whose name means another version by now.

use peerpool_api as api;
use peerpool_wire::id::InfoHash;
use tokio::sync::oneshot;

use super::{Node, downloads::Download, error::NodeError};

/// How a download was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The item's name in the pool.
    pub(crate) item: String,
    /// The name it is saved under.
    pub(crate) save_as: String,
    /// Single files; none when all are wanted.
    pub(crate) files: Vec<String>,
    /// Whether some of it is there.
    pub(crate) kept: bool,
}

impl Node {
    /// How a download was asked for; `None` when it was not by name, or does not run.
    pub(crate) fn asked(&self, item: &InfoHash) -> Option<Asked> {
        let download = self.downloads.get(item).filter(|download| download.is_fetching())?;
        Some(Asked {
            item: download.asked()?.clone(),
            save_as: download.name().to_owned(),
            files: selected_paths(download),
            kept: self.have_of(item, download).count() > 0,
        })
    }

    /// The name of a download of which some is kept means another version by now.
    pub(crate) fn supersede(&mut self, item: &InfoHash, by: InfoHash) {
        if let Some(download) = self.downloads.get_mut(item) {
            download.supersede(by);
            self.changed(*item);
        }
    }

    /// Another version is fetched in place of a download.
    pub(crate) fn give_way(
        &mut self,
        item: &InfoHash,
        by: InfoHash,
    ) -> Result<Option<oneshot::Receiver<()>>, NodeError> {
        let name = self.name_of(item);
        self.emit(api::Event::Replaced { hash: *item, by, name });
        self.stop(item)
    }
}

/// The selected files; none when the whole item is.
fn selected_paths(download: &Download) -> Vec<String> {
    let (selection, info) = (download.selection(), download.info());
    if selection.is_whole() {
        return Vec::new();
    }
    let files = selection.files(info).filter_map(|file| info.files().get(file));
    files.map(|file| file.path.join("/")).collect()
}
