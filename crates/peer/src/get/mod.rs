//! Getting an item: finds out what is meant, and then goes on with what there is of it, or begins its download.

mod begin;
mod error;
mod find;
mod magnet;
mod names;
pub(crate) mod succession;
mod torrent;

use std::sync::Arc;

use peerpool_api::{Download, Get, What};
use peerpool_repository::Repository;
use peerpool_wire::{channel::Holder, id::InfoHash, magnet::Magnet, metainfo::Metainfo};
use tokio_util::sync::CancellationToken;

use self::begin::Plan;
pub(crate) use self::{error::GetError, torrent::read_metainfo};
use crate::{
    channel::ChannelHandle,
    node::{Node, NodeError, NodeHandle, Reuse, SaveAs},
};

/// Gets items.
#[derive(Clone, Debug)]
pub(crate) struct Getter {
    pub(crate) node: NodeHandle,
    pub(crate) channel: ChannelHandle,
    pub(crate) repository: Arc<Repository>,
    pub(crate) shutdown: CancellationToken,
}

/// What is meant, with what is known of it so far.
struct Found {
    item: InfoHash,
    metainfo: Option<Arc<Metainfo>>,
    holders: Vec<Holder>,
    /// The item's name in the pool, when it was found by that.
    asked: Option<String>,
    /// The link by which it was found.
    magnet: Option<Magnet>,
}

impl Found {
    fn new(item: InfoHash) -> Self {
        Self { item, metainfo: None, holders: Vec::new(), asked: None, magnet: None }
    }
}

impl Getter {
    /// Has an item, or single files of it, fetched. Returns the download as it stands then: it goes on by itself.
    ///
    /// # Errors
    ///
    /// When nothing of the pool is meant, or several items are; when it cannot be saved under its name; when neither
    /// the tracker nor a peer can be asked what it is.
    pub(crate) async fn get(&self, get: Get) -> Result<Download, GetError> {
        let save_as = match &get.save_as {
            Some(name) => Some(self.check_name(name).await?),
            None => None,
        };
        let found = self.find(&get.what).await?;
        let item = match self.reuse(found.item, save_as).await? {
            Reuse::Known(download) => return Ok(*download),
            Reuse::New(item) => item,
        };
        let metainfo = match found.metainfo {
            Some(metainfo) => metainfo,
            None => match self.fetch_metainfo(item).await {
                Err(GetError::Ask(refused)) if magnet::may_ask_peers(found.magnet.as_ref(), &refused) => {
                    let unnamed = || Magnet { name: found.asked.clone(), ..Magnet::new(item) };
                    return self.get_by_metadata(&found.magnet.unwrap_or_else(unnamed), get).await;
                }
                fetched => fetched?,
            },
        };
        // What was asked for by one of its hashes may be known under all of them.
        if let Reuse::Known(download) = self.reuse(metainfo.info.hash(), None).await? {
            return Ok(*download);
        }
        let addrs = match &found.magnet {
            Some(magnet) => magnet::addresses(magnet).await,
            None => Vec::new(),
        };
        self.begin(Plan { metainfo, holders: found.holders, addrs, asked: found.asked, get: &get }).await
    }

    async fn find(&self, what: &What) -> Result<Found, GetError> {
        match what {
            What::Item(text) => self.find_by_name(text).await,
            What::Torrent(text) => {
                let metainfo = read_metainfo(text)?;
                Ok(Found { metainfo: Some(metainfo.clone()), ..Found::new(metainfo.info.hash()) })
            }
            What::Magnet(link) => {
                let magnet: Magnet = link.parse()?;
                Ok(Found { magnet: Some(magnet.clone()), ..Found::new(magnet.hash) })
            }
        }
    }

    async fn reuse(&self, item: InfoHash, save_as: Option<SaveAs>) -> Result<Reuse, GetError> {
        match self.node(move |node| node.reuse(&item, save_as)).await? {
            Err(NodeError::NameTaken { name }) => Err(self.taken(name)),
            reuse => Ok(reuse?),
        }
    }

    async fn node<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T, GetError> {
        self.node.with(call).await.ok_or(GetError::Ending)
    }
}
