//! Reads what a person wants to get.

use std::{fs, path::Path};

use peerpool_api::{Client, What, naming::Pattern, torrent_to_base64};

use super::{items::items_like, local::name_in};
use crate::{
    exit::{Exit, Failure},
    output::text::safe,
    pool::Pool,
};

/// What a person names: a magnet link, a .torrent file that is there (by its ending, or by a path), or else an item of
/// the pool, which a path in the repository may name, too.
pub fn what(text: &str, repository: &Path) -> Result<What, Failure> {
    let path = Path::new(text);
    let is_torrent = text.ends_with(".torrent") || text.contains('/');
    let inside = name_in(repository, text).filter(|name| !name.ends_with(".torrent"));
    if text.starts_with("magnet:") {
        Ok(What::Magnet(text.to_owned()))
    } else if let Some(name) = inside {
        Ok(What::Item(name))
    } else if is_torrent && path.is_file() {
        let bytes = fs::read(path).map_err(Failure::file("read", path))?;
        Ok(What::Torrent(torrent_to_base64(&bytes)))
    } else {
        match text.strip_prefix("./").unwrap_or(text).trim_end_matches('/') {
            path if path.contains('/') => {
                let message = format!("there is no file {}, and no item has a name with `/`", safe(text));
                Err(Failure::told(Exit::NotFound, message))
            }
            name => Ok(What::Item(name.to_owned())),
        }
    }
}

/// Everything that a person names by one text: what [`what`] reads, or all items of the pool that it is a pattern of. An
/// item that is called exactly so goes before the pattern.
pub async fn wanted(client: &Client, text: &str) -> Result<Vec<What>, Failure> {
    let what = what(text, client.repository())?;
    let (What::Item(name), mut pool) = (&what, Pool::Peer(client.clone())) else { return Ok(vec![what]) };
    let Some(pattern) = Pattern::parse(name) else { return Ok(vec![what]) };
    let mut names: Vec<String> =
        items_like(&mut pool, name, &pattern).await?.into_iter().map(|item| item.name).collect();
    names.sort();
    names.dedup();
    match names.is_empty() {
        // It may be called so, and known here alone.
        true => Ok(vec![what]),
        false => Ok(names.into_iter().map(What::Item).collect()),
    }
}
