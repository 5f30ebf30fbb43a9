//! Announces the tracker on the local network (mDNS, DNS-SD), so that peers find it without being told.

use std::net::SocketAddr;

use mdns_sd::{ServiceDaemon, ServiceInfo};
use peerpool_wire::id::TrackerId;

use crate::machine::host_name;

/// The service type that peers look for.
const SERVICE: &str = "_peerpool._tcp.local.";

/// An announcement; it ends when it is withdrawn or dropped.
pub(crate) struct Announcement {
    daemon: ServiceDaemon,
    name: String,
}

impl Announcement {
    /// Announces a tracker that listens on `address`. None, with a warning, when that does not work: a tracker
    /// serves whoever knows its address. A tracker that only this machine can reach is announced to nobody.
    pub(crate) fn start(address: SocketAddr, id: TrackerId, name: &str) -> Option<Self> {
        if address.ip().is_loopback() {
            return None;
        }
        match announce(address, id, name) {
            Ok(announcement) => Some(announcement),
            Err(error) => {
                tracing::warn!(%error, "the local network is not told of this tracker: give peers its address");
                None
            }
        }
    }

    /// Takes the announcement back.
    pub(crate) fn withdraw(self) {
        // The network forgets it by itself after a while.
        let _ = self.daemon.unregister(&self.name);
        let _ = self.daemon.shutdown();
    }
}

fn announce(address: SocketAddr, id: TrackerId, name: &str) -> Result<Announcement, mdns_sd::Error> {
    let id = id.to_string();
    let instance = format!("{name} {}", &id[..8]);
    let host = format!("{}-{}.local.", host_label(), &id[..8]);
    let properties = [("id", id.as_str()), ("name", name)];
    let mut service = ServiceInfo::new(SERVICE, &instance, &host, "", address.port(), &properties[..])?;
    service = match address.ip() {
        ip if ip.is_unspecified() => service.enable_addr_auto(),
        ip => ServiceInfo::new(SERVICE, &instance, &host, ip, address.port(), &properties[..])?,
    };
    let daemon = ServiceDaemon::new()?;
    let name = service.get_fullname().to_owned();
    daemon.register(service)?;
    Ok(Announcement { daemon, name })
}

/// The first label of this machine's name, as far as DNS allows it.
fn host_label() -> String {
    let name = host_name();
    let label = name.split('.').next().unwrap_or_default();
    let label: String = label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    if label.is_empty() { "peerpool".to_owned() } else { label }
}
