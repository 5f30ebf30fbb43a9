//! What every handler of a request works with.

use std::{sync::Arc, time::Instant};

use axum::extract::FromRef;
use peerpool_web::guard::Guard;
use peerpool_wire::id::TrackerId;

use crate::{
    catalogue_task::CatalogueHandle,
    channel::Channels,
    feed::Feed,
    followers::Followers,
    gateway::Gateway,
    https::Https,
    links::Links,
    members::{MembersHandle, Passwords},
    memory::MessageMemory,
    oidc::Oidc,
    search::SearchHandle,
    slots::Slots,
    store::StoreHandle,
};

/// What the tracker says of itself.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: TrackerId,
    pub(crate) started: Instant,
}

/// What a handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) catalogue: CatalogueHandle,
    pub(crate) store: StoreHandle,
    pub(crate) tracker: Arc<Identity>,
    pub(crate) channels: Channels,
    pub(crate) search: SearchHandle,
    pub(crate) memory: MessageMemory,
    pub(crate) guard: Guard,
    pub(crate) slots: Slots,
    pub(crate) followers: Followers,
    pub(crate) feed: Feed,
    pub(crate) gateway: Gateway,
    /// None in an open pool.
    pub(crate) members: Option<MembersHandle>,
    pub(crate) passwords: Passwords,
    /// None in an open pool.
    pub(crate) https: Option<Https>,
    /// None where the tracker is no node.
    pub(crate) links: Option<Links>,
    /// None where nobody signs in elsewhere.
    pub(crate) oidc: Option<Oidc>,
}

impl FromRef<App> for CatalogueHandle {
    fn from_ref(app: &App) -> Self {
        app.catalogue.clone()
    }
}
