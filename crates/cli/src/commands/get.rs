//! `peerpool get`.

use std::time::Duration;

use peerpool_api::{Download, Events, Get, What};
use tokio::time::timeout;

use super::peer::ready;
use crate::{
    actions::what,
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    follow::{self, Follow},
    output::{self, Output, remark, say},
    progress::Progress,
    session::{Session, with_peer},
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Get) -> Result<(), Failure> {
    let get = Get { what: what(&args.what)?, files: args.files, save_as: args.output };
    let patience = args.timeout.map(Duration::from_secs);
    let mut progress = Progress::new(out.quiet);
    let mut said = false;
    let done = with_peer(&options, args.stay, async |session, options| {
        let begun = begin(options, session, &get);
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
async fn begin(options: &PeerOptions, session: &Session, get: &Get) -> Result<(Events, Download), Failure> {
    session.join(options).await?;
    let nameless = session.client.status().await?.tracker.url.is_none();
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
