//! `peerpool get`.

use std::{fs, path::Path};

use peerpool_control::{Get, What, torrent_to_base64};

use super::peer::ready;
use crate::{
    args::{self, Place},
    exit::{Exit, Failure},
    follow,
    output::{self, Output, progress::Progress, remark, say},
    session::Session,
    signals,
};

pub(super) async fn run(out: Output, place: Place, args: args::Get) -> Result<(), Failure> {
    let get = Get { what: what(&args.what)?, files: args.files, save_as: args.output };
    let session = Session::running_or_own(&place).await?;
    let result = fetch(out, &place, &session, &get, args.stay).await;
    if result.is_ok() && args.stay {
        session.serve_on().await;
    }
    session.close().await;
    result
}

async fn fetch(out: Output, place: &Place, session: &Session, get: &Get, stay: bool) -> Result<(), Failure> {
    session.join(place).await?;
    let nameless = session.client.status().await?.tracker.address.is_none();
    if nameless && matches!(get.what, What::Item(_)) {
        let message = "an item is found by its name through a tracker: say which one by --tracker HOST:PORT";
        return Err(Failure::told(Exit::Usage, message));
    }
    if stay && session.is_own() {
        say(&ready(&session.client.status().await?))?;
    }
    let mut progress = Progress::new(out.quiet);
    let fetched = follow::fetch(&session.client, get, &mut progress, signals::interrupted()).await;
    if let (Err(Failure::Interrupted), false) = (&fetched, session.is_own()) {
        remark(
            "the download goes on in the running peer: `peerpool status` shows it, `peerpool stop` stops it",
        );
    }
    let download = fetched?;
    if !out.quiet && !out.json {
        remark(&output::download_line(&download));
    }
    out.show(&download, |download| format!("complete {}", output::text::safe(&download.name)))
}

/// What a person names: a magnet link, a .torrent file that is there (by its ending, or by a path), or else an item of
/// the pool.
pub fn what(text: &str) -> Result<What, Failure> {
    let path = Path::new(text);
    if text.starts_with("magnet:") {
        Ok(What::Magnet(text.to_owned()))
    } else if (text.ends_with(".torrent") || text.contains('/')) && path.is_file() {
        let bytes = fs::read(path).map_err(Failure::file("read", path))?;
        Ok(What::Torrent(torrent_to_base64(&bytes)))
    } else {
        Ok(What::Item(text.to_owned()))
    }
}
