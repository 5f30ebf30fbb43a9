//! Finds and changes downloads.

use std::path::Path;

use peerpool_api::{Client, Download, naming};

use crate::{
    exit::{Exit, Failure},
    output::text::safe,
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

/// Changes one download, or all those that the change makes sense for.
pub async fn change(client: &Client, name: Option<&str>, kind: Change) -> Result<Vec<Download>, Failure> {
    let downloads = client.downloads().await?;
    let chosen: Vec<Download> = match name {
        Some(name) => vec![find(&downloads, name, client.repository())?],
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
    use peerpool_api::DownloadState::{Complete, Completing};
    let ended = matches!(download.state, Complete | Completing);
    match kind {
        Change::Resume => !ended && !download.state.is_active(),
        Change::Pause | Change::Stop => download.state.is_active(),
    }
}

/// The download that is meant: by its name, `name@hash`, hash, path, another spelling, or a beginning of the name that only
/// one has.
pub fn find(downloads: &[Download], text: &str, repository: &Path) -> Result<Download, Failure> {
    match naming::find(downloads, text, repository).as_slice() {
        [] => {
            let names = downloads.iter().map(|download| download.name.as_str());
            let message = match did_you_mean(names, text) {
                Some(meant) => format!("no download is called `{}`: {meant}", safe(text)),
                None => format!("no download is called `{}`: `status` lists them", safe(text)),
            };
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

/// The question that helps whoever mistyped a name.
pub fn did_you_mean<'a>(names: impl IntoIterator<Item = &'a str>, text: &str) -> Option<String> {
    let close = naming::similar(names, text);
    let close: Vec<String> = close.into_iter().map(|name| format!("`{}`", safe(name))).collect();
    (!close.is_empty()).then(|| format!("did you mean {}?", close.join(" or ")))
}
