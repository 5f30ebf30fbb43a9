//! The list of hosts under which a server may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::authority::{Authority, ParseAuthorityError};

/// Under which hosts a server may be asked. The list is exact, ports included.
///
/// In it are `localhost` and its addresses, and the address that a connection came in at, with the server's own port.
/// Loopback names count wherever a connection comes from: no attacker owns one, and a tunnel leads them to other machines.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Names of this machine, with the server's own port.
    machine: Vec<String>,
    /// Whether addresses that this machine does not know as its own count, too.
    any_address: bool,
    /// As they were configured.
    configured: Vec<Authority>,
}

impl Hosts {
    /// Loopback and the address of each connection, nothing else.
    pub fn by_address() -> Self {
        Self::default()
    }

    /// The name of this machine too, alone and with `.local` (RFC 6762).
    pub fn and_machine(mut self, name: &str) -> Self {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if !name.is_empty() {
            self.machine.push(format!("{name}.local"));
            self.machine.push(name);
        }
        self
    }

    /// Any address with the server's own port, for a server that may stand behind an address translator. A browser looks
    /// up no address, so nobody can rebind one.
    pub fn and_any_address(mut self) -> Self {
        self.any_address = true;
        self
    }

    /// Further hosts. One that is written without a port may be asked with the server's own, or with none at all, as it is
    /// behind a proxy; one with a port only with that.
    pub fn and_configured<S: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = S>,
    ) -> Result<Self, ParseAuthorityError> {
        for host in hosts {
            self.configured.push(host.as_ref().parse()?);
        }
        Ok(self)
    }

    /// Whether a request may name this host when it came in at `local`.
    pub(super) fn has(&self, named: &Authority, local: SocketAddr) -> bool {
        // Some systems lead it to loopback, and then it is everybody's name for this machine.
        if named.address().is_some_and(|address| address.is_unspecified()) {
            return false;
        }
        self.configured.iter().any(|own| is_configured(own, named, local.port()))
            || is_own_port(named, local.port()) && self.is_this_machine(named, local.ip())
    }

    fn is_this_machine(&self, named: &Authority, local: IpAddr) -> bool {
        match named.address() {
            Some(address) => {
                let own = [local.to_canonical(), Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                self.any_address || own.contains(&address.to_canonical())
            }
            None => named.host() == "localhost" || self.machine.iter().any(|name| name == named.host()),
        }
    }
}

/// Whether a host means this port. Browsers leave out the port that is their scheme's own.
fn is_own_port(named: &Authority, local_port: u16) -> bool {
    named.port().map_or(matches!(local_port, 80 | 443), |port| port == local_port)
}

fn is_configured(own: &Authority, named: &Authority, local_port: u16) -> bool {
    let port = match own.port() {
        Some(_) => named.port() == own.port(),
        None => named.port().is_none_or(|port| port == local_port),
    };
    port && own.host() == named.host()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "10.0.0.7:6969";

    fn has(hosts: &Hosts, named: &str) -> bool {
        hosts.has(&named.parse().unwrap(), LOCAL.parse().unwrap())
    }

    #[test]
    fn a_machine_is_asked_by_its_addresses_and_names_with_its_own_port() {
        let hosts = Hosts::by_address().and_machine("Nas");
        for own in
            ["10.0.0.7:6969", "127.0.0.1:6969", "[::1]:6969", "localhost:6969", "nas:6969", "NAS.local.:6969"]
        {
            assert!(has(&hosts, own), "{own}");
        }
        for foreign in [
            "10.0.0.7",
            "10.0.0.7:80",
            "10.0.0.8:6969",
            "127.0.0.2:6969",
            "0.0.0.0:6969",
            "[::]:6969",
            "nas:6970",
            "other.local:6969",
            "evil.example:6969",
            "127.0.0.1.evil.example:6969",
            "evil.localhost:6969",
        ] {
            assert!(!has(&hosts, foreign), "{foreign}");
        }
    }

    #[test]
    fn a_server_at_the_port_of_a_scheme_is_asked_without_a_port() {
        let hosts = Hosts::by_address().and_machine("nas");
        let has = |named: &str, local: &str| hosts.has(&named.parse().unwrap(), local.parse().unwrap());
        for (local, own) in [
            ("10.0.0.7:443", "nas"),
            ("10.0.0.7:443", "10.0.0.7:443"),
            ("10.0.0.7:80", "nas.local"),
            ("10.0.0.7:80", "10.0.0.7"),
        ] {
            assert!(has(own, local), "{own} at {local}");
        }
        for (local, foreign) in [
            ("10.0.0.7:443", "nas:6969"),
            ("10.0.0.7:443", "nas:80"),
            ("10.0.0.7:443", "other"),
            ("10.0.0.7:80", "10.0.0.7:6969"),
        ] {
            assert!(!has(foreign, local), "{foreign} at {local}");
        }
    }

    #[test]
    fn a_configured_host_is_asked_behind_a_proxy_or_with_its_own_port() {
        let hosts = Hosts::by_address()
            .and_configured(["Pool.example.com.", "10.0.0.9:8080", "pool.example.net:8443"])
            .unwrap();
        for own in ["pool.example.com", "pool.example.com:6969", "10.0.0.9:8080", "pool.example.net:8443"] {
            assert!(has(&hosts, own), "{own}");
        }
        for foreign in
            ["pool.example.com:8443", "10.0.0.9", "10.0.0.9:6969", "pool.example.net", "example.com"]
        {
            assert!(!has(&hosts, foreign), "{foreign}");
        }
        assert!(Hosts::by_address().and_configured(["http://pool.example.com"]).is_err());
    }

    #[test]
    fn behind_an_address_translator_other_addresses_count_with_the_servers_own_port() {
        let hosts = Hosts::by_address().and_any_address();
        assert!(has(&hosts, "203.0.113.5:6969") && has(&hosts, "[2001:db8::5]:6969"));
        for foreign in ["203.0.113.5", "203.0.113.5:80", "0.0.0.0:6969", "[::]:6969", "evil.example:6969"] {
            assert!(!has(&hosts, foreign), "{foreign}");
        }
    }

    #[test]
    fn no_configuration_makes_the_address_of_nobody_ours() {
        let hosts = Hosts::by_address().and_configured(["0.0.0.0", "[::]"]).unwrap();
        assert!(!has(&hosts, "0.0.0.0:6969") && !has(&hosts, "[::]:6969"));
    }
}
