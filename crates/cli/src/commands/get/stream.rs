//! `peerpool get -o -`: a file to standard output, in order while it arrives.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use peerpool_api::{Client, Code, Download, EventQuery, Get};
use peerpool_wire::id::InfoHash;
use tokio::io::AsyncWriteExt as _;

use super::no_tracker;
use crate::{
    actions::what,
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    follow::Follow,
    output::{Output, download_line, remark},
    progress::Progress,
    session::{self, Session, with_peer},
};

/// Pause before asking again for what is not described yet.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Get) -> Result<(), Failure> {
    let ([text], [] | [_]) = (&args.what[..], &args.files[..]) else {
        return Err(Failure::told(
            Exit::Usage,
            "one file goes to standard output: name one item, and one --file of a folder",
        ));
    };
    if out.json || args.to.is_some() {
        return Err(Failure::told(
            Exit::Usage,
            "standard output has the file alone: leave --json and --to out",
        ));
    }
    if io::stdout().is_terminal() {
        return Err(Failure::told(
            Exit::Usage,
            "standard output is a terminal: send the file to a pipe or to another file",
        ));
    }
    let what = what(text, &session::repository(&options)?)?;
    let get = Get { what, files: args.files.clone(), save_as: None };
    let mut stream = Stream {
        path: args.files.first().cloned().unwrap_or_default(),
        get,
        patience: args.timeout.map(Duration::from_secs),
        written: 0,
        progress: Progress::new(out.quiet),
    };
    let done =
        with_peer(&options, args.stay, async |session, options| stream.work(session, options).await).await;
    stream.progress.finish();
    match done {
        Ok(download) => {
            if !out.quiet {
                remark(&download_line(&download));
            }
            Ok(())
        }
        // Whoever reads has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// A file on its way to standard output, over all peers that may fetch it one after the other.
struct Stream {
    get: Get,
    /// The file in a folder; empty where the item is one file.
    path: String,
    patience: Option<Duration>,
    /// Bytes that standard output has.
    written: u64,
    progress: Progress,
}

impl Stream {
    async fn work(&mut self, session: &Session, options: &PeerOptions) -> Result<Download, Failure> {
        session.join(options).await?;
        let client = &session.client;
        let nameless = client.status().await?.tracker.url.is_none();
        if nameless && matches!(self.get.what, peerpool_api::What::Item(_)) {
            return Err(no_tracker());
        }
        let mut events = client.events(EventQuery::default()).await?;
        let download = client.get(&self.get).await?;
        let hash = download.hash;
        let follow = Follow::new(client, download).patience(self.patience);
        let following = follow.to_the_end(&mut events, &mut self.progress);
        let copying = copy(client, hash, &self.path, &mut self.written);
        let (download, ()) = tokio::try_join!(following, copying)?;
        Ok(download)
    }
}

/// Writes the file to standard output, from the byte on at which it stands.
async fn copy(client: &Client, hash: InfoHash, path: &str, written: &mut u64) -> Result<(), Failure> {
    let mut content = loop {
        match client.content(&hash, path, *written).await.map_err(Failure::from) {
            Err(failure) if failure.refusal().is_some_and(|refusal| refusal.code == Code::Busy) => {
                tokio::time::sleep(PAUSE).await;
            }
            answer => break answer?,
        }
    };
    let mut out = tokio::io::stdout();
    while let Some(bytes) = content.next().await? {
        let bytes = bytes.as_ref();
        out.write_all(bytes).await.map_err(Failure::Output)?;
        out.flush().await.map_err(Failure::Output)?;
        *written += bytes.len() as u64;
    }
    Ok(())
}
