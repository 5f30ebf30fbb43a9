//! The control API, exactly as `peerpool_api` describes it: HTTP over the repository's Unix socket, and for browsers, once
//! that is asked for, at a door on TCP.

mod browser_routes;
mod browsers;
mod content;
mod control_socket;
mod events;
mod gateway;
mod get;
mod health;
mod limits;
mod live;
mod pool;
mod refusal;
mod reload;
mod remove;
mod routes;
mod server;
mod serving;
mod shares;
mod uploads;

use std::sync::Arc;

use peerpool_api::Trackers;
use peerpool_repository::Repository;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    browsers::BrowserDoor, gateway::start as start_gateway, live::Live, server::ControlServer,
    uploads::expire_uploads,
};
use crate::{
    ReloadRequest, channel::ChannelHandle, get::Getter, limits::LimitsHandle, metrics::Exporter,
    node::NodeHandle, scanner::ScannerHandle, told::Told,
};

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) node: NodeHandle,
    pub(crate) channel: ChannelHandle,
    pub(crate) scanner: ScannerHandle,
    pub(crate) limits: LimitsHandle,
    pub(crate) getter: Getter,
    pub(crate) events: broadcast::Sender<Told>,
    pub(crate) live: Live,
    /// How many clients keep the peer from leaving.
    pub(crate) holders: watch::Sender<usize>,
    pub(crate) browsers: BrowserDoor,
    pub(crate) repository: Arc<Repository>,
    /// The tracker that was given at the start.
    pub(crate) tracker: Option<Trackers>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) exporter: Exporter,
    /// Who reads the configuration again.
    pub(crate) reloads: Option<mpsc::Sender<ReloadRequest>>,
}
