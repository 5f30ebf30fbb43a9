//! What a person means by a name.

use peerpool_api::{Reading, naming, readings};
use peerpool_wire::channel::{Failure, Target};

use super::{Found, Getter, error::GetError};
use crate::channel::AskError;

/// Items looked at to find those whose name begins with what was written.
const PREFIXES: u32 = 100;
/// Items looked at to find those whose name is much like what was written.
const NAMES: u32 = 1000;

impl Getter {
    /// Finds a download of that name, or else an item of the pool.
    pub(super) async fn find_by_name(&self, text: &str) -> Result<Found, GetError> {
        let name = text.to_owned();
        if let Some(item) = self.node(move |node| node.find_download(&name)).await? {
            return Ok(Found::new(item));
        }
        for reading in readings(text) {
            let by_name = matches!(reading, Reading::Name(_));
            let target = match reading {
                Reading::Name(name) => Target::Name { name: name.to_owned(), hash_prefix: String::new() },
                Reading::NameAndHash(name, hash_prefix) => {
                    Target::Name { name: name.to_owned(), hash_prefix }
                }
                Reading::Hash(hash) => match hash.parse() {
                    Ok(item) => Target::InfoHash(item),
                    Err(_) => continue,
                },
            };
            match self.channel.locate(target).await {
                Ok((Some(item), holders)) => {
                    let asked = by_name.then_some(item.name);
                    return Ok(Found { holders, asked, ..Found::new(item.info_hash) });
                }
                Ok((None, _)) | Err(AskError::Failed(Failure::NotFound { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.unknown(text).await)
    }

    /// Nothing has that name; perhaps it was mistyped.
    async fn unknown(&self, text: &str) -> GetError {
        let begin: String = text.chars().take(3).collect();
        let near = self.channel.list(begin, None, PREFIXES, false);
        let any = self.channel.list(String::new(), None, NAMES, false);
        let (near, any) = tokio::join!(near, any);
        let pages = [near, any];
        let items = pages.iter().flatten().flat_map(|page| &page.items);
        let similar = naming::similar(items.map(|item| item.name.as_str()), text);
        let similar = similar.into_iter().map(str::to_owned).collect();
        GetError::Unknown { text: text.to_owned(), similar }
    }
}
