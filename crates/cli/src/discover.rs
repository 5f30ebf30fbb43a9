//! Trackers that announce themselves on the local network (mDNS, DNS-SD).
//!
//! A tracker answers once for each of its interfaces. All its addresses are collected for a moment, under its id, and tried in
//! turn: an address counts when that very tracker answers there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use peerpool_api::{Code, Error, Health, TrackerClient, TrackerUrl, paths};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{device, output::text::safe};

/// What trackers announce themselves as.
pub const SERVICE: &str = "_peerpool._tcp.local.";
/// How long to listen for answers, when there are none.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How long to wait for more answers after one: a tracker gives one for each of its interfaces.
const MORE: Duration = Duration::from_millis(700);
/// How long one address may take to answer.
const TRY: Duration = Duration::from_millis(1500);

/// A tracker that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub url: TrackerUrl,
    /// What it calls itself.
    pub name: String,
    /// Whether its pool is open to this device.
    pub standing: Standing,
}

/// What a pool is to this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Open to everybody.
    Open,
    /// For members, and joined.
    Joined,
    /// For members, and not joined.
    Strange,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = match self.standing {
            Standing::Open => "",
            Standing::Joined => " (for members; joined)",
            Standing::Strange => " (for members; not joined)",
        };
        write!(f, "{} at {}{standing}", safe(&self.name), self.url)
    }
}

/// What a tracker announced, over all interfaces.
#[derive(Debug, Default)]
struct Announced {
    name: String,
    addresses: BTreeSet<SocketAddr>,
}

/// The trackers that answered within a few seconds, by name. None when the network cannot be asked.
pub async fn trackers() -> Vec<Found> {
    let mut announced = BTreeMap::new();
    if let Err(error) = listen(&mut announced).await {
        tracing::debug!(%error, "cannot look for trackers on the local network");
    }
    let answers: JoinSet<_> =
        announced.into_iter().map(|(id, tracker)| first_that_answers(id, tracker)).collect();
    let mut found: Vec<Found> = answers.join_all().await.into_iter().flatten().collect();
    found.sort_by(|a, b| (&a.name, &a.url).cmp(&(&b.name, &b.url)));
    found
}

async fn listen(announced: &mut BTreeMap<String, Announced>) -> Result<(), mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let answers = daemon.browse(SERVICE)?;
    let mut end = Instant::now() + PATIENCE;
    // The time is what ends it.
    while let Ok(Ok(event)) = timeout_at(end, answers.recv_async()).await {
        if let ServiceEvent::ServiceResolved(service) = event {
            add(announced, &service);
            end = end.min(Instant::now() + MORE);
        }
    }
    daemon.shutdown()?;
    Ok(())
}

fn add(announced: &mut BTreeMap<String, Announced>, service: &ResolvedService) {
    let of = |key| service.txt_properties.get_property_val_str(key);
    // What has no id is told apart by all that it has.
    let tracker = announced.entry(of("id").unwrap_or(&service.fullname).to_owned()).or_default();
    tracker.name = of("name").unwrap_or(&service.fullname).to_owned();
    let addresses = service.addresses.iter().map(|scoped| SocketAddr::new(scoped.to_ip_addr(), service.port));
    tracker.addresses.extend(addresses);
}

/// The tracker under the best of its addresses at which it answers.
async fn first_that_answers(id: String, tracker: Announced) -> Option<Found> {
    for address in in_order(&tracker.addresses, is_near) {
        let url = TrackerUrl::from(address);
        match tokio::time::timeout(TRY, standing(&url, &id)).await {
            Ok(Some(standing)) => return Some(Found { url, name: tracker.name, standing }),
            _ => tracing::debug!(%address, "a tracker does not answer where it announced itself"),
        }
    }
    None
}

/// What the pool of the tracker with this id is to this device, if that tracker answers there. Which one it is of a pool that
/// was not joined it tells nobody.
async fn standing(url: &TrackerUrl, id: &str) -> Option<Standing> {
    let is_it = |health: &Health| health.tracker_id.to_string() == id;
    match TrackerClient::new(url.clone()).ok()?.health().await {
        Ok(health) => is_it(&health).then_some(Standing::Open),
        Err(Error::Refused(refusal)) if refusal.code == Code::MembersOnly => {
            match device::joined_at(url).await.ok()? {
                Some(mut tracker) => {
                    let health = tracker.get(paths::HEALTH).await.ok()?;
                    is_it(&health).then_some(Standing::Joined)
                }
                None => Some(Standing::Strange),
            }
        }
        Err(_) => None,
    }
}

/// This machine first, then its networks, then others; networks inside a machine last. Link-local IPv6 addresses mean nothing
/// without a zone, which is another one on each machine.
fn in_order(announced: &BTreeSet<SocketAddr>, is_near: impl Fn(IpAddr) -> bool) -> Vec<SocketAddr> {
    let mut addresses: BTreeSet<SocketAddr> = announced.clone();
    // Whoever listens everywhere does not announce these; only the tracker itself answers with its id.
    for port in announced.iter().map(SocketAddr::port) {
        addresses.insert((Ipv4Addr::LOCALHOST, port).into());
    }
    let mut addresses: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| !matches!(address.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local()))
        .collect();
    addresses.sort_by_key(|address| {
        let ip = address.ip();
        (!ip.is_loopback(), is_inside_a_machine(ip), !is_near(ip), ip.is_ipv6(), *address)
    });
    addresses
}

/// Where Docker and libvirt put their bridges: the same addresses on every machine.
fn is_inside_a_machine(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => matches!(ip.octets(), [172, 17..=31, _, 1] | [192, 168, 122, 1] | [10, 0, 3, 1]),
        IpAddr::V6(_) => false,
    }
}

/// Whether packets for there leave from an address of the same network (IPv4 /24, IPv6 /64).
fn is_near(ip: IpAddr) -> bool {
    let from: SocketAddr = match ip {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    // Connecting a datagram socket sends nothing.
    let local = UdpSocket::bind(from).and_then(|socket| {
        socket.connect((ip, 9))?;
        socket.local_addr()
    });
    match (local.map(|local| local.ip()), ip) {
        (Ok(IpAddr::V4(own)), IpAddr::V4(ip)) => own.octets()[..3] == ip.octets()[..3],
        (Ok(IpAddr::V6(own)), IpAddr::V6(ip)) => own.octets()[..8] == ip.octets()[..8],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tried_from_the_nearest_to_those_inside_a_machine() {
        let announced: BTreeSet<SocketAddr> =
            ["172.17.0.1:6969", "10.9.9.9:6969", "[fe80::1]:6969", "192.168.1.5:6969", "[2001:db8::5]:6969"]
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
        let near = |ip: IpAddr| ip.to_string().starts_with("192.168.1.");
        let order: Vec<String> = in_order(&announced, near).iter().map(ToString::to_string).collect();
        let expected =
            ["127.0.0.1:6969", "192.168.1.5:6969", "10.9.9.9:6969", "[2001:db8::5]:6969", "172.17.0.1:6969"];
        assert_eq!(order, expected);
    }
}
