//! One order: the account, who answers for the names, the certificate.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::Request,
};
use instant_acme::{
    Account, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, Error, HttpClient, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::{crypto::aws_lc_rs, sign::CertifiedKey};
use tokio::sync::watch;

use super::{
    kept::{Kept, KeptAccount, Signed},
    trouble::Trouble,
};
use crate::{
    https::shown::Shown,
    outgoing::{Address, Http},
};

/// How often the authority is asked whether it is done.
const ASKING: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// What to order, and where.
#[derive(Clone)]
pub(super) struct Ordering {
    pub(super) names: Arc<[String]>,
    pub(super) directory: String,
    pub(super) contact: Option<String>,
    pub(super) http: Arc<Http>,
}

impl Ordering {
    /// Orders a certificate, has `shown` answer for the names meanwhile, and keeps what was signed.
    pub(super) async fn order(&self, kept: &Kept, shown: &watch::Sender<Shown>) -> Result<Signed, Trouble> {
        let ordered = self.chain(kept, shown).await;
        let (key, chain) = match ordered {
            // The authority has forgotten who this is.
            Err(trouble) if trouble.is_about_the_account() && kept.forget_account().is_ok() => {
                self.chain(kept, shown).await?
            }
            other => other?,
        };
        let (kept, directory) = (kept.clone(), self.directory.clone());
        let keeping = move || kept.keep_signed(&directory, &key, &chain);
        Ok(tokio::task::spawn_blocking(keeping).await.map_err(|_| Trouble::Broken)??)
    }

    /// The key and what the authority has signed, both in PEM.
    async fn chain(&self, kept: &Kept, shown: &watch::Sender<Shown>) -> Result<(String, String), Trouble> {
        let account = self.account(kept).await?;
        let names: Vec<_> = self.names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        answer(&mut order, shown).await?;
        match order.poll_ready(&ASKING).await {
            Ok(OrderStatus::Ready | OrderStatus::Valid) => {}
            Ok(_) | Err(Error::Api(_)) => return Err(refused(&mut order).await),
            Err(error) => return Err(error.into()),
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(self.names.to_vec())?;
        params.distinguished_name = DistinguishedName::new();
        order.finalize_csr(params.serialize_request(&key)?.der()).await?;
        Ok((key.serialize_pem(), order.poll_certificate(&ASKING).await?))
    }

    /// The account of the data folder, or a new one. Whoever has the tracker ask an authority agrees to its terms.
    async fn account(&self, kept: &Kept) -> Result<Account, Trouble> {
        let builder = Account::builder_with_http(Box::new(Client(self.http.clone())));
        let contact = self.contact.as_ref().map(|address| format!("mailto:{address}"));
        let contacts: Vec<&str> = contact.as_deref().into_iter().collect();
        let is_it = |kept: &KeptAccount| kept.directory == self.directory && kept.contact == self.contact;
        if let Some(known) = kept.account().filter(is_it) {
            return Ok(builder.from_credentials(known.credentials).await?);
        }
        let wanted =
            NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder.create(&wanted, self.directory.clone(), None).await?;
        let (directory, contact) = (self.directory.clone(), self.contact.clone());
        let made = KeptAccount { directory, contact, credentials };
        kept.keep_account(&made).map_err(Trouble::Account)?;
        Ok(account)
    }
}

/// Has the tracker show the authority that it answers for each name, and tells it to look.
async fn answer(order: &mut Order, shown: &watch::Sender<Shown>) -> Result<(), Trouble> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            return Err(Trouble::NoChallenge { name });
        };
        let proof = proof(&name, challenge.key_authorization().digest().as_ref())?;
        shown.send_modify(|shown| drop(shown.challenges.insert(name, proof)));
        challenge.set_ready().await?;
    }
    Ok(())
}

/// What the authority looks for: a certificate for the name alone, with the digest of what it has told the account (RFC 8737,
/// 3).
fn proof(name: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, Trouble> {
    // The library takes no other length.
    let digest: [u8; 32] = digest.try_into().map_err(|_| Trouble::Broken)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(&digest)];
    let chain = vec![params.self_signed(&key)?.der().clone()];
    // The library would look whether they go together, and does not understand what is critical in it.
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key.into())?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// Why the authority does not believe that the tracker answers for the names.
async fn refused(order: &mut Order) -> Trouble {
    let said = order.state().error.clone();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            continue;
        }
        let problem = authorization.challenges.iter().find_map(|challenge| challenge.error.clone());
        if let Some(problem) = problem {
            return Trouble::Refused { name: Some(authorization.identifier().to_string()), problem };
        }
    }
    said.map_or(Trouble::Broken, |problem| Trouble::Refused { name: None, problem })
}

/// Asks for the library.
struct Client(Arc<Http>);

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let http = self.0.clone();
        Box::pin(async move {
            let other = |error| Error::Other(Box::new(error));
            let to = Address::parse(&request.uri().to_string()).map_err(other)?;
            let answer = http.send(&to, request.map(Body::new)).await.map_err(other)?;
            Ok(answer.map(Body::from).into())
        })
    }
}
