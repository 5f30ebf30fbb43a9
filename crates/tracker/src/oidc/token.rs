//! Whether a token of a provider is genuine, for this tracker, and for this flow (OpenID Connect Core 1.0, 3.1.3.7).

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, TokenData, Validation, decode, decode_header,
    errors::{Error, ErrorKind},
    jwk::{Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// By how many seconds clocks may differ.
const LEEWAY: u64 = 60;
/// Most keys of a provider that are tried.
const MOST_KEYS: usize = 64;

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("it is no signed token")]
    Unreadable,
    #[error("it is signed by no key of the provider")]
    Signature,
    #[error("it is of another provider")]
    Issuer,
    #[error("it is for somebody else than this tracker")]
    Audience,
    #[error("it is over; do the clocks agree?")]
    Expired,
    #[error("it is of another sign-in")]
    Nonce,
    #[error("it names no account")]
    Subject,
}

/// What a token is to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
}

/// What a token says.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    email: Option<String>,
    preferred_username: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// By what people know the account.
    pub(super) fn label(&self) -> &str {
        let said = self.email.as_deref().or(self.preferred_username.as_deref());
        said.filter(|text| !text.is_empty()).unwrap_or(&self.sub)
    }
}

/// Reads a token that one of these keys has signed.
pub(super) fn open(token: &str, keys: &[Value], expected: &Expected<'_>) -> Result<Claims, TokenError> {
    let header = decode_header(token).map_err(|_| TokenError::Unreadable)?;
    // A key that is public is no secret: nothing that it makes a code of proves anything.
    if header.alg.family() == AlgorithmFamily::Hmac {
        return Err(TokenError::Signature);
    }
    let keys = keys.iter().take(MOST_KEYS).filter_map(|key| Jwk::deserialize(key).ok());
    let fits = |key: &Jwk| {
        let same = header.kid.is_none() || key.common.key_id == header.kid;
        same && matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))
    };
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let mut refused = TokenError::Signature;
    for key in keys.filter(fits) {
        match by(token, header.alg, &key, &validation) {
            Ok(data) => return check(data.claims, expected),
            Err(error) => {
                // What the signature of another key holds says why.
                if let Some(reason) = reason(&error) {
                    refused = reason;
                }
            }
        }
    }
    Err(refused)
}

