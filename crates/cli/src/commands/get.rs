//! `peerpool get`.

use std::{fs, path::Path, time::Duration};

use peerpool_api::{Download, Events, Get, What, torrent_to_base64};
use tokio::time::timeout;

use super::peer::ready;
use crate::{
    args::{self, Place},
    exit::{Exit, Failure},
    follow::{self, Follow},
    output::{self, Output, progress::Progress, remark, say},
    session::{Session, with_peer},
};

pub(super) async fn run(out: Output, place: Place, args: args::Get) -> Result<(), Failure> {
    let get = Get { what: what(&args.what)?, files: args.files, save_as: args.output };
    let patience = args.timeout.map(Duration::from_secs);
    let mut progress = Progress::new(out.quiet);
    let mut said = false;
    let done = with_peer(&place, args.stay, async |session, place| {
        let begun = begin(place, session, &get);
        let (mut events, download) = match patience {
            None => begun.await?,
            Some(patience) => timeout(patience, begun).await.unwrap_or_else(|_| Err(no_answer(patience)))?,
        };
        if args.stay && session.is_own() && !std::mem::replace(&mut said, true) {
            say(&ready(&session.client.status().await?))?;
        }
        let follow = Follow::new(&session.client, download).patience(patience);
        let fetched = follow.to_the_end(&mut events, &mut progress).await;
        progress.finish();
        tell(out, &fetched?)
    });
    let done = done.await;
    progress.finish();
    done
}

/// Joins the pool and begins the download.
async fn begin(place: &Place, session: &Session, get: &Get) -> Result<(Events, Download), Failure> {
    session.join(place).await?;
    let nameless = session.client.status().await?.tracker.address.is_none();
    if nameless && matches!(get.what, What::Item(_)) {
        let message = "an item is found by its name through a tracker: say which one by --tracker HOST:PORT";
        return Err(Failure::told(Exit::Usage, message));
    }
    follow::begin(&session.client, get).await
}

fn tell(out: Output, download: &Download) -> Result<(), Failure> {
    if !out.quiet && !out.json {
        remark(&output::download_line(download));
    }
    out.show(download, |download| format!("complete {}", output::text::safe(&download.name)))
}

fn no_answer(patience: Duration) -> Failure {
    let seconds = patience.as_secs();
    Failure::told(
        Exit::Unreachable,
        format!("the download could not begin within {seconds} s: is the tracker reachable?"),
    )
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
        match text.strip_prefix("./").unwrap_or(text).trim_end_matches('/') {
            path if path.contains('/') => {
                let message =
                    format!("there is no file {}, and no item has a name with `/`", output::text::safe(text));
                Err(Failure::told(Exit::NotFound, message))
            }
            name => Ok(What::Item(name.to_owned())),
        }
    }
}
