//! `peerpool torrent`.

mod create;
mod inspect;
mod verify;

use std::path::Path;

use peerpool_wire::metainfo::{MAX_TORRENT, Metainfo};

use crate::{
    args::TorrentAction,
    exit::{Exit, Failure},
    output::Output,
};

pub(super) async fn run(out: Output, action: TorrentAction) -> Result<(), Failure> {
    let blocking = tokio::task::spawn_blocking(move || match action {
        TorrentAction::Inspect { what } => inspect::run(out, &what),
        TorrentAction::Create { path, output } => create::run(out, &path, output),
        TorrentAction::Verify { torrent, path } => verify::run(out, &torrent, &path),
    });
    blocking.await.unwrap_or(Err(Failure::Interrupted))
}

/// Reads a .torrent file; a refusal says why.
fn read(path: &Path) -> Result<Metainfo, Failure> {
    let size = path.metadata().map_err(Failure::file("read", path))?.len();
    if size > MAX_TORRENT as u64 {
        let message =
            format!("{} is refused: it has {size} bytes, at most {MAX_TORRENT} are read", path.display());
        return Err(Failure::told(Exit::RefusedTorrent, message));
    }
    let bytes = std::fs::read(path).map_err(Failure::file("read", path))?;
    Metainfo::from_torrent(&bytes).map_err(|error| {
        Failure::told(Exit::RefusedTorrent, format!("{} is refused: {error}", path.display()))
    })
}
