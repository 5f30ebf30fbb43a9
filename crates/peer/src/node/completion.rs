//! What follows the last verified piece.

use std::sync::Arc;

use peerpool_repository::{PartialError, PartialItem, Repository, SharedItem, Wanted, refresh::Problem};
use peerpool_wire::id::InfoHash;

use super::{
    Node,
    download::{After, Stage, is_wanted},
    stalled::Heard,
};
use crate::{code::Coded as _, swarm_task::Order};

/// What was put into the repository.
enum Placed {
    /// The whole item; it is shared from now on.
    Item(Arc<SharedItem>),
    /// Single files of a folder, some under marked names.
    Files(Vec<Problem>),
}

impl Node {
    /// Every wanted piece is verified: puts the item, or its wanted files, into the repository.
    pub(super) fn complete(&mut self, item: InfoHash) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        let (Some(partial), Stage::Running | Stage::Paused) = (download.partial.clone(), &download.stage)
        else {
            return;
        };
        download.stage = Stage::Completing;
        let (wanted, name) = (download.wanted.clone(), download.name.clone());
        let repository = self.facts.repository.clone();
        self.changed(item);
        let placing = move || place(&repository, &partial, &wanted, &name);
        self.block_then(placing, move |node, placed| node.completed(item, placed));
    }

    fn completed(&mut self, item: InfoHash, placed: Result<Placed, PartialError>) {
        let have = self.downloads.get(&item).map(|download| self.have_of(&item, download));
        let (Some(download), Some(have)) = (self.downloads.get_mut(&item), have) else {
            return;
        };
        match placed {
            Ok(Placed::Item(shared)) => {
                download.stage = Stage::Complete;
                download.partial = None;
                self.order(&item, Order::ServeFrom(shared.clone()));
                let marked = shared.marked();
                self.add_shared(shared);
                self.unfollow(item);
                marked.iter().for_each(|problem| self.add_problem(problem));
            }
            Ok(Placed::Files(marked)) => {
                // More may have been asked for while the files were put there.
                if have.lacks_any_of(&download.wanted_pieces) {
                    download.stage = Stage::Running;
                    download.heard = Heard::nothing();
                } else {
                    download.stage = Stage::Complete;
                }
                marked.iter().for_each(|problem| self.add_problem(problem));
            }
            // Somebody else wrote to it: what is not right any more is fetched again.
            Err(PartialError::Incomplete { .. } | PartialError::Touched { .. }) => {
                return self.stop_then(item, After::Resume);
            }
            Err(error) => return self.download_failed_late(item, &error),
        }
        self.registrations.mark(item);
        self.flush_registrations();
        self.changed(item);
    }

    /// Everything is verified and cannot be put in its place; it is kept and can be tried again.
    fn download_failed_late(&mut self, item: InfoHash, error: &PartialError) {
        let (code, cause) = (error.code(), error.to_string());
        self.stop_then(item, After::Fail { code, cause });
    }
}

fn place(
    repository: &Repository,
    partial: &Arc<PartialItem>,
    wanted: &Wanted,
    name: &str,
) -> Result<Placed, PartialError> {
    if *wanted == Wanted::Whole {
        return Ok(Placed::Item(repository.complete(partial, name)?));
    }
    let metainfo = partial.metainfo();
    let files = (0..metainfo.info.files().len()).filter(|file| is_wanted(wanted, &metainfo.info, *file));
    for file in files {
        repository.deliver(partial, file, name)?;
    }
    let marked = partial.marked(name).into_iter();
    Ok(Placed::Files(marked.filter(|problem| repository.root().join(&problem.path).exists()).collect()))
}
