//! The addresses at which this machine is.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr, UdpSocket},
};

use peerpool_access::key::PublicKey;
use peerpool_wire::channel::{Holder, MAX_LISTENS};

/// Where a peer is, by what somebody told.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its addresses, first the one that it is known by.
    pub(crate) addrs: Vec<SocketAddr>,
    /// Its key, in a pool for members: whoever else is there is not talked to.
    pub(crate) key: Option<PublicKey>,
}

impl From<SocketAddr> for Place {
    fn from(addr: SocketAddr) -> Self {
        Self { addrs: vec![addr], key: None }
    }
}

impl From<&Holder> for Place {
    fn from(holder: &Holder) -> Self {
        Self { addrs: holder.addresses.clone(), key: holder.key.map(|key| PublicKey(key.0)) }
    }
}

/// Where somebody who listens at this address is reached: an unspecified one means every interface. First those that
/// other machines may reach.
pub(crate) fn listens(listen: SocketAddr) -> Vec<SocketAddr> {
    if !listen.ip().is_unspecified() {
        return vec![listen];
    }
    let both = listen.is_ipv6();
    let mut all: Vec<IpAddr> = of_this_machine().into_iter().filter(|ip| both || ip.is_ipv4()).collect();
    all.sort_by_key(|ip| (ip.is_loopback(), *ip));
    all.into_iter().take(MAX_LISTENS).map(|ip| SocketAddr::new(ip, listen.port())).collect()
}

/// The addresses of all interfaces, but those that mean something on one link alone.
pub(crate) fn of_this_machine() -> BTreeSet<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::debug!(%error, "the interfaces of this machine are not known");
        Vec::new()
    });
    interfaces.into_iter().map(|interface| interface.ip()).filter(|ip| !is_of_one_link(ip)).collect()
}

fn is_of_one_link(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Whether this machine has lost an address: what is connected from there will hear nothing any more.
pub(crate) fn is_gone(ip: IpAddr) -> bool {
    match UdpSocket::bind((ip, 0)) {
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::AddrNotAvailable && !is_of_one_link(&ip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_in_particular_is_the_only_one() {
        let listen = "127.0.0.1:7000".parse().unwrap();
        assert_eq!(listens(listen), [listen]);
    }

    #[test]
    fn an_unspecified_address_means_those_of_the_interfaces() {
        let v4 = listens("0.0.0.0:7000".parse().unwrap());
        assert!(v4.contains(&"127.0.0.1:7000".parse().unwrap()), "{v4:?}");
        assert!(v4.iter().all(|addr| addr.is_ipv4() && !addr.ip().is_unspecified()), "{v4:?}");
        let both = listens("[::]:7000".parse().unwrap());
        assert!(v4.iter().all(|addr| both.contains(addr)) || both.len() == MAX_LISTENS, "{both:?}");
    }

    #[test]
    fn an_address_that_this_machine_does_not_have_is_gone() {
        assert!(!is_gone("127.0.0.1".parse().unwrap()));
        // TEST-NET-1 of RFC 5737 is nobody's.
        assert!(is_gone("192.0.2.1".parse().unwrap()));
    }
}
