//! A certificate that an authority signs, without anybody's doing: ACME (RFC 8555) with the challenge TLS-ALPN-01 (RFC 8737).
//! The authority connects to port 443 of the name and looks who answers; the tracker does, on the port that everything else
//! comes to.
//!
//! | file | what it does |
//! | --- | --- |
//! | `schedule.rs` | when to order a certificate; pure |
//! | `order.rs` | one order, from the account to the certificate |
//! | `trouble.rs` | what went wrong, in words |
//! | `kept.rs` | what the data folder keeps |
//! | `validity.rs` | from when to when a certificate holds |

mod kept;
mod order;
mod schedule;
mod trouble;
mod validity;

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use peerpool_access::Moment;
use rustls::pki_types::DnsName;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::{
    kept::{Kept, Signed},
    order::Ordering,
    schedule::{pause, renewal},
    trouble::Trouble,
};
use super::{
    certificate::CertificateError,
    shown::{ByAuthority, Shown},
};
use crate::{
    clock,
    outgoing::{Address, Http},
};

/// Most names in one certificate, as with the usual authorities.
const MOST_NAMES: usize = 100;
/// How long an order may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long nobody looks at the clock, which may be set.
const LOOK: Duration = Duration::from_secs(3600);

/// An authority that is to sign a certificate for the tracker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeConfig {
    /// The names that it is to vouch for, by which browsers reach the tracker.
    pub names: Vec<String>,
    /// Where the authority's directory is; [`AcmeConfig::LETS_ENCRYPT`] as a rule.
    pub directory: String,
    /// The mail address by which the authority may reach the operator.
    pub contact: Option<String>,
}

impl AcmeConfig {
    /// The directory of Let's Encrypt.
    pub const LETS_ENCRYPT: &'static str = "https://acme-v02.api.letsencrypt.org/directory";
}

/// Deals with the authority.
pub(crate) struct Acme {
    ordering: Ordering,
    kept: Kept,
    shown: watch::Sender<Shown>,
    /// What was signed last, and is shown.
    signed: Option<Signed>,
}

impl Acme {
    /// Reads what was signed earlier; asks the authority nothing yet, so that a tracker starts without it.
    pub(super) fn open(config: &AcmeConfig, folder: &Path) -> Result<(Self, ByAuthority), CertificateError> {
        let names = names(&config.names)?;
        Address::parse(&config.directory)
            .map_err(|_| CertificateError::Directory { directory: config.directory.clone() })?;
        let kept = Kept::new(folder);
        // One of another authority, or for fewer names, is shown until there is another.
        let signed = match kept.signed() {
            Ok(signed) => signed,
            Err(error @ CertificateError::File { .. }) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the authority is asked for another certificate");
                None
            }
        };
        let (shown, showing) = watch::channel(Shown::default());
        let ordering = Ordering {
            names: names.clone(),
            directory: config.directory.clone(),
            contact: config.contact.clone(),
            http: Arc::new(Http::new()?),
        };
        let acme = Self { ordering, kept, shown, signed };
        acme.show();
        Ok((acme, ByAuthority { names, shown: showing }))
    }

    /// Has a certificate signed whenever it is time.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        shutdown.run_until_cancelled(self.keep()).await;
    }

    async fn keep(mut self) {
        let mut failed = 0;
        loop {
            wait_until(self.due()).await;
            match self.order().await {
                Ok(signed) => {
                    let (names, ends) = (self.ordering.names.join(", "), signed.validity.until);
                    tracing::info!(%names, ends = ends.0, "an authority has signed a certificate");
                    self.signed = Some(signed);
                    failed = 0;
                    self.show();
                }
                Err(trouble) => {
                    failed += 1;
                    let wait = pause(failed, trouble.is_limit(), rand::random());
                    let (minutes, problem) = (wait.as_secs().div_ceil(60), trouble.to_string());
                    tracing::warn!(
                        "no certificate from the authority: {problem}; the next try is in {minutes} min"
                    );
                    self.shown.send_modify(|shown| shown.problem = Some(problem));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// When to order the next one.
    fn due(&self) -> Moment {
        let fit = self.signed.as_ref().filter(|signed| {
            signed.is_for(&self.ordering.names) && signed.directory == self.ordering.directory
        });
        fit.map_or(Moment(0), |signed| renewal(signed.validity, rand::random()))
    }

    async fn order(&self) -> Result<Signed, Trouble> {
        let (ordering, kept, shown) = (self.ordering.clone(), self.kept.clone(), self.shown.clone());
        // In a task of its own: what it makes of an authority's answers is the library's.
        let work = tokio::spawn(async move {
            let ordered = tokio::time::timeout(PATIENCE, ordering.order(&kept, &shown)).await;
            shown.send_modify(|shown| shown.challenges.clear());
            ordered.unwrap_or(Err(Trouble::Slow))
        });
        AbortOnDropHandle::new(work).await.unwrap_or(Err(Trouble::Broken))
    }

    fn show(&self) {
        let certificate =
            self.signed.as_ref().map(|signed| (signed.certified.clone(), signed.validity.until));
        self.shown.send_modify(|shown| {
            shown.certificate = certificate;
            shown.problem = None;
        });
    }
}

async fn wait_until(due: Moment) {
    loop {
        let left = due.since(Moment(clock::date()));
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

/// In small letters.
fn names(said: &[String]) -> Result<Arc<[String]>, CertificateError> {
    let strange = |name: &str| CertificateError::Name { name: name.to_owned() };
    if said.is_empty() || said.len() > MOST_NAMES {
        return Err(strange(&said.join(",")));
    }
    let mut names = Vec::new();
    for name in said {
        let plain = name.trim_end_matches('.').to_ascii_lowercase();
        let is_name = plain.contains('.') && plain.parse::<IpAddr>().is_err();
        match DnsName::try_from(plain.as_str()).is_ok() && is_name {
            true if names.contains(&plain) => {}
            true => names.push(plain),
            false => return Err(strange(name)),
        }
    }
    Ok(names.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_vouches_for_names_alone() {
        let given = ["Pool.Example.com.".to_owned(), "pool.example.com".to_owned(), "b.example".to_owned()];
        assert_eq!(*names(&given).unwrap(), ["pool.example.com", "b.example"]);
        for strange in
            ["", "localhost", "10.0.0.7", "::1", "pool.example.com:443", "*.example.com", "a b.example"]
        {
            assert!(names(&[strange.to_owned()]).is_err(), "{strange}");
        }
        assert!(names(&[]).is_err());
    }
}
