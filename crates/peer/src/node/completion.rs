//! What follows the last verified piece.

use std::sync::Arc;

use peerpool_api::TransferResult;
use peerpool_repository::{PartialError, PartialItem, Repository, SharedItem, refresh::Problem};
use peerpool_wire::id::InfoHash;

use super::{
    Node,
    downloads::{After, Download, Selection},
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
        let Some(partial) = download.begin_completing() else {
            return;
        };
        let (selection, name) = (download.selection().clone(), download.name().to_owned());
        let repository = self.facts.repository.clone();
        self.changed(item);
        let placing = move || place(&repository, &partial, &selection, &name);
        self.block_then(placing, move |node, placed| node.completed(item, placed));
    }

    fn completed(&mut self, item: InfoHash, placed: Result<Placed, PartialError>) {
        let have = self.downloads.get(&item).map(|download| self.have_of(&item, download));
        let (Some(download), Some(have)) = (self.downloads.get_mut(&item), have) else {
            return;
        };
        match placed {
            Ok(Placed::Item(shared)) => {
                download.complete_item();
                self.swarms.order(&item, Order::ServeFrom(shared.clone()));
                let marked = shared.marked();
                self.add_shared(shared);
                self.unfollow(item);
                marked.iter().for_each(|problem| self.add_problem(problem));
            }
            Ok(Placed::Files(marked)) => {
                download.complete_files(&have);
                marked.iter().for_each(|problem| self.add_problem(problem));
            }
            // Somebody else wrote to it: what is not right any more is fetched again.
            Err(PartialError::Incomplete { .. } | PartialError::Touched { .. }) => {
                return self.stop_then(item, After::Resume);
            }
            // It is kept and can be tried again.
            Err(error) => {
                let (code, cause) = (error.code(), error.to_string());
                return self.stop_then(item, After::Fail { code, cause });
            }
        }
        if self.downloads.get(&item).is_some_and(Download::is_complete) {
            self.record_download(&item, TransferResult::Complete);
        }
        self.pool.registrations.mark(item);
        self.flush_registrations();
        self.changed(item);
    }
}

fn place(
    repository: &Repository,
    partial: &Arc<PartialItem>,
    selection: &Selection,
    name: &str,
) -> Result<Placed, PartialError> {
    if selection.is_whole() {
        return Ok(Placed::Item(repository.complete(partial, name)?));
    }
    for file in selection.files(&partial.metainfo().info) {
        repository.deliver(partial, file, name)?;
    }
    let marked = partial.marked(name).into_iter();
    Ok(Placed::Files(marked.filter(|problem| repository.root().join(&problem.path).exists()).collect()))
}
