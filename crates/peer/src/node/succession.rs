//! Downloads by name whose name means another version by now.

use peerpool_api as api;
use peerpool_repository::Wanted;
use peerpool_wire::id::InfoHash;
use tokio::sync::oneshot;

use super::{Node, download::Stage, error::NodeError};

/// Beats without anybody before it is looked for another version first; then ever more seldom, up to every …
const FIRST: u32 = 8;
/// … so many.
const AT_LAST: u32 = 240;

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
        let download = self.downloads.get(item).filter(|download| download.stage == Stage::Running)?;
        let files = match &download.wanted {
            Wanted::Whole => Vec::new(),
            wanted => (0..)
                .zip(download.metainfo.info.files())
                .filter(|(nth, file)| !file.pad && wanted.has_file(*nth))
                .map(|(_, file)| file.path.join("/"))
                .collect(),
        };
        Some(Asked {
            item: download.asked.clone()?,
            save_as: download.name.clone(),
            files,
            kept: self.have_of(item, download).count() > 0,
        })
    }

    /// Counts how long nobody has been connected for a download, and has its name looked up now and then.
    pub(super) fn look_for_successor(&mut self, item: InfoHash, connected: bool) {
        let Some(download) = self.downloads.get_mut(&item).filter(|download| download.asked.is_some()) else {
            return;
        };
        if connected {
            download.alone = 0;
            download.superseded_by = None;
            return;
        }
        download.alone = download.alone.saturating_add(1);
        let spells = download.alone / FIRST;
        let due = download.alone.is_multiple_of(FIRST) && spells.is_power_of_two();
        if due || download.alone.is_multiple_of(AT_LAST) {
            // When many wait, the rest have their turn later.
            let _ = self.facts.alone.try_send(item);
        }
    }

    /// The name of a download of which some is kept means another version by now.
    pub(crate) fn supersede(&mut self, item: &InfoHash, by: InfoHash) {
        if let Some(download) = self.downloads.get_mut(item) {
            download.superseded_by = Some(by);
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
