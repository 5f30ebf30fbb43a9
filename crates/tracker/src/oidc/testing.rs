//! A small provider, and keys that sign.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::{OidcConfig, Provider};

/// What the provider calls the tracker.
pub(crate) const CLIENT: &str = "peerpool";
const SECRET: &str = "s3cret/of:peerpool";

/// A key of a provider.
pub(crate) struct Signer {
    id: String,
    key: KeyPair,
}

impl Signer {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), key: KeyPair::generate().unwrap() }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &EncodingKey::from_ec_der(&self.key.serialize_der())).unwrap()
    }

    /// As a provider publishes it (RFC 7517).
    pub(crate) fn public(&self) -> Value {
        // An uncompressed point.
        let point = self.key.der_bytes();
        let part = |range: std::ops::Range<usize>| BASE64URL_NOPAD.encode(&point[range]);
        json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": part(1..33), "y": part(33..65) })
    }

    pub(crate) fn unsigned(claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
    }

    pub(crate) fn by_secret(id: &str, secret: &[u8], claims: &Value) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
    }
}

/// Of which nothing was asked.
pub(crate) fn provider_at(issuer: &str) -> Provider {
    Provider::at(issuer)
}

/// What it does wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wrong {
    /// Claims in the place of the right ones.
    pub(crate) claims: BTreeMap<&'static str, Value>,
    /// Another one's key signs.
    pub(crate) signature: bool,
    /// Nobody signs.
    pub(crate) unsigned: bool,
    /// It calls itself so.
    pub(crate) issuer: Option<String>,
    /// It takes a code again and again.
    pub(crate) takes_codes_again: bool,
}

struct Asked {
    subject: String,
    query: BTreeMap<String, String>,
    is_traded: bool,
}

struct Inner {
    issuer: String,
    signer: Signer,
    other: Signer,
    asked: Mutex<Vec<Asked>>,
    wrong: Mutex<Wrong>,
}

/// A provider on this machine. It ends with its test.
#[derive(Clone)]
pub(crate) struct TestProvider(Arc<Inner>);

impl TestProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            issuer,
            signer: Signer::new("a"),
            other: Signer::new("a"),
            asked: Mutex::default(),
            wrong: Mutex::default(),
        };
        let provider = Self(Arc::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        provider
    }

    /// How a tracker knows it; the secret stands in this folder.
    pub(crate) fn config(&self, folder: &std::path::Path) -> OidcConfig {
        let path = folder.join("secret");
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        OidcConfig {
            issuer: self.0.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret_file: Some(path),
            name: Some("Example".to_owned()),
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(crate) fn does_wrong(&self, wrong: Wrong) {
        *lock(&self.0.wrong) = wrong;
    }

    /// Somebody who goes to this address signs in as `subject`: what their browser brings back, a code and a state.
    pub(crate) fn sign_in(&self, url: &str, subject: &str) -> (String, String) {
        let (path, query) = url.split_once('?').unwrap();
        assert_eq!(path, format!("{}/authorize", self.0.issuer));
        let query: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
        let (state, mut asked) = (query["state"].clone(), lock(&self.0.asked));
        asked.push(Asked { subject: subject.to_owned(), query, is_traded: false });
        (format!("code-{}", asked.len() - 1), state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn metadata(State(TestProvider(inner)): State<TestProvider>) -> Json<Value> {
    let issuer = &inner.issuer;
    let said = lock(&inner.wrong).issuer.clone();
    Json(json!({
        "issuer": said.as_ref().unwrap_or(issuer),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(TestProvider(inner)): State<TestProvider>) -> Json<Value> {
    Json(json!({ "keys": [inner.signer.public()] }))
}

async fn token(
    State(TestProvider(inner)): State<TestProvider>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let basic = data_encoding::BASE64.encode(b"peerpool:s3cret%2Fof%3Apeerpool");
    if headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&format!("Basic {basic}")) {
        return refuse("invalid_client");
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let wrong = lock(&inner.wrong).clone();
    let mut asked = lock(&inner.asked);
    let number = form["code"].strip_prefix("code-").and_then(|number| number.parse::<usize>().ok());
    let Some(asked) = number.and_then(|number| asked.get_mut(number)) else { return refuse("invalid_grant") };
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(form["code_verifier"].as_bytes()));
    let fits =
        challenge == asked.query["code_challenge"] && form["redirect_uri"] == asked.query["redirect_uri"];
    if !fits || (asked.is_traded && !wrong.takes_codes_again) {
        return refuse("invalid_grant");
    }
    asked.is_traded = true;
    let now = crate::clock::date();
    let mut claims = json!({
        "iss": inner.issuer,
        "aud": CLIENT,
        "sub": asked.subject,
        "nonce": asked.query["nonce"],
        "email": format!("{}@example.org", asked.subject),
        "iat": now,
        "exp": now + 300,
    });
    for (name, value) in wrong.claims {
        claims[name] = value;
    }
    let token = match (wrong.unsigned, wrong.signature) {
        (true, _) => Signer::unsigned(&claims),
        (_, true) => inner.other.sign(&claims),
        _ => inner.signer.sign(&claims),
    };
    Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": token })).into_response()
}
