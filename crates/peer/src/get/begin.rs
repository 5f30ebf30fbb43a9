//! Begins a download.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use peerpool_api::{Download, Get, What};
use peerpool_repository::Wanted;
use peerpool_swarm::HeardFrom;
use peerpool_wire::{
    channel::Holder,
    metainfo::{Info, Metainfo},
};

use super::{Getter, error::GetError, names::check_free};
use crate::node::NodeError;

/// A download that is to begin.
pub(super) struct Plan<'g> {
    pub(super) metainfo: Arc<Metainfo>,
    /// Those that the tracker named.
    pub(super) holders: Vec<Holder>,
    /// Those that a link named.
    pub(super) addrs: Vec<SocketAddr>,
    /// The item's name in the pool, when it was found by that.
    pub(super) asked: Option<String>,
    pub(super) get: &'g Get,
}

impl Getter {
    /// Makes room for an item, and has it fetched.
    pub(super) async fn begin(&self, plan: Plan<'_>) -> Result<Download, GetError> {
        let Plan { metainfo, holders, addrs, asked, get } = plan;
        let item = metainfo.info.hash();
        let wanted = wanted(&metainfo.info, &get.files)?;
        let foreign = is_foreign(&get.what);
        let save_as = get.save_as.clone();
        let kept = self.node(move |node| node.is_kept(&item)).await?;
        let repository = self.repository.clone();
        let opening = tokio::task::spawn_blocking(move || {
            let name = match save_as {
                Some(name) => name,
                None => repository.name_for(metainfo.info.name())?,
            };
            if !kept {
                check_free(repository.root(), &name)?;
            }
            let partial = repository.download(metainfo, wanted)?;
            if foreign {
                partial.check_both();
            }
            Ok::<_, GetError>((partial, name))
        });
        let (partial, name) = opening.await??;
        let begun = self.node(move |node| {
            node.begin(partial, name, &holders, asked);
            node.add_addresses(item, addrs, HeardFrom::Link);
            node.view_download(&item)
        });
        Ok(begun.await?.ok_or(NodeError::NoDownload(item))?)
    }
}

/// Whether a stranger may have made the torrent: its v1 and v2 hashes may be of different bytes then. The pool's own
/// torrents were made by peers that hashed the same bytes both ways.
fn is_foreign(what: &What) -> bool {
    !matches!(what, What::Item(_))
}

/// The files of these paths; everything when there are none.
fn wanted(info: &Info, paths: &[String]) -> Result<Wanted, GetError> {
    if paths.is_empty() {
        return Ok(Wanted::Whole);
    }
    let mut files = BTreeSet::new();
    for path in paths {
        // As a shell completes a folder's name.
        let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
        let under =
            |file: &str| file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        let found: Vec<usize> = (0..)
            .zip(info.files())
            .filter(|(_, file)| !file.pad && under(&file.path.join("/")))
            .map(|(nth, _)| nth)
            .collect();
        if found.is_empty() {
            return Err(GetError::NoFile { item: info.name().to_owned(), path: path.to_owned() });
        }
        files.extend(found);
    }
    Ok(Wanted::Files(files))
}

#[cfg(test)]
mod tests {
    use peerpool_wire::canonical::{Builder, FileHasher};

    use super::*;

    fn album() -> Metainfo {
        let file = |path: &[&str], content: &[u8]| {
            let mut hasher = FileHasher::new(32768);
            hasher.update(content);
            (path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>(), hasher.finish())
        };
        let files = [file(&["cd 1", "a"], b"a"), file(&["cd 1", "b"], b"b"), file(&["cd 10"], b"c")];
        let builder = Builder::new(32768);
        files
            .into_iter()
            .fold(builder, |builder, (path, file)| builder.file(path, file))
            .finish("album")
            .unwrap()
    }

    #[test]
    fn a_path_means_a_file_or_all_files_of_a_folder() {
        let metainfo = album();
        let names = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            let wanted = wanted(&metainfo.info, &paths)?;
            let files = (0..).zip(metainfo.info.files());
            let meant = files.filter(|(nth, file)| !file.pad && wanted.has_file(*nth));
            Ok::<_, GetError>(meant.map(|(_, file)| file.path.join("/")).collect::<Vec<_>>())
        };
        assert_eq!(names(&["cd 1/"]).unwrap(), ["cd 1/a", "cd 1/b"]);
        assert_eq!(names(&["./cd 1/b", "cd 10"]).unwrap(), ["cd 1/b", "cd 10"]);
        assert_eq!(names(&[]).unwrap().len(), 3);
        assert!(matches!(names(&["cd 1", "cd 2"]), Err(GetError::NoFile { path, .. }) if path == "cd 2"));
    }
}
