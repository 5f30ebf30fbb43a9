//! What the tracker is asked for people: the catalogue, holders and peers.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use peerpool_api::{Code, Holder, Item, ItemPage, ItemQuery, PeerPage, PoolList, PoolPeer, Start};
use peerpool_wire::{
    channel::{self, Cursor, Page, Target, ToPeer, ToTracker},
    id::InfoHash,
};

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::channel::{AskError, State as ChannelState};

/// How long joining waits for what is still being hashed; the rest is registered as it is ready.
const LOOK: Duration = Duration::from_secs(10);
/// Items of a page when nobody says how many.
const PAGE: u32 = 200;

pub(super) async fn start(State(app): State<App>, Json(start): Json<Start>) -> Answer<PoolList> {
    app.stays().await?;
    let state = app.channel.state();
    let current = match &state {
        ChannelState::NotStarted => None,
        ChannelState::Connecting { url }
        | ChannelState::Connected { url, .. }
        | ChannelState::Reconnecting { url, .. } => Some(url.clone()),
    };
    let url = start.tracker.or(current.clone()).or(app.tracker.clone());
    let url = url.ok_or_else(|| Refusal::new(Code::BadRequest, "which tracker? say `start ADDR:PORT`"))?;
    let connected = matches!(&state, ChannelState::Connected { .. }) && current.as_ref() == Some(&url);
    if !connected {
        app.channel.connect(url).await?;
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
    let limit = query.limit.unwrap_or(PAGE).clamp(1, channel::MAX_BATCH as u32);
    let cursor = query.cursor.map(Cursor);
    let page = app.channel.list(query.search.unwrap_or_default(), cursor, limit, query.offline).await?;
    Ok(Json(page.into()))
}

pub(super) async fn holders(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<Vec<Holder>> {
    let (item, holders) = app.channel.locate(Target::InfoHash(item)).await?;
    let all = item.map_or(0, |item| item.pieces);
    Ok(Json(holders.into_iter().map(|holder| Holder::new(holder, all)).collect()))
}

pub(super) async fn peers(State(app): State<App>) -> Answer<PeerPage> {
    let ToPeer::PeerList { peers, total, .. } =
        app.channel.ask(|request| ToTracker::Peers { request }).await?
    else {
        return Err(AskError::Unexpected.into());
    };
    let this = app.node(|node| node.peer_id()).await?;
    let peers = peers.into_iter().map(|peer| PoolPeer { this: peer.peer_id == this, ..peer.into() });
    Ok(Json(PeerPage { peers: peers.collect(), total }))
}
