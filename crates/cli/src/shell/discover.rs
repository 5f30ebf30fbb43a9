//! Trackers that announce themselves on the local network (mDNS, DNS-SD).

use std::{fmt, net::SocketAddr, time::Duration};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};

use crate::output::text::safe;

/// What trackers announce themselves as.
pub const SERVICE: &str = "_peerpool._tcp.local.";
/// How long to listen for answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// A tracker that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `ADDR:PORT`.
    pub address: String,
    /// What it calls itself.
    pub name: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", safe(&self.name), self.address)
    }
}

/// The trackers that answered within about a second. None when the network cannot be asked.
pub async fn trackers() -> Vec<Found> {
    let mut found = Vec::new();
    match listen(&mut found).await {
        Ok(()) => {}
        Err(error) => tracing::debug!(%error, "cannot look for trackers on the local network"),
    }
    found
}

async fn listen(found: &mut Vec<Found>) -> Result<(), mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let answers = daemon.browse(SERVICE)?;
    let collect = async {
        while let Ok(event) = answers.recv_async().await {
            if let ServiceEvent::ServiceResolved(service) = event {
                // A tracker on this machine answers at several addresses: the first is enough.
                found
                    .extend(tracker(&service).filter(|one| found.iter().all(|other| other.name != one.name)));
            }
        }
    };
    // The time is what ends it.
    let _ = tokio::time::timeout(PATIENCE, collect).await;
    daemon.shutdown()?;
    Ok(())
}

/// Its address, IPv4 first, since that needs no zone.
fn tracker(service: &ResolvedService) -> Option<Found> {
    let mut addresses: Vec<_> = service.addresses.iter().map(|scoped| scoped.to_ip_addr()).collect();
    addresses.sort_by_key(|address| (address.is_loopback(), *address));
    let address = SocketAddr::new(*addresses.first()?, service.port).to_string();
    let name = service.fullname.split('.').next().unwrap_or_default().to_owned();
    Some(Found { address, name })
}
