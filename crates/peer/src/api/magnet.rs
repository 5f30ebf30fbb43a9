//! Downloads of items that are known by a magnet link alone, and that the tracker cannot describe.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerpool_api::{ApiError, Code, Download, Get};
use peerpool_wire::{channel::Failure, id::InfoHash, magnet::Magnet};

use super::{
    App,
    get::begin,
    refusal::{Answer, Refusal},
};
use crate::{channel::AskError, metadata, node::Describing};

/// How long the names of peers in a link are looked up.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Whether peers can be asked, after the tracker could not tell.
pub(super) fn may_ask_peers(magnet: &Magnet, refused: &AskError) -> bool {
    match refused {
        AskError::Failed(Failure::NotFound { .. } | Failure::NoMetainfo { .. }) => true,
        _ => !magnet.peers.is_empty(),
    }
}

/// Begins to ask peers what the item is; the download follows by itself. Answers with the download that waits.
pub(super) async fn describe(app: &App, magnet: Magnet, get: Get) -> Answer<Download> {
    let item = magnet.hash;
    let addrs = addresses(&magnet).await;
    let name = get.save_as.clone().or(magnet.name.clone()).unwrap_or_else(|| item.short());
    if let Some(describing) = app.node(move |node| node.describe(item, name)).await? {
        let app = app.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = app.ending.cancelled() => {}
                () = learn_and_begin(&app, item, addrs, get, describing) => {}
            }
        });
    }
    app.download(item).await
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

/// Asks for as long as somebody wants to know, and then begins the download.
async fn learn_and_begin(
    app: &App,
    item: InfoHash,
    addrs: Vec<SocketAddr>,
    get: Get,
    mut describing: Describing,
) {
    let mut running = describing.running.clone();
    while running.wait_for(|running| *running).await.is_ok() {
        let outcome = tokio::select! {
            outcome = learn(app, item, &addrs, &get, &mut describing) => outcome,
            stopped = running.wait_for(|running| !*running) => match stopped {
                Ok(_) => continue,
                Err(_) => return,
            },
        };
        let told = match outcome {
            Ok(()) => app.node(move |node| node.end_description(&item)).await.map(drop),
            Err(refusal) => {
                let ApiError { code, message, .. } = refusal.into();
                app.node(move |node| node.fail_description(&item, code, message)).await
            }
        };
        if told.is_err() {
            return;
        }
    }
}

async fn learn(
    app: &App,
    item: InfoHash,
    addrs: &[SocketAddr],
    get: &Get,
    describing: &mut Describing,
) -> Result<(), Refusal> {
    let metainfo = metadata::fetch(&describing.environment, item, addrs, &mut describing.candidates).await;
    let metainfo = metainfo.map_err(|error| Refusal::new(Code::RefusedTorrent, error.to_string()))?;
    begin(app, Arc::new(metainfo), Vec::new(), addrs.to_vec(), get, None).await
}
