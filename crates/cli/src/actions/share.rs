//! Reads what a person shares, or shares no longer.

use std::{fs, path::Path};

use peerpool_api::{Client, Share, SharedItem, Unshare, naming, torrent_to_base64};

use super::downloads::did_you_mean;
use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

/// Takes out of the pool what a text names in the repository.
pub async fn unshare(client: &Client, text: &str) -> Result<SharedItem, Failure> {
    let shared = client.shared().await?.items;
    let path = path_within(client.repository(), text);
    let text = path.as_deref().unwrap_or(text);
    let name = match naming::find(&shared, text, client.repository()).as_slice() {
        [one] => one.name.clone(),
        [] => entry(client, text)?,
        several => return Err(ambiguous(text, several.iter().map(|item| item.name.as_str()))),
    };
    Ok(client.unshare(&Unshare { name }).await?)
}

/// The whole path that a path from here means, where that leads into the repository.
fn path_within(repository: &Path, text: &str) -> Option<String> {
    let path = fs::canonicalize(text).ok().filter(|_| text.contains('/'))?;
    let name = path.strip_prefix(repository.canonicalize().ok()?).ok()?;
    repository.join(name).to_str().map(str::to_owned)
}

/// The request for what the command line names: a path, or else something in the repository by its name.
pub fn share_request(client: &Client, path: Option<&Path>, torrent: Option<&Path>) -> Result<Share, Failure> {
    let torrent = match torrent {
        Some(file) => Some(torrent_to_base64(&fs::read(file).map_err(Failure::file("read", file))?)),
        None => None,
    };
    let path = match path {
        None => None,
        Some(path) => Some(absolute(path).or_else(|missing| match (missing.exit(), path.to_str()) {
            (Exit::NotFound, Some(text)) => absolute(&client.repository().join(entry(client, text)?)),
            _ => Err(missing),
        })?),
    };
    Ok(Share { path, torrent })
}

/// The name of what stands in the repository and is meant by a text.
fn entry(client: &Client, text: &str) -> Result<String, Failure> {
    let root = client.repository();
    let entries = fs::read_dir(root).map_err(Failure::file("read", root))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    match naming::find(&names, text, root).as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let meant = did_you_mean(names.iter().map(String::as_str), text);
            let meant = meant.unwrap_or_else(|| "`ls` in that folder shows what there is".to_owned());
            let message = format!("there is no `{}` here, nor in {}: {meant}", safe(text), root.display());
            Err(Failure::told(Exit::NotFound, message))
        }
        several => Err(ambiguous(text, several.iter().map(|name| name.as_str()))),
    }
}

fn ambiguous<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Failure {
    let names = names.map(|name| format!("`{}`", safe(name))).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` may mean {names}: write the whole name", safe(text));
    Failure::told(Exit::Ambiguous, message)
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let absolute = fs::canonicalize(path).map_err(Failure::file("share", path))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("cannot share {}: its name is not UTF-8, rename it", path.display());
        Failure::told(Exit::Failed, message)
    })
}
