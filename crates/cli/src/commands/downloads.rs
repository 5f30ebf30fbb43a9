//! `peerpool pause`, `resume` and `stop`.

use peerpool_control::{Client, Download, Reading, readings};

use crate::{
    args::Place,
    exit::{Exit, Failure},
    output::{self, Output, text::safe},
    session::Session,
};

/// What to do with downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Hold.
    Pause,
    /// Go on.
    Resume,
    /// Stop, keeping what was fetched.
    Stop,
}

pub(super) async fn run(
    out: Output,
    place: Place,
    name: Option<String>,
    kind: Change,
) -> Result<(), Failure> {
    let session = Session::running(&place).await?;
    let changed = change(&session.client, name.as_deref(), kind).await?;
    out.show(&changed, |changed| match changed.is_empty() {
        true => "no download to change".to_owned(),
        false => output::downloads(changed),
    })
}

/// Changes one download, or all those that the change makes sense for.
pub async fn change(client: &Client, name: Option<&str>, kind: Change) -> Result<Vec<Download>, Failure> {
    let downloads = client.downloads().await?;
    let chosen: Vec<Download> = match name {
        Some(name) => vec![find(&downloads, name)?],
        None if kind == Change::Stop => return Ok(client.stop().await?.downloads),
        None => downloads.into_iter().filter(|download| concerns(kind, download)).collect(),
    };
    let mut changed = Vec::with_capacity(chosen.len());
    for Download { hash, .. } in chosen {
        changed.push(match kind {
            Change::Pause => client.pause(&hash).await?,
            Change::Resume => client.resume(&hash).await?,
            Change::Stop => client.stop_one(&hash).await?,
        });
    }
    Ok(changed)
}

fn concerns(kind: Change, download: &Download) -> bool {
    use peerpool_control::DownloadState::{Complete, Completing};
    let ended = matches!(download.state, Complete | Completing);
    match kind {
        Change::Resume => !ended && !download.state.is_active(),
        Change::Pause | Change::Stop => download.state.is_active(),
    }
}

/// The download that is meant: by its name, `name@hash`, hash, or a beginning of the name that only one has.
pub fn find(downloads: &[Download], text: &str) -> Result<Download, Failure> {
    let mut found = Vec::new();
    for reading in readings(text) {
        found = downloads.iter().filter(|download| fits(download, &reading)).collect();
        if !found.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        found = downloads.iter().filter(|download| download.name.starts_with(text)).collect();
    }
    match found.as_slice() {
        [] => {
            let message = format!("no download is called `{}`: `status` lists them", safe(text));
            Err(Failure::told(Exit::NotFound, message))
        }
        [one] => Ok((*one).clone()),
        several => {
            let names = several.iter().map(|found| format!("{}@{}", safe(&found.name), found.hash.short()));
            let names = names.collect::<Vec<_>>().join(", ");
            let message = format!("{} may mean several downloads: {names}", safe(text));
            Err(Failure::told(Exit::Ambiguous, message))
        }
    }
}

fn fits(download: &Download, reading: &Reading<'_>) -> bool {
    let hash_begins = |begin: &str| {
        let v1 = download.hash.v1().map(|hash| hash.to_string());
        let v2 = download.hash.v2().map(|hash| hash.to_string());
        v1.into_iter().chain(v2).any(|hash| hash.starts_with(begin))
    };
    match reading {
        Reading::Name(name) => download.name == *name,
        Reading::Hash(hash) => hash_begins(hash),
        Reading::NameAndHash(name, begin) => download.name == *name && hash_begins(begin),
    }
}
