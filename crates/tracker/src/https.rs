//! HTTPS for browsers: with the operator's certificate, with one of an authority, or with one that the tracker has made and
//! signed itself.
//!
//! | file | what it does |
//! | --- | --- |
//! | `hello.rs` | who begins TLS: a device with a key, or a browser |
//! | `certificate.rs` | certificates in files, and those that the tracker makes |
//! | `shown.rs` | which certificate is shown to whom |
//! | `acme.rs` | has an authority sign a certificate, in time and again |

mod acme;
mod certificate;
mod hello;
mod shown;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_api::AuthorityCertificate;
use rustls::{
    ServerConfig, ServerConnection, crypto::aws_lc_rs, server::NoServerSessionStorage, version::TLS13,
};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::acme::Acme;
pub use self::acme::AcmeConfig;
use self::certificate::Certificate;
pub use self::certificate::{CertificateError, CertificateFiles};
pub(crate) use self::hello::offered;
use self::shown::{ByAuthority, Certificates, VALIDATION};

/// What browsers are shown.
#[derive(Clone)]
pub(crate) struct Https {
    pub(crate) acceptor: TlsAcceptor,
    /// The SHA-256 of the tracker's own certificate, as browsers show it; `None` where the operator's takes its place.
    pub(crate) fingerprint: Option<String>,
    by_authority: Option<ByAuthority>,
}

impl Https {
    /// With the operator's files, or else with those in the data folder, which are made for these hosts when they are not
    /// there. With an authority, what is to be run comes with it.
    pub(crate) fn load(
        operators: Option<&CertificateFiles>,
        authority: Option<&AcmeConfig>,
        folder: &Path,
        hosts: &[String],
    ) -> Result<(Self, Option<Acme>), CertificateError> {
        if let (Some(_), Some(_)) = (operators, authority) {
            return Err(CertificateError::Two);
        }
        if let Some(files) = operators {
            return Ok((Self::new(Certificate::read(files)?, false, files, None)?, None));
        }
        let (acme, by_authority) = match authority {
            Some(config) => {
                let (acme, shown) = Acme::open(config, folder)?;
                (Some(acme), Some(shown))
            }
            None => (None, None),
        };
        let files = CertificateFiles::in_folder(folder);
        let own = Certificate::read_or_make(&files, hosts)?;
        Ok((Self::new(own, true, &files, by_authority)?, acme))
    }

    /// With a certificate that is kept nowhere.
    pub(crate) fn generate(hosts: &[String]) -> Result<Self, CertificateError> {
        let nowhere = PathBuf::from("memory");
        let files = CertificateFiles { certificate: nowhere.clone(), key: nowhere };
        Self::new(Certificate::parse(&Certificate::make(hosts)?, &files)?, true, &files, None)
    }

    fn new(
        certificate: Certificate,
        is_own: bool,
        files: &CertificateFiles,
        by_authority: Option<ByAuthority>,
    ) -> Result<Self, CertificateError> {
        let fingerprint = is_own.then(|| certificate.fingerprint());
        let failed = |source| CertificateError::Unfit { path: files.certificate.clone(), source };
        let certificates = Certificates {
            own: Arc::new(certificate.certified().map_err(failed)?),
            by_authority: by_authority.clone(),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if by_authority.is_some() {
            config.alpn_protocols.push(VALIDATION.to_vec());
        }
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { acceptor: Arc::new(config).into(), fingerprint, by_authority })
    }

    /// Whether programs that know the usual authorities know the certificate that is shown to whoever asks for this name, which
    /// a port may follow.
    pub(crate) fn is_known(&self, host: &str) -> bool {
        match &self.by_authority {
            Some(by_authority) => by_authority.has(host.rsplit_once(':').map_or(host, |(name, _)| name)),
            None => self.fingerprint.is_none(),
        }
    }

    /// How it stands with the certificate of an authority, where there is to be one.
    pub(crate) fn authority(&self) -> Option<AuthorityCertificate> {
        self.by_authority.as_ref().map(ByAuthority::told)
    }
}

/// Whether an authority has looked whether this is the tracker of a name: it has seen all that it wanted.
pub(crate) fn is_validation(connection: &ServerConnection) -> bool {
    connection.alpn_protocol() == Some(VALIDATION)
}
