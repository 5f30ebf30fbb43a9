//! What the tracker is asked for people: the catalogue, holders and peers.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use peerpool_api::{
    Code, FilePage, FileQuery, Holder, HolderPage, HolderQuery, Item, ItemDetail, ItemPage, ItemQuery,
    PeerPage, PeerQuery, PoolList, PoolPeer, Start,
};
use peerpool_wire::{
    channel::{self, ItemSearch, Page, PeerSearch, Target, ToPeer, ToTracker},
    id::InfoHash,
    magnet::Magnet,
};

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::channel::{AskError, State as ChannelState};

/// How long joining waits for what is still being hashed; the rest is registered as it is ready.
const LOOK: Duration = Duration::from_secs(10);
/// Holders on a page when nobody says how many.
const HOLDERS: u32 = 100;

pub(super) async fn start(State(app): State<App>, Json(start): Json<Start>) -> Answer<PoolList> {
    app.stays().await?;
    let current = app.channel.named();
    let wanted = start.tracker.or(current.clone()).or(app.tracker.clone());
    let wanted =
        wanted.ok_or_else(|| Refusal::new(Code::BadRequest, "which tracker? say `start ADDR:PORT`"))?;
    let is_connected = matches!(app.channel.state(), ChannelState::Connected { .. });
    if !is_connected || current.as_ref() != Some(&wanted) {
        app.channel.connect(wanted).await?;
    }
    look(&app).await?;
    let page = app.channel.list(String::new(), None, channel::MAX_BATCH as u32, false).await?;
    Ok(pool_list(page, Vec::new()))
}

pub(super) async fn update(State(app): State<App>) -> Answer<PoolList> {
    if app.channel.state() == ChannelState::NotStarted {
        return Err(crate::TrackerError::NotStarted.into());
    }
    look(&app).await?;
    match app.channel.ask(|request| ToTracker::Update { request }).await? {
        ToPeer::Updated { page, silent, .. } => {
            let silent = silent.into_iter().map(|peer| peer.name).collect();
            Ok(pool_list(page, silent))
        }
        _ => Err(AskError::Unexpected.into()),
    }
}

/// Looks at the repository, and has what was found told to the tracker before anything else.
async fn look(app: &App) -> Result<(), Refusal> {
    let _ = tokio::time::timeout(LOOK, app.scanner.refresh()).await;
    app.node(|node| node.register_now()).await
}

fn pool_list(page: Page, silent: Vec<String>) -> Json<PoolList> {
    let more = page.next.is_some();
    Json(PoolList { items: page.items.into_iter().map(Item::from).collect(), more, silent })
}

pub(super) async fn items(State(app): State<App>, Query(query): Query<ItemQuery>) -> Answer<ItemPage> {
    let mut search = ItemSearch::from(query);
    check("search", &search.text, channel::MAX_QUERY)?;
    check("holder", search.holder.as_deref().unwrap_or_default(), channel::MAX_NAME)?;
    search.limit = search.limit.min(channel::MAX_BATCH as u32);
    Ok(Json(app.channel.search(search).await?))
}

pub(super) async fn item(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<ItemDetail> {
    let (item, holders, twins, variants) = app.channel.detail(item).await?;
    let announce = match app.channel.state() {
        ChannelState::Connected { url, .. } => Some(url.announce()),
        _ => None,
    };
    let mut magnet = Magnet::new(item.info_hash);
    magnet.name = Some(item.name.clone());
    magnet.trackers = announce.into_iter().collect();
    Ok(Json(ItemDetail {
        magnet: magnet.to_string(),
        holders: holders.into_iter().map(|holder| Holder::new(holder, item.pieces)).collect(),
        twins: twins.into_iter().map(|twin| twin.item.into()).collect(),
        variants: variants.into_iter().map(Item::from).collect(),
        item: item.into(),
    }))
}

pub(super) async fn files(
    State(app): State<App>,
    Path(item): Path<InfoHash>,
    Query(query): Query<FileQuery>,
) -> Answer<FilePage> {
    let search = query.of(item);
    check("under", &search.under, channel::MAX_FILE_PATH)?;
    let under = search.under.clone();
    Ok(Json(FilePage::new(app.channel.files(search).await?, &under)))
}

pub(super) async fn holders(
    State(app): State<App>,
    Path(item): Path<InfoHash>,
    Query(query): Query<HolderQuery>,
) -> Answer<HolderPage> {
    let (found, _) = app.channel.locate(Target::InfoHash(item)).await?;
    let all = found.map_or(0, |item| item.pieces);
    let (offset, limit) = (query.offset.unwrap_or_default(), query.limit.unwrap_or(HOLDERS));
    Ok(Json(HolderPage::new(app.channel.holders(item, offset, limit).await?, all)))
}

pub(super) async fn peers(State(app): State<App>, Query(query): Query<PeerQuery>) -> Answer<PeerPage> {
    let search = PeerSearch::from(query);
    check("search", &search.text, channel::MAX_QUERY)?;
    let found = app.channel.find_peers(search).await?;
    let this = app.node(|node| node.peer_id()).await?;
    let peers = found.peers.into_iter().map(|peer| PoolPeer { this: peer.peer_id == this, ..peer.into() });
    Ok(Json(PeerPage { peers: peers.collect(), total: found.total }))
}

/// Refuses a text that is longer than the channel carries.
fn check(parameter: &str, text: &str, most: usize) -> Result<(), Refusal> {
    match text.len() > most {
        true => Err(Refusal::new(Code::BadRequest, format!("`{parameter}` has more than {most} bytes"))),
        false => Ok(()),
    }
}