fn by(
    token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    validation: &Validation,
) -> Result<TokenData<Claims>, Error> {
    let key = DecodingKey::from_jwk(key)?;
    match key.family() == algorithm.family() {
        true => decode(token, &key, validation),
        false => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// What is wrong with a token whose signature holds.
fn reason(error: &Error) -> Option<TokenError> {
    match error.kind() {
        ErrorKind::InvalidIssuer => Some(TokenError::Issuer),
        ErrorKind::InvalidAudience => Some(TokenError::Audience),
        ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => Some(TokenError::Expired),
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            Some(TokenError::Unreadable)
        }
        _ => None,
    }
}

fn check(claims: Claims, expected: &Expected<'_>) -> Result<Claims, TokenError> {
    let others = match &claims.aud {
        Audience::One(audience) => audience != expected.client,
        Audience::Many(audiences) => audiences.iter().any(|audience| audience != expected.client),
    };
    let is_for_us = match &claims.azp {
        Some(party) => party == expected.client,
        None => !others,
    };
    if !is_for_us {
        return Err(TokenError::Audience);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(TokenError::Nonce);
    }
    if claims.sub.is_empty() {
        return Err(TokenError::Subject);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing::Signer, *};

    const EXPECTED: Expected<'_> =
        Expected { issuer: "https://id.example", client: "peerpool", nonce: "n-0S6_WzA2Mj" };

    fn claims() -> Value {
        json!({
            "iss": EXPECTED.issuer,
            "aud": EXPECTED.client,
            "sub": "24400320",
            "nonce": EXPECTED.nonce,
            "exp": crate::clock::date() + 300,
            "iat": crate::clock::date(),
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn refusal(token: &str, keys: &[Value]) -> TokenError {
        open(token, keys, &EXPECTED).unwrap_err()
    }

    #[test]
    fn a_token_for_this_tracker_and_this_flow_is_read() {
        let signer = Signer::new("a");
        let keys = [Signer::new("b").public(), json!({ "kty": "new" }), signer.public()];
        let claims = with("email", json!("mai@example.org"));
        let read = open(&signer.sign(&claims), &keys, &EXPECTED).unwrap();
        assert_eq!((read.sub.as_str(), read.label()), ("24400320", "mai@example.org"));
        let several = open(&signer.sign(&with("aud", json!(["peerpool"]))), &keys, &EXPECTED).unwrap();
        assert_eq!(several.label(), "24400320");
    }

    #[test]
    fn what_is_of_another_provider_audience_flow_or_time_is_refused() {
        let signer = Signer::new("a");
        let keys = [signer.public()];
        for (name, value, reason) in [
            ("iss", json!("https://evil.example"), TokenError::Issuer),
            ("aud", json!("other"), TokenError::Audience),
            ("aud", json!(["peerpool", "other"]), TokenError::Audience),
            ("azp", json!("other"), TokenError::Audience),
            ("nonce", json!("another"), TokenError::Nonce),
            ("nonce", Value::Null, TokenError::Nonce),
            ("exp", json!(crate::clock::date() - 2 * LEEWAY), TokenError::Expired),
            ("exp", Value::Null, TokenError::Unreadable),
            ("nbf", json!(crate::clock::date() + 2 * LEEWAY), TokenError::Expired),
            ("sub", json!(""), TokenError::Subject),
            ("sub", Value::Null, TokenError::Unreadable),
        ] {
            let token = signer.sign(&with(name, value.clone()));
            assert_eq!(refusal(&token, &keys), reason, "{name}: {value}");
        }
        let ours = with("aud", json!(["peerpool", "other"]));
        let mut named = ours.clone();
        named["azp"] = json!("peerpool");
        assert!(open(&signer.sign(&named), &keys, &EXPECTED).is_ok());
    }

    #[test]
    fn what_the_provider_has_not_signed_is_refused() {
        let (signer, other) = (Signer::new("a"), Signer::new("a"));
        let keys = [signer.public()];
        assert_eq!(refusal(&other.sign(&claims()), &keys), TokenError::Signature);
        let token = signer.sign(&claims());
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = rest.split_once('.').unwrap();
        let forged = data_encoding::BASE64URL_NOPAD.encode(with("sub", json!("root")).to_string().as_bytes());
        assert_eq!(refusal(&format!("{header}.{forged}.{signature}"), &keys), TokenError::Signature);
        assert_eq!(refusal(&format!("{rest}."), &keys), TokenError::Signature);
        assert_eq!(refusal(&token, &[]), TokenError::Signature);
        for text in ["", ".", "..", "a.b.c", rest] {
            assert_eq!(refusal(text, &keys), TokenError::Unreadable, "{text}");
        }
    }

    #[test]
    fn no_algorithm_and_one_of_secrets_prove_nothing() {
        let signer = Signer::new("a");
        let keys = [signer.public(), json!({ "kty": "oct", "kid": "a", "k": "c2VjcmV0" })];
        let unsigned = Signer::unsigned(&claims());
        assert_eq!(refusal(&unsigned, &keys), TokenError::Unreadable);
        let token = Signer::by_secret("a", b"secret", &claims());
        assert_eq!(refusal(&token, &keys), TokenError::Signature);
    }

    #[test]
    fn a_key_for_something_else_proves_nothing() {
        let signer = Signer::new("a");
        let token = signer.sign(&claims());
        let mut key = signer.public();
        key["use"] = json!("enc");
        assert_eq!(refusal(&token, &[key.clone()]), TokenError::Signature);
        key["use"] = json!("sig");
        assert!(open(&token, &[key.clone()], &EXPECTED).is_ok());
        key["kid"] = json!("another");
        assert_eq!(refusal(&token, &[key]), TokenError::Signature);
    }
}
