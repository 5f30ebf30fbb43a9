//! What a device dials and accepts with: its key, and what it offers in a handshake.

use std::{net::Ipv4Addr, sync::Arc};

use peerpool_access::key::PublicKey;
use rustls::{
    ClientConfig, ServerConfig,
    client::{AlwaysResolvesClientRawPublicKeys, Resumption, UnbufferedClientConnection},
    crypto::{
        CryptoProvider,
        aws_lc_rs::{self, cipher_suite, kx_group, sign::any_eddsa_type},
    },
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName},
    server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage, UnbufferedServerConnection},
    sign::CertifiedKey,
    version::TLS13,
};

use crate::{
    handshake::Handshake,
    identity::Identity,
    protocol::{Expected, Protocol},
    raw_key,
    records::Suite,
    verifier::{AnyKey, ExpectedKey},
};

/// The library does not take what it is told to offer, which is a mistake in this crate.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct SetupError(#[from] rustls::Error);

/// A device's end of all its connections of one protocol.
#[derive(Clone)]
pub struct Endpoint {
    key: PublicKey,
    protocol: Protocol,
    provider: Arc<CryptoProvider>,
    /// Lacks the keys that are expected.
    dialing: ClientConfig,
    accepting: Arc<ServerConfig>,
}

impl Endpoint {
    /// The end that this identity is at. It offers AES-128-GCM first, which most processors do by themselves, and
    /// ChaCha20 for an end that does not take it.
    ///
    /// # Errors
    ///
    /// The library does not take what it is told to offer.
    pub fn new(identity: &Identity, protocol: Protocol) -> Result<Self, SetupError> {
        Self::offering(identity, protocol, &[Suite::Aes128Gcm, Suite::ChaCha20Poly1305])
    }

    /// Like [`Endpoint::new`], but offers these suites. The dialer's order decides.
    ///
    /// # Errors
    ///
    /// The library does not take what it is told to offer, such as no suite at all.
    pub fn offering(identity: &Identity, protocol: Protocol, suites: &[Suite]) -> Result<Self, SetupError> {
        let provider = Arc::new(provider(suites));
        let own = Arc::new(certified(identity)?);
        let algorithms = provider.signature_verification_algorithms;

        let nobody = Arc::new(ExpectedKey { expected: Expected::OneOf(Vec::new()), algorithms });
        let mut dialing = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(nobody)
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(own.clone())));
        dialing.alpn_protocols = vec![protocol.name().into()];
        dialing.enable_sni = false;
        dialing.resumption = Resumption::disabled();
        dialing.enable_secret_extraction = true;

        let mut accepting = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Arc::new(AnyKey { algorithms }))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(own)));
        accepting.alpn_protocols = vec![protocol.name().into()];
        accepting.session_storage = Arc::new(NoServerSessionStorage {});
        accepting.send_tls13_tickets = 0;
        accepting.enable_secret_extraction = true;

        let accepting = Arc::new(accepting);
        Ok(Self { key: identity.public(), protocol, provider, dialing, accepting })
    }

    /// This end's own key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The handshake of who dials, and talks to whom it expects alone.
    ///
    /// # Errors
    ///
    /// The library does not take what it is told to offer.
    pub fn dial(&self, expected: impl Into<Expected>) -> Result<Handshake, SetupError> {
        let connection = UnbufferedClientConnection::new(self.client_config(expected), no_name())?;
        Ok(Handshake::dialing(connection, self.protocol))
    }

    /// The handshake of who is dialled.
    ///
    /// # Errors
    ///
    /// The library does not take what it is told to offer.
    pub fn answer(&self) -> Result<Handshake, SetupError> {
        let connection = UnbufferedServerConnection::new(self.accepting.clone())?;
        Ok(Handshake::accepting(connection, self.protocol))
    }

    /// What rustls dials with, to talk to whom it expects alone.
    pub fn client_config(&self, expected: impl Into<Expected>) -> Arc<ClientConfig> {
        let algorithms = self.provider.signature_verification_algorithms;
        let mut config = self.dialing.clone();
        let verifier = ExpectedKey { expected: expected.into(), algorithms };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        Arc::new(config)
    }

    /// What rustls accepts with.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.accepting.clone()
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({}, {})", self.key, self.protocol.name())
    }
}

fn provider(suites: &[Suite]) -> CryptoProvider {
    let suite = |suite: &Suite| match suite {
        Suite::Aes128Gcm => cipher_suite::TLS13_AES_128_GCM_SHA256,
        Suite::ChaCha20Poly1305 => cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    };
    CryptoProvider {
        cipher_suites: suites.iter().map(suite).collect(),
        kx_groups: vec![kx_group::X25519],
        ..aws_lc_rs::default_provider()
    }
}

fn certified(identity: &Identity) -> Result<CertifiedKey, rustls::Error> {
    let pkcs8 = identity.pkcs8();
    let key = any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()))?;
    Ok(CertifiedKey::new(vec![CertificateDer::from(raw_key::to_spki(&identity.public()))], key))
}

/// A name that is not sent: peers have keys and no names.
fn no_name() -> ServerName<'static> {
    ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into())
}
