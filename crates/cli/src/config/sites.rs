//! Which networks an administrator lists as one site.

use ipnet::IpNet;
use peerpool_wire::networks::Networks;
use serde::{Deserialize, Deserializer, de::Error as _};

/// One site. Its name is for whoever reads the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    #[serde(rename = "name")]
    _name: Option<String>,
    networks: Vec<SiteNetwork>,
}

struct SiteNetwork(IpNet);

impl<'de> Deserialize<'de> for SiteNetwork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let what = || format!("`{text}` is not a network: write 10.1.0.0/16, or 2001:db8:1::/48");
        text.parse().map(Self).map_err(|_| D::Error::custom(what()))
    }
}

pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Networks, D::Error> {
    let sites = Vec::<Site>::deserialize(deserializer)?;
    let numbered = (0..=u16::MAX).zip(sites);
    let networks =
        numbered.flat_map(|(site, listed)| listed.networks.into_iter().map(move |net| (net.0, site)));
    Networks::of_sites(networks).map_err(D::Error::custom)
}
