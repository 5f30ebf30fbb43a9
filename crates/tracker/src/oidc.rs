//! Sign-in by an account at a provider of identities: OpenID Connect Core 1.0, the authorization code flow with PKCE
//! (RFC 7636), as RFC 9700 wants it. The tracker keeps no token: once it knows whose account it is, a session begins.
//!
//! | file | what it does |
//! | --- | --- |
//! | `flows.rs` | who was sent to the provider, and by what the browser is known when it comes back |
//! | `provider.rs` | what the provider says of itself; trades a code for a token |
//! | `token.rs` | whether a token is what it should be |

mod flows;
mod provider;
#[cfg(test)]
pub(crate) mod testing;
mod token;

use std::{fs, io, path::PathBuf, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use peerpool_access::members::Identity;
use sha2::{Digest as _, Sha256};

pub(crate) use self::flows::{FLOW, Flow, Flows, Purpose};
pub(crate) use self::provider::Provider;
use self::{
    provider::Keys,
    token::{Expected, TokenError},
};
use crate::outgoing::{Address, Http, HttpError, TrustError};

/// An account elsewhere by which members may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcConfig {
    /// The provider, as it names itself: `https://id.example/realms/home`. Plain HTTP is for this machine alone.
    pub issuer: String,
    /// What the provider calls this tracker.
    pub client_id: String,
    /// Where the secret stands by which the provider knows this tracker; without it PKCE alone protects a code.
    pub client_secret_file: Option<PathBuf>,
    /// What people call the provider.
    pub name: Option<String>,
}

/// Why a tracker cannot have people sign in elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum OidcSetupError {
    /// The provider has no address that can be asked.
    #[error(
        "`{issuer}` is no provider: write https://HOST/…, as it names itself, or http:// on this machine alone"
    )]
    Issuer {
        /// What was named.
        issuer: String,
    },
    /// The secret cannot be read.
    #[error("cannot read the provider's client secret {}: {source}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file has no secret.
    #[error("{} has no client secret: write it there, alone on the first line", path.display())]
    NoSecret {
        /// The file.
        path: PathBuf,
    },
    /// The provider cannot be asked.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The provider is for a pool for members.
    #[error(
        "only a pool for members has people sign in: start it with --members, or take [tracker_server.oidc] out"
    )]
    Open,
}

/// Why somebody does not get in by an account elsewhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// It is no way in here.
    #[error("nobody signs in here with an account elsewhere")]
    None,
    /// The browser comes back with what is of no flow of it.
    #[error("this sign-in was begun in another browser, more than ten minutes ago, or is over: begin again")]
    NoFlow,
    /// The provider says no, or its answer is not from it.
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error(
        "the answer came from another provider than the question went to: begin again, and tell whoever keeps the pool"
    )]
    OtherIssuer,
    #[error(
        "the provider's token is refused: {0}; begin again, and tell whoever keeps the pool if it stays so"
    )]
    Token(#[from] TokenError),
    #[error("the provider cannot be asked: {0}; try again in a moment")]
    Http(#[from] HttpError),
    /// The account is nobody's here.
    #[error(
        "this account belongs to no member: ask somebody who keeps the pool for an invite, and sign up with it"
    )]
    Stranger,
}

/// Who has an account, as the provider tells.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) identity: Identity,
    /// For people.
    pub(crate) label: String,
}

/// Has people sign in elsewhere. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Oidc(Arc<Inner>);

struct Inner {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    name: String,
    http: Http,
}

/// The secrets of one flow.
pub(crate) struct Challenge {
    pub(crate) state: [u8; 32],
    pub(crate) nonce: String,
    pub(crate) verifier: String,
}

impl Challenge {
    pub(crate) fn random() -> Self {
        let text = || BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>());
        Self { state: rand::random(), nonce: text(), verifier: text() }
    }
}

impl Oidc {
    /// Reads the secret; asks the provider nothing yet, so that a tracker starts without it.
    pub(crate) fn open(config: &OidcConfig) -> Result<Self, OidcSetupError> {
        let strange = || OidcSetupError::Issuer { issuer: config.issuer.clone() };
        let at = Address::parse(&config.issuer).map_err(|_| strange())?;
        let client_secret = config.client_secret_file.as_ref().map(|path| {
            let text = fs::read_to_string(path)
                .map_err(|source| OidcSetupError::Secret { path: path.clone(), source })?;
            let secret = text.lines().next().unwrap_or_default().trim().to_owned();
            match secret.is_empty() {
                true => Err(OidcSetupError::NoSecret { path: path.clone() }),
                false => Ok(secret),
            }
        });
        Ok(Self(Arc::new(Inner {
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            client_secret: client_secret.transpose()?,
            name: config.name.clone().unwrap_or_else(|| at.host().to_owned()),
            http: Http::new()?,
        })))
    }

    /// What people call the provider.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Asks the provider what it is.
    pub(crate) async fn discover(&self) -> Result<Provider, OidcError> {
        Provider::discover(&self.0.http, &self.0.issuer).await
    }

    /// Where a browser goes to sign in, and comes back from.
    pub(crate) fn address(&self, provider: &Provider, challenge: &Challenge, redirect: &str) -> String {
        let hash = BASE64URL_NOPAD.encode(&Sha256::digest(challenge.verifier.as_bytes()));
        provider.authorization(&[
            ("response_type", "code"),
            ("client_id", &self.0.client_id),
            ("redirect_uri", redirect),
            ("scope", "openid email"),
            ("state", &BASE64URL_NOPAD.encode(&challenge.state)),
            ("nonce", &challenge.nonce),
            ("code_challenge", &hash),
            ("code_challenge_method", "S256"),
        ])
    }

    /// Whose account a browser comes back with that was sent there by this flow; `issuer` is who sent it back, if it says so
    /// (RFC 9207).
    pub(crate) async fn account(
        &self,
        flow: &Flow,
        code: &str,
        issuer: Option<&str>,
    ) -> Result<Account, OidcError> {
        let (inner, provider) = (&self.0, &flow.provider);
        if !provider.is_from_it(issuer) {
            return Err(OidcError::OtherIssuer);
        }
        let secret = inner.client_secret.as_deref();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", flow.redirect.as_str()),
            ("code_verifier", flow.verifier.as_str()),
        ];
        let token = provider.trade(&inner.http, &inner.client_id, secret, &form).await?;
        let Keys { keys } = provider.keys(&inner.http).await?;
        let expected = Expected { issuer: &inner.issuer, client: &inner.client_id, nonce: &flow.nonce };
        let claims = token::open(&token, &keys, &expected)?;
        let label = claims.label().to_owned();
        Ok(Account { identity: Identity { issuer: inner.issuer.clone(), subject: claims.sub }, label })
    }
}
