//! What a provider says of itself (OpenID Connect Discovery 1.0), and what it is asked.

use axum::{
    body::{Body, Bytes},
    http::{
        Method, Request,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
};
use data_encoding::BASE64;
use form_urlencoded::{Serializer, byte_serialize};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::OidcError;
use crate::outgoing::{Address, Http, HttpError, shown};

/// What a provider says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    issuer: String,
    /// Where browsers go.
    authorization: String,
    token: Address,
    jwks: Address,
    /// Whether the secret goes into the form, and not into a header.
    secret_in_form: bool,
    /// Whether it says who it is when it sends a browser back.
    says_issuer: bool,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The keys by which a provider signs; those that nobody here understands are left out.
#[derive(Deserialize)]
pub(super) struct Keys {
    pub(super) keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Traded {
    id_token: String,
}

/// RFC 6749, 5.2.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

impl Provider {
    pub(super) async fn discover(http: &Http, issuer: &str) -> Result<Self, OidcError> {
        let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = get(http, &Address::parse(&at)?).await?;
        if metadata.issuer != issuer {
            return Err(OidcError::OtherIssuer);
        }
        Address::parse(&metadata.authorization_endpoint)?;
        let methods = metadata.token_endpoint_auth_methods_supported.unwrap_or_default();
        let has = |name: &str| methods.iter().any(|method| method == name);
        Ok(Self {
            issuer: metadata.issuer,
            authorization: metadata.authorization_endpoint,
            token: Address::parse(&metadata.token_endpoint)?,
            jwks: Address::parse(&metadata.jwks_uri)?,
            secret_in_form: !has("client_secret_basic") && has("client_secret_post"),
            says_issuer: metadata.authorization_response_iss_parameter_supported,
        })
    }

    #[cfg(test)]
    pub(super) fn at(issuer: &str) -> Self {
        let address = Address::parse(issuer).unwrap();
        Self {
            issuer: issuer.to_owned(),
            authorization: issuer.to_owned(),
            token: address.clone(),
            jwks: address,
            secret_in_form: false,
            says_issuer: false,
        }
    }

    /// Where a browser goes with this question.
    pub(super) fn authorization(&self, question: &[(&str, &str)]) -> String {
        let query = Serializer::new(String::new()).extend_pairs(question).finish();
        let joint = if self.authorization.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.authorization)
    }

    /// Whether an answer is from this provider that says so, or does not (RFC 9207, 2.4).
    pub(super) fn is_from_it(&self, issuer: Option<&str>) -> bool {
        issuer.map_or(!self.says_issuer, |issuer| issuer == self.issuer)
    }

    /// The token for a code.
    pub(super) async fn trade(
        &self,
        http: &Http,
        client: &str,
        secret: Option<&str>,
        form: &[(&str, &str)],
    ) -> Result<String, OidcError> {
        let request = self.trading(client, secret, form)?;
        match http.fetch(&self.token, request).await {
            Ok(body) => Ok(understand::<Traded>(&self.token, &body)?.id_token),
            Err(HttpError::Status { status, body, .. }) if status.is_client_error() => {
                let refusal: Option<Refusal> = serde_json::from_slice(&body).ok();
                Err(OidcError::Refused(refusal.map_or_else(|| status.to_string(), Refusal::told)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn trading(
        &self,
        client: &str,
        secret: Option<&str>,
        form: &[(&str, &str)],
    ) -> Result<Request<Body>, HttpError> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request =
            Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match secret {
            Some(secret) if !self.secret_in_form => {
                request = request.header(AUTHORIZATION, basic(client, secret));
            }
            Some(secret) => {
                body.append_pair("client_id", client).append_pair("client_secret", secret);
            }
            None => {
                body.append_pair("client_id", client);
            }
        }
        let request = request.body(Body::from(body.finish()));
        request.map_err(|_| HttpError::Address(self.token.host().to_owned()))
    }

    pub(super) async fn keys(&self, http: &Http) -> Result<Keys, OidcError> {
        get(http, &self.jwks).await
    }
}

impl Refusal {
    fn told(self) -> String {
        let description = self.error_description.map(|text| format!(": {text}")).unwrap_or_default();
        shown(&format!("{}{description}", self.error))
    }
}

/// RFC 6749, 2.3.1.
fn basic(client: &str, secret: &str) -> String {
    let written = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64.encode(format!("{}:{}", written(client), written(secret)).as_bytes()))
}

async fn get<T: DeserializeOwned>(http: &Http, from: &Address) -> Result<T, OidcError> {
    let body = http.fetch(from, Request::new(Body::empty())).await?;
    understand(from, &body)
}

fn understand<T: DeserializeOwned>(from: &Address, body: &Bytes) -> Result<T, OidcError> {
    serde_json::from_slice(body).map_err(|error| {
        HttpError::Strange { host: from.host().to_owned(), reason: error.to_string() }.into()
    })
}
