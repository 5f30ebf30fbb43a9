//! `peerpool tracker`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
};

use peerpool_api::TrackerUrl;
use peerpool_tracker::{Config, Tracker};

use crate::{args, exit::Failure, output::say, signals};

const EVERYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), TrackerUrl::DEFAULT_PORT);

impl From<args::Tracker> for Config {
    fn from(args: args::Tracker) -> Self {
        Self {
            listen: args.listen.unwrap_or(EVERYWHERE),
            data: args.data,
            name: args.name,
            announce_on_lan: !args.no_discovery,
            hosts: args.hosts,
        }
    }
}

pub(super) async fn run(args: args::Tracker) -> Result<(), Failure> {
    // Whoever reads `ready` may send a signal at once.
    let mut interrupt = pin!(signals::interrupted());
    let tracker = tokio::select! {
        biased;
        () = &mut interrupt => return Ok(()),
        started = Tracker::start(args.into()) => started?,
    };
    let address = tracker.addr();
    let said = say(&format!(
        "ready tracker {} id {} port {}",
        TrackerUrl::from(address),
        tracker.id(),
        address.port()
    ));
    if said.is_ok() {
        interrupt.await;
    }
    tracker.shutdown().await;
    said
}
