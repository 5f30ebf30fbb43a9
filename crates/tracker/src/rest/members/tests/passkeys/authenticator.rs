//! An authenticator: it makes passkeys (Web Authentication, 6.3.2) and shows them (6.3.3), rightly or wrongly.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use peerpool_access::passkey::PasskeyKey;
use peerpool_api::PasskeyAsked;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What it does wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Wrong {
    pub(super) challenge: Option<[u8; 32]>,
    pub(super) origin: Option<String>,
    pub(super) host: Option<String>,
    pub(super) signature: bool,
    pub(super) unverified: bool,
    /// The page was inside one of another site.
    pub(super) framed: bool,
    /// It says that it has made what it shows.
    pub(super) as_if_made: bool,
}

/// With one passkey.
#[derive(Clone)]
pub(super) struct Authenticator {
    id: [u8; 32],
    key: Vec<u8>,
    counter: u32,
    pub(super) wrong: Wrong,
}

impl Authenticator {
    pub(super) fn new() -> Self {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        let key = key.unwrap().as_ref().to_vec();
        Self { id: rand::random(), key, counter: 0, wrong: Wrong::default() }
    }

    fn pair(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.key).unwrap()
    }

    /// Makes its passkey.
    pub(super) fn make(&mut self, asked: &PasskeyAsked, origin: &str) -> Value {
        let make = asked.make.as_ref().unwrap();
        assert!(make.algorithms.contains(&-7) && !make.known.contains(&BASE64URL_NOPAD.encode(&self.id)));
        self.make_again(asked, origin)
    }

    /// The same, even where it has one.
    pub(super) fn make_again(&mut self, asked: &PasskeyAsked, origin: &str) -> Value {
        let pair = self.pair();
        let point: &[u8; 65] = pair.public_key().as_ref().try_into().unwrap();
        let (x, y) = (point[1..33].try_into().unwrap(), point[33..].try_into().unwrap());
        let credential = [&[0; 16][..], &[0, 32], &self.id, &PasskeyKey::Es256([x, y]).to_cose()].concat();
        json!({
            "client_data": BASE64URL_NOPAD.encode(&self.client_data("webauthn.create", asked, origin)),
            "authenticator_data": BASE64URL_NOPAD.encode(&self.data(asked, 1 << 6, &credential)),
        })
    }

    /// Shows its passkey.
    pub(super) fn show(&mut self, asked: &PasskeyAsked, origin: &str) -> Value {
        assert!(asked.make.is_none());
        let kind = if self.wrong.as_if_made { "webauthn.create" } else { "webauthn.get" };
        let client_data = self.client_data(kind, asked, origin);
        let data = self.data(asked, 0, &[]);
        let message = [&data[..], &Sha256::digest(&client_data)].concat();
        let message = if self.wrong.signature { &message[1..] } else { &message };
        let signature = self.pair().sign(&SystemRandom::new(), message).unwrap();
        json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "client_data": BASE64URL_NOPAD.encode(&client_data),
            "authenticator_data": BASE64URL_NOPAD.encode(&data),
            "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
        })
    }

    fn client_data(&self, kind: &str, asked: &PasskeyAsked, origin: &str) -> Vec<u8> {
        let Wrong { challenge, origin: another, framed, .. } = &self.wrong;
        let data = json!({
            "type": kind,
            "challenge": challenge.map_or_else(|| asked.challenge.clone(), |bytes| BASE64URL_NOPAD.encode(&bytes)),
            "origin": another.as_deref().unwrap_or(origin),
            "crossOrigin": framed,
        });
        data.to_string().into_bytes()
    }

    fn data(&mut self, asked: &PasskeyAsked, flags: u8, credential: &[u8]) -> Vec<u8> {
        self.counter += 1;
        let host = Sha256::digest(self.wrong.host.as_deref().unwrap_or(&asked.host).as_bytes());
        let verified = if self.wrong.unverified { 1 } else { 1 | 1 << 2 };
        [&host[..], &[flags | verified], &self.counter.to_be_bytes(), credential].concat()
    }
}
