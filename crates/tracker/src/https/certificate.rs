//! Certificates, and the keys that go with them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use data_encoding::HEXUPPER;
use peerpool_tls::private_file;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};

use crate::{machine::host_name, outgoing::TrustError};

/// The tracker's own, in its data folder.
const CERTIFICATE: &str = "https.crt";
const KEY: &str = "https.key";

/// Where a certificate stands, and its key. Both are PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and those that lead to its authority.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// What the tracker's own are called.
    pub(crate) const NAMES: [&str; 2] = [CERTIFICATE, KEY];

    /// The tracker's own.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { certificate: folder.join(CERTIFICATE), key: folder.join(KEY) }
    }
}

/// Why browsers cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("cannot use the certificate's file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} has no {what} in PEM: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should have.
        what: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Certificate and key do not go together, or the library does not take them.
    #[error("the certificate in {} does not work with its key: {source}", path.display())]
    Unfit {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// The library makes no certificate.
    #[error("cannot make a certificate: {0}; name one with --certificate and --key")]
    Make(#[from] rcgen::Error),
    /// An authority is to sign one, and the operator has one.
    #[error(
        "a certificate comes from --acme ([tracker_server.acme] of the configuration) or from --certificate and --key: \
         leave one of the two out"
    )]
    Two,
    /// An authority is to sign one for an open pool, which has no HTTPS.
    #[error(
        "an open pool has no HTTPS: start the tracker with --members, or without --acme ([tracker_server.acme] of the \
         configuration)"
    )]
    Open,
    /// What an authority is to vouch for is no name.
    #[error(
        "`{name}` is no name that an authority vouches for: --acme takes names as pool.example.com, without a port"
    )]
    Name {
        /// What was named.
        name: String,
    },
    /// No authority can be asked there.
    #[error(
        "`{directory}` is no authority: --acme-directory takes the address of its directory, https://HOST/…"
    )]
    Directory {
        /// What was named.
        directory: String,
    },
    /// No authority can be asked.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A certificate does not say until when it holds.
    #[error("the certificate in {} does not say until when it holds", path.display())]
    Dateless {
        /// The file.
        path: PathBuf,
    },
}

/// Both as text.
pub(super) struct Made {
    pub(super) certificate: String,
    pub(super) key: String,
}

pub(super) struct Certificate {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Certificate {
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|source| CertificateError::File { path: path.to_owned(), source })
        };
        let made = Made { certificate: read(&files.certificate)?, key: read(&files.key)? };
        Self::parse(&made, files)
    }

    /// One that was made earlier stays, so that whoever has trusted it need not do so again.
    pub(super) fn read_or_make(files: &CertificateFiles, hosts: &[String]) -> Result<Self, CertificateError> {
        if files.certificate.exists() && files.key.exists() {
            return Self::read(files);
        }
        let made = Self::make(hosts)?;
        for (path, text) in [(&files.key, &made.key), (&files.certificate, &made.certificate)] {
            private_file::replace(path, text.as_bytes())
                .map_err(|source| CertificateError::File { path: path.clone(), source })?;
        }
        Self::parse(&made, files)
    }

    /// For these hosts and the names of this machine.
    pub(super) fn make(hosts: &[String]) -> Result<Made, CertificateError> {
        let machine = host_name();
        let local = format!("{machine}.local");
        let configured = hosts.iter().map(|host| without_port(host));
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1", &machine, &local]
            .into_iter()
            .chain(configured)
            .filter(|name| name.is_ascii() && !name.is_empty())
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, format!("Peerpool tracker on {machine}"));
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Made { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    pub(super) fn parse(made: &Made, files: &CertificateFiles) -> Result<Self, CertificateError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(made.certificate.as_bytes()).collect();
        let chain = chain.and_then(|chain| match chain.is_empty() {
            true => Err(pem::Error::NoItemsFound),
            false => Ok(chain),
        });
        let chain = chain.map_err(|source| strange(&files.certificate, "certificate", source))?;
        let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes());
        Ok(Self { chain, key: key.map_err(|source| strange(&files.key, "private key", source))? })
    }

    /// Ready to be shown. Fails if certificate and key do not go together.
    pub(super) fn certified(self) -> Result<CertifiedKey, rustls::Error> {
        CertifiedKey::from_der(self.chain, self.key, &aws_lc_rs::default_provider())
    }

    /// `AB:CD:…`, as browsers show it.
    pub(super) fn fingerprint(&self) -> String {
        let digest = self.chain.first().map(Sha256::digest);
        let pairs = digest.into_iter().flatten().map(|byte| HEXUPPER.encode(&[byte]));
        pairs.collect::<Vec<_>>().join(":")
    }
}

fn strange(path: &Path, what: &'static str, source: pem::Error) -> CertificateError {
    CertificateError::Pem { path: path.to_owned(), what, source }
}

/// The name or address, out of its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_was_made_stays_and_its_key_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles::in_folder(folder.path());
        let hosts = ["pool.example:6969".to_owned(), "[2001:db8::1]:80".to_owned()];
        let made = Certificate::read_or_make(&files, &hosts).unwrap().fingerprint();
        assert_eq!(Certificate::read_or_make(&files, &[]).unwrap().fingerprint(), made);
        assert_eq!(made.len(), 32 * 3 - 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&files.key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn files_that_are_none_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles::in_folder(folder.path());
        let missing = Certificate::read(&files).err().unwrap().to_string();
        assert!(missing.contains(CERTIFICATE), "{missing}");
        Certificate::read_or_make(&files, &[]).unwrap();
        fs::write(&files.key, "no key").unwrap();
        let strange = Certificate::read(&files).err().unwrap().to_string();
        assert!(strange.contains(KEY) && strange.contains("private key"), "{strange}");
        fs::write(&files.certificate, "").unwrap();
        let strange = Certificate::read(&files).err().unwrap().to_string();
        assert!(strange.contains(CERTIFICATE), "{strange}");
    }

    #[test]
    fn a_host_is_named_without_its_port() {
        for (host, name) in
            [("a.example", "a.example"), ("a.example:80", "a.example"), ("[::1]:80", "::1"), ("[::1]", "::1")]
        {
            assert_eq!(without_port(host), name);
        }
    }
}
