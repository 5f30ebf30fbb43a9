//! Which addresses are one network.

use std::{net::IpAddr, sync::Arc};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{channel::bounded, host::Network};

/// Most networks that are listed for sites.
pub const MAX_SITE_NETWORKS: usize = 1024;
/// Longest text of a listed network: an IPv6 address, a slash and three digits.
const MAX_TEXT: usize = 39 + 4;

/// Which addresses are one network: those of a *site*, as an administrator lists it, and of all others those of which
/// [`Network::of`] says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    /// With the number of their site, in the order of their addresses. None lies in another.
    listed: Arc<[(IpNet, u16)]>,
}

/// One network of a site, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteNetwork {
    /// Which site; a number that means nothing else.
    pub site: u16,
    /// In the notation of CIDR (RFC 4632, section 3.1), as `10.1.0.0/16`.
    #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
    pub network: String,
}

/// Why networks cannot be listed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SitesError {
    /// Addresses would be in two sites.
    #[error("{inner} lies in {outer}, which is listed for another site: an address belongs to one site")]
    Overlap {
        /// The smaller network, or the one that is listed later.
        inner: IpNet,
        /// The one that it lies in.
        outer: IpNet,
    },
    /// There are too many.
    #[error("more than {MAX_SITE_NETWORKS} networks are listed for sites: put some together")]
    TooMany,
}

impl Networks {
    /// With these networks, each with the number of its site.
    ///
    /// # Errors
    ///
    /// An address would be in two sites, or there are more than [`MAX_SITE_NETWORKS`].
    pub fn of_sites(networks: impl IntoIterator<Item = (IpNet, u16)>) -> Result<Self, SitesError> {
        let mut all: Vec<(IpNet, u16)> =
            networks.into_iter().map(|(net, site)| (net.trunc(), site)).collect();
        if all.len() > MAX_SITE_NETWORKS {
            return Err(SitesError::TooMany);
        }
        all.sort_by_key(|(net, _)| (net.network(), net.prefix_len()));
        let mut listed: Vec<(IpNet, u16)> = Vec::with_capacity(all.len());
        for (net, site) in all {
            match listed.last() {
                Some((outer, other)) if outer.contains(&net) => {
                    if site != *other {
                        return Err(SitesError::Overlap { inner: net, outer: *outer });
                    }
                }
                _ => listed.push((net, site)),
            }
        }
        Ok(Self { listed: listed.into() })
    }

    /// As somebody tells them. What cannot be listed so is left out with everything else: whoever tells that has no list.
    pub fn told(networks: &[SiteNetwork]) -> Self {
        let read = networks.iter().map(|told| Some((told.network.parse().ok()?, told.site)));
        let read: Option<Vec<_>> = read.collect();
        read.and_then(|networks| Self::of_sites(networks).ok()).unwrap_or_default()
    }

    /// As they are told.
    pub fn tell(&self) -> Vec<SiteNetwork> {
        self.iter().map(|(net, site)| SiteNetwork { site, network: net.to_string() }).collect()
    }

    /// Those that are listed, each with the number of its site.
    pub fn iter(&self) -> impl Iterator<Item = (IpNet, u16)> + '_ {
        self.listed.iter().copied()
    }

    /// The network that this address belongs to.
    pub fn of(&self, ip: IpAddr) -> Network {
        let ip = ip.to_canonical();
        let after = self.listed.partition_point(|(net, _)| net.network() <= ip);
        let before = after.checked_sub(1).map(|at| self.listed[at]);
        match before.filter(|(net, _)| net.contains(&ip)) {
            Some((_, site)) => Network::of_site(site),
            None => Network::of(ip),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(of: &[(&str, u16)]) -> Result<Networks, SitesError> {
        Networks::of_sites(of.iter().map(|(net, site)| (net.parse().unwrap(), *site)))
    }

    #[test]
    fn addresses_of_a_site_are_one_network_and_others_as_their_prefix_says() {
        let listed = [("10.1.0.0/16", 0), ("2001:db8:1::/48", 0), ("10.2.3.0/25", 1), ("10.2.3.128/25", 2)];
        let networks = networks(&listed).unwrap();
        let of = |text: &str| networks.of(text.parse().unwrap());
        assert_eq!(of("10.1.0.1"), of("10.1.255.9"));
        assert_eq!(of("10.1.0.1"), of("2001:db8:1:ffff::1"));
        assert_eq!(of("10.1.0.1"), of("::ffff:10.1.7.7"));
        assert_ne!(of("10.2.3.127"), of("10.2.3.128"));
        assert_eq!(of("10.2.4.1"), Network::of("10.2.4.1".parse().unwrap()));
        assert_ne!(of("10.0.255.255"), of("10.1.0.0"));
        assert_ne!(of("10.1.255.255"), of("10.2.0.0"));
    }

    #[test]
    fn an_address_belongs_to_one_site() {
        let twice = networks(&[("10.1.2.0/24", 1), ("10.1.0.0/16", 0)]);
        let (inner, outer) = ("10.1.2.0/24".parse().unwrap(), "10.1.0.0/16".parse().unwrap());
        assert_eq!(twice, Err(SitesError::Overlap { inner, outer }));
        let within = networks(&[("10.1.2.0/24", 0), ("10.1.0.9/16", 0), ("10.1.0.0/16", 0)]).unwrap();
        assert_eq!(within, networks(&[("10.1.0.0/16", 0)]).unwrap());
    }

    #[test]
    fn what_is_told_is_read_again_and_nonsense_is_no_list() {
        let networks = networks(&[("10.1.0.0/16", 3), ("2001:db8::/32", 0)]).unwrap();
        assert_eq!(Networks::told(&networks.tell()), networks);
        let mut nonsense = networks.tell();
        nonsense.push(SiteNetwork { site: 0, network: "10.1/16".to_owned() });
        assert_eq!(Networks::told(&nonsense), Networks::default());
    }
}
