//! Finds and changes downloads.

use std::path::Path;

use peerpool_api::{Client, Download, Priority, naming};

use super::{Tally, local::name_in};
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

/// Changes the downloads that are named, or all those that the change makes sense for. The tally has what failed.
pub async fn change(
    client: &Client,
    names: &[String],
    kind: Change,
) -> Result<(Vec<Download>, Tally), Failure> {
    if names.is_empty() && kind == Change::Stop {
        return Ok((client.stop().await?.downloads, Tally::default()));
    }
    let (chosen, mut tally) = match names {
        [] => {
            let all = client.downloads().await?;
            let concerned: Vec<_> = all.into_iter().filter(|download| concerns(kind, download)).collect();
            let tally = Tally::of(concerned.len());
            (concerned, tally)
        }
        names => choose(client, names).await?,
    };
    let mut changed = Vec::with_capacity(chosen.len());
    for Download { hash, .. } in chosen {
        let outcome = match kind {
            Change::Pause => client.pause(&hash).await,
            Change::Resume => client.resume(&hash).await,
            Change::Stop => client.stop_one(&hash).await,
        };
        changed.extend(tally.note(outcome.map_err(Failure::from))?);
    }
    Ok((changed, tally))
}

/// Sets how the downloads that are named count beside others. The tally has what failed.
pub async fn set_priority(
    client: &Client,
    names: &[String],
    priority: Priority,
) -> Result<(Vec<Download>, Tally), Failure> {
    let (chosen, mut tally) = choose(client, names).await?;
    let mut changed = Vec::with_capacity(chosen.len());
    for download in chosen {
        let outcome = client.set_priority(&download.hash, priority).await;
        changed.extend(tally.note(outcome.map_err(Failure::from))?);
    }
    Ok((changed, tally))
}

/// The downloads that are named, each once. The tally has the names that mean none.
pub async fn choose(client: &Client, names: &[String]) -> Result<(Vec<Download>, Tally), Failure> {
    let downloads = client.downloads().await?;
    let mut tally = Tally::of(names.len());
    let mut chosen: Vec<Download> = Vec::new();
    for name in names {
        let found = tally.note(find(&downloads, name, client.repository()))?.unwrap_or_default();
        tally.expand(found.len());
        for download in found {
            if !chosen.iter().any(|known| known.hash == download.hash) {
                chosen.push(download);
            }
        }
    }
    Ok((chosen, tally))
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
/// one has. Several when the text is a pattern.
pub fn find(downloads: &[Download], text: &str, repository: &Path) -> Result<Vec<Download>, Failure> {
    let local = name_in(repository, text);
    let text = local.as_deref().unwrap_or(text);
    match naming::find_all(downloads, text, repository) {
        Ok(none) if none.is_empty() => {
            let names = downloads.iter().map(|download| download.name.as_str());
            let message = match did_you_mean(names, text) {
                Some(meant) => format!("no download is called `{}`: {meant}", safe(text)),
                None => format!("no download is called `{}`: `status` lists them", safe(text)),
            };
            Err(Failure::told(Exit::NotFound, message))
        }
        Ok(found) => Ok(found.into_iter().cloned().collect()),
        Err(several) => {
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
