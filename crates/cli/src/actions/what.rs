//! Reads what a person wants to get.

use std::{fs, path::Path};

use peerpool_api::{What, torrent_to_base64};

use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

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
                let message = format!("there is no file {}, and no item has a name with `/`", safe(text));
                Err(Failure::told(Exit::NotFound, message))
            }
            name => Ok(What::Item(name.to_owned())),
        }
    }
}
