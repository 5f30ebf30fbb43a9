//! HTTPS for browsers: with the operator's certificate, or with one that the tracker has made and signed itself.

mod certificate;
mod hello;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{ServerConfig, crypto::aws_lc_rs, server::NoServerSessionStorage, version::TLS13};
use tokio_rustls::TlsAcceptor;

use self::certificate::Certificate;
pub use self::certificate::{CertificateError, CertificateFiles};
pub(crate) use self::hello::offers;

/// What browsers are shown.
#[derive(Clone)]
pub(crate) struct Https {
    pub(crate) acceptor: TlsAcceptor,
    /// The SHA-256 of the certificate, as browsers show it; `None` for the operator's own.
    pub(crate) fingerprint: Option<String>,
}

impl Https {
    /// With the operator's files, or else with those in the data folder, which are made for these hosts when they are not
    /// there.
    pub(crate) fn load(
        operators: Option<&CertificateFiles>,
        folder: &Path,
        hosts: &[String],
    ) -> Result<Self, CertificateError> {
        match operators {
            Some(files) => Self::new(Certificate::read(files)?, false, files),
            None => {
                let files = CertificateFiles::in_folder(folder);
                Self::new(Certificate::read_or_make(&files, hosts)?, true, &files)
            }
        }
    }

    /// With a certificate that is kept nowhere.
    pub(crate) fn generate(hosts: &[String]) -> Result<Self, CertificateError> {
        let nowhere = PathBuf::from("memory");
        let files = CertificateFiles { certificate: nowhere.clone(), key: nowhere };
        Self::new(Certificate::parse(&Certificate::make(hosts)?, &files)?, true, &files)
    }

    fn new(
        certificate: Certificate,
        is_own: bool,
        files: &CertificateFiles,
    ) -> Result<Self, CertificateError> {
        let fingerprint = is_own.then(|| certificate.fingerprint());
        let failed = |source| CertificateError::Unfit { path: files.certificate.clone(), source };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(certificate.chain, certificate.key)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { acceptor: Arc::new(config).into(), fingerprint })
    }
}
