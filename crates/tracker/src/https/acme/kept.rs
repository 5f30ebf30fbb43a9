//! What the data folder keeps: the account at the authority, and what it has signed last. Both hold private keys, and are for
//! their owner alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use instant_acme::AccountCredentials;
use peerpool_tls::private_file;
use rustls::{
    client::verify_server_name, pki_types::ServerName, server::ParsedCertificate, sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};

use super::validity::Validity;
use crate::https::certificate::{Certificate, CertificateError, CertificateFiles, Made};

const ACCOUNT: &str = "acme.account";
const SIGNED: &str = "acme.pem";
/// Stands before the directory of the authority, in the first line of what it has signed: PEM may have text around it (RFC
/// 7468, 2).
const BY: &str = "ACME directory: ";

/// Where they stand. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    account: PathBuf,
    signed: PathBuf,
}

/// Who the tracker is to an authority.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptAccount {
    pub(super) directory: String,
    pub(super) contact: Option<String>,
    pub(super) credentials: AccountCredentials,
}

/// A certificate that an authority has signed.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) validity: Validity,
    /// Of the authority.
    pub(super) directory: String,
}

impl Signed {
    /// Whether it is for all of these names.
    pub(super) fn is_for(&self, names: &[String]) -> bool {
        let Some(Ok(certificate)) = self.certified.cert.first().map(ParsedCertificate::try_from) else {
            return false;
        };
        names.iter().all(|name| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&certificate, &name).is_ok())
        })
    }
}

impl Kept {
    pub(super) fn new(folder: &Path) -> Self {
        Self { account: folder.join(ACCOUNT), signed: folder.join(SIGNED) }
    }

    /// The account, if there is one that can be read; otherwise a new one does as well.
    pub(super) fn account(&self) -> Option<KeptAccount> {
        serde_json::from_slice(&fs::read(&self.account).ok()?).ok()
    }

    pub(super) fn keep_account(&self, account: &KeptAccount) -> io::Result<()> {
        private_file::replace(&self.account, &serde_json::to_vec(account)?)
    }

    pub(super) fn forget_account(&self) -> io::Result<()> {
        fs::remove_file(&self.account)
    }

    /// What was signed last.
    pub(super) fn signed(&self) -> Result<Option<Signed>, CertificateError> {
        match fs::read_to_string(&self.signed) {
            Ok(text) => self.understood(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CertificateError::File { path: self.signed.clone(), source }),
        }
    }

    /// Keeps it in place of what was signed before, unless it is not what was asked for.
    pub(super) fn keep_signed(
        &self,
        directory: &str,
        key: &str,
        chain: &str,
    ) -> Result<Signed, CertificateError> {
        let text = format!("{BY}{directory}\n{key}{chain}");
        let signed = self.understood(&text)?;
        private_file::replace(&self.signed, text.as_bytes())
            .map_err(|source| CertificateError::File { path: self.signed.clone(), source })?;
        Ok(signed)
    }

    fn understood(&self, text: &str) -> Result<Signed, CertificateError> {
        let path = &self.signed;
        let files = CertificateFiles { certificate: path.clone(), key: path.clone() };
        let made = Made { certificate: text.to_owned(), key: text.to_owned() };
        let certificate = Certificate::parse(&made, &files)?;
        let validity = certificate.chain.first().and_then(|first| Validity::of(first));
        let validity = validity.ok_or_else(|| CertificateError::Dateless { path: path.clone() })?;
        let directory = text.lines().next().and_then(|line| line.strip_prefix(BY)).unwrap_or_default();
        let certified = certificate
            .certified()
            .map_err(|source| CertificateError::Unfit { path: path.clone(), source })?;
        Ok(Signed { certified: Arc::new(certified), validity, directory: directory.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    const DIRECTORY: &str = "https://acme.example/directory";

    fn made(names: &[&str]) -> (String, String) {
        let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let key = KeyPair::generate().unwrap();
        (key.serialize_pem(), params.unwrap().self_signed(&key).unwrap().pem())
    }

    #[test]
    fn what_was_signed_is_found_again_with_its_names_and_its_authority() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path());
        assert!(kept.signed().unwrap().is_none());
        let (key, chain) = made(&["a.example", "b.example"]);
        kept.keep_signed(DIRECTORY, &key, &chain).unwrap();
        let signed = kept.signed().unwrap().unwrap();
        assert_eq!(signed.directory, DIRECTORY);
        let is_for =
            |names: &[&str]| signed.is_for(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(is_for(&["b.example", "a.example"]) && !is_for(&["a.example", "c.example"]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join(SIGNED)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_does_not_fit_its_key_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path());
        let ((key, chain), (_, other)) = (made(&["a.example"]), made(&["a.example"]));
        kept.keep_signed(DIRECTORY, &key, &chain).unwrap();
        assert!(kept.keep_signed(DIRECTORY, &key, &other).is_err());
        assert!(kept.keep_signed(DIRECTORY, &key, "nothing").is_err());
        assert!(kept.signed().unwrap().is_some());
    }
}
