//! Which certificate is shown to whom.

use std::{collections::BTreeMap, sync::Arc};

use peerpool_access::Moment;
use peerpool_api::AuthorityCertificate;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::sync::watch;

/// The protocol of an authority that looks who answers for a name (RFC 8737, 6.2).
pub(super) const VALIDATION: &[u8] = b"acme-tls/1";

/// What the task says that deals with the authority.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The authority's certificate, once there is one, and when it ends.
    pub(super) certificate: Option<(Arc<CertifiedKey>, Moment)>,
    /// What an authority is shown that looks who answers for a name.
    pub(super) challenges: BTreeMap<String, Arc<CertifiedKey>>,
    /// Why the last try brought none.
    pub(super) problem: Option<String>,
}

/// The names that an authority vouches for, and what it has signed.
#[derive(Debug, Clone)]
pub(super) struct ByAuthority {
    /// In small letters.
    pub(super) names: Arc<[String]>,
    pub(super) shown: watch::Receiver<Shown>,
}

impl ByAuthority {
    /// Whether who asks for this name is shown the authority's certificate.
    pub(super) fn has(&self, name: &str) -> bool {
        self.is_for(name) && self.shown.borrow().certificate.is_some()
    }

    pub(super) fn told(&self) -> AuthorityCertificate {
        let shown = self.shown.borrow();
        AuthorityCertificate {
            names: self.names.to_vec(),
            ends: shown.certificate.as_ref().map(|(_, ends)| ends.0),
            problem: shown.problem.clone(),
        }
    }

    fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    fn certificate_for(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown.borrow();
        shown.certificate.as_ref().filter(|_| self.is_for(name)).map(|(certificate, _)| certificate.clone())
    }
}

/// Chooses at each handshake, so a new certificate disturbs no connection.
#[derive(Debug)]
pub(super) struct Certificates {
    /// For every name that no authority vouches for, and while none does.
    pub(super) own: Arc<CertifiedKey>,
    pub(super) by_authority: Option<ByAuthority>,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Some(by_authority) = &self.by_authority else { return Some(self.own.clone()) };
        let name = hello.server_name();
        if hello.alpn().is_some_and(|mut offered| offered.all(|protocol| protocol == VALIDATION)) {
            return by_authority.shown.borrow().challenges.get(name?).cloned();
        }
        name.and_then(|name| by_authority.certificate_for(name)).or_else(|| Some(self.own.clone()))
    }
}
