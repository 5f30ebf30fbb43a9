//! Items that the tracker cannot describe, known by a magnet link alone or by the tracker's list: peers are asked for the
//! metadata.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerpool_api::{Download, Get};
use peerpool_wire::{channel::Failure, id::InfoHash, magnet::Magnet};
use tracing::Instrument as _;

use super::{Getter, begin::Plan, error::GetError};
use crate::{
    channel::AskError,
    code::Coded as _,
    metadata,
    node::{MetadataTask, NodeError},
};

/// How long the names of peers in a link are looked up.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Whether peers can be asked, after the tracker could not tell. Without a link that is of use where the tracker lists the item:
/// it has lost what describes it, or another node of the pool has not written that yet.
pub(super) fn may_ask_peers(magnet: Option<&Magnet>, refused: &AskError) -> bool {
    match refused {
        AskError::Failed(Failure::NoMetainfo { .. }) => true,
        AskError::Failed(Failure::NotFound { .. }) => magnet.is_some(),
        _ => magnet.is_some_and(|magnet| !magnet.peers.is_empty()),
    }
}

/// Where the link says that peers are. What cannot be found is passed over.
pub(super) async fn addresses(magnet: &Magnet) -> Vec<SocketAddr> {
    let looking = async {
        let mut addrs = Vec::new();
        for peer in &magnet.peers {
            if let Ok(found) = tokio::net::lookup_host(peer.as_str()).await {
                addrs.extend(found.take(1));
            }
        }
        addrs
    };
    tokio::time::timeout(LOOK_UP, looking).await.unwrap_or_default()
}

impl Getter {
    /// Has peers asked for the metadata; the download follows by itself. Returns the download that waits.
    pub(super) async fn get_by_metadata(&self, magnet: &Magnet, get: Get) -> Result<Download, GetError> {
        let item = magnet.hash;
        let addrs = addresses(magnet).await;
        let name = get.save_as.clone().or(magnet.name.clone()).unwrap_or_else(|| item.short());
        if let Some(task) = self.node(move |node| node.fetch_metadata(item, name)).await? {
            let getter = self.clone();
            let fetching = async move {
                tokio::select! {
                    () = getter.shutdown.cancelled() => {}
                    () = getter.fetch_metadata_and_begin(item, addrs, get, task) => {}
                }
            };
            tokio::spawn(fetching.instrument(tracing::info_span!("metadata", item = %item.short())));
        }
        let waiting = self.node(move |node| node.view_download(&item)).await?;
        Ok(waiting.ok_or(NodeError::NoDownload(item))?)
    }

    /// Asks for as long as somebody wants to know, and then begins the download.
    async fn fetch_metadata_and_begin(
        &self,
        item: InfoHash,
        addrs: Vec<SocketAddr>,
        get: Get,
        mut task: MetadataTask,
    ) {
        let mut running = task.running.clone();
        while running.wait_for(|running| *running).await.is_ok() {
            let outcome = tokio::select! {
                outcome = self.fetch_metadata(item, &addrs, &get, &mut task) => outcome,
                stopped = running.wait_for(|running| !*running) => match stopped {
                    Ok(_) => continue,
                    Err(_) => return,
                },
            };
            let told = match outcome {
                Ok(()) => self.node(move |node| node.end_metadata(&item)).await.map(drop),
                Err(error) => {
                    let (code, cause) = (error.code(), error.to_string());
                    self.node(move |node| node.fail_metadata(&item, code, cause)).await
                }
            };
            if told.is_err() {
                return;
            }
        }
    }

    async fn fetch_metadata(
        &self,
        item: InfoHash,
        addrs: &[SocketAddr],
        get: &Get,
        task: &mut MetadataTask,
    ) -> Result<(), GetError> {
        let MetadataTask { environment, candidates, .. } = task;
        let metainfo = Arc::new(metadata::fetch(environment, item, addrs, candidates).await?);
        let addrs = addrs.to_vec();
        self.begin(Plan { metainfo, holders: Vec::new(), addrs, asked: None, get }).await.map(drop)
    }
}
