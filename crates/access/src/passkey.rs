//! Passkeys: what an authenticator has made or signed for this pool's page (Web Authentication, Level 3), verified.
//!
//! Nothing is asked of an authenticator but that it has its user prove who they are. So there is no attestation to read, and
//! what is left has one layout: the authenticator data (6.1) is a few fields of fixed length, and a key of a kind that is taken
//! here has exactly one encoding, since COSE keys are in CTAP2's canonical form (6.5.1). Only the client data is parsed.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;

use crate::key::sha256;

/// Longest id of a credential, in bytes (Web Authentication, 6.5.1).
pub const MAX_CREDENTIAL_ID: usize = 1023;
/// Longest name of a host, in bytes, under which a passkey is known (RFC 1035, 2.3.4).
pub const MAX_HOST: usize = 253;

/// The flags of authenticator data (6.1).
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const CAN_BE_COPIED: u8 = 1 << 3;
const IS_COPIED: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;
/// The hash of the host, the flags and the counter.
const HEAD: usize = 37;

/// The COSE encodings (RFC 9053, 7) around the coordinates of a P-256 key, and before an Ed25519 key.
const ES256: [&[u8]; 2] = [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", b"\x22\x58\x20"];
const EDDSA: &[u8] = b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20";

/// By what an authenticator knows a passkey.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// An id of 1 to [`MAX_CREDENTIAL_ID`] bytes.
    pub fn new(id: &[u8]) -> Option<Self> {
        (1..=MAX_CREDENTIAL_ID).contains(&id.len()).then(|| Self(id.to_vec()))
    }

    /// The id itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Which one it is, for people: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        data_encoding::HEXLOWER.encode(&sha256(&self.0)[..8])
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({})", self.id())
    }
}

/// The public key of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyKey {
    /// A point on P-256, `x` and `y`.
    Es256([[u8; 32]; 2]),
    /// A point on Ed25519.
    EdDsa([u8; 32]),
}

impl PasskeyKey {
    /// The numbers by which a page asks for such keys, the better one first (RFC 9053, 2).
    pub const ALGORITHMS: [i32; 2] = [-8, -7];

    /// Reads the COSE form that a credential has.
    pub fn from_cose(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = Self::read(bytes)?;
        rest.is_empty().then_some(key)
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        if let Some(bytes) = bytes.strip_prefix(EDDSA) {
            let (point, rest) = bytes.split_first_chunk()?;
            return Some((Self::EdDsa(*point), rest));
        }
        let (x, bytes) = bytes.strip_prefix(ES256[0])?.split_first_chunk()?;
        let (y, rest) = bytes.strip_prefix(ES256[1])?.split_first_chunk()?;
        Some((Self::Es256([*x, *y]), rest))
    }

    /// The COSE form.
    pub fn to_cose(&self) -> Vec<u8> {
        match self {
            Self::Es256([x, y]) => [ES256[0], x, ES256[1], y].concat(),
            Self::EdDsa(point) => [EDDSA, point].concat(),
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verify = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        match self {
            // Uncompressed (SEC 1, 2.3.3).
            Self::Es256([x, y]) => verify(&ECDSA_P256_SHA256_ASN1, &[&[4][..], x, y].concat()),
            Self::EdDsa(point) => verify(&ED25519, point),
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What was drawn at random for this once.
    pub challenge: &'a [u8; 32],
    /// The page that asked, as `https://HOST` with the port unless it is 443.
    pub origin: &'a str,
    /// The name of its host, under which passkeys are known.
    pub host: &'a str,
}

/// A passkey that an authenticator has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// By what the authenticator knows it.
    pub id: CredentialId,
    /// Its public key.
    pub key: PasskeyKey,
    /// How often it has signed, if the authenticator counts.
    pub counter: u32,
}

/// Why what an authenticator gave is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// What the browser says it asked for is no client data, or is for something else.
    #[error("the browser's data are not those of this request")]
    ClientData,
    /// The challenge is another one.
    #[error("the answer is to another request")]
    Challenge,
    /// Another page asked, or one inside a page of another site.
    #[error("another page has asked")]
    Origin,
    /// The authenticator data are cut off, or say what cannot be.
    #[error("the authenticator's data are malformed")]
    Data,
    /// It is a passkey of another host.
    #[error("the passkey belongs to another host")]
    Host,
    /// The key is of a kind that was not asked for.
    #[error("the key is neither an ES256 key nor an Ed25519 key")]
    Key,
    /// The signature is not by the passkey.
    #[error("the signature is not by this passkey")]
    Signature,
    /// Nobody has shown the authenticator who they are.
    #[error("the authenticator did not verify its user, by a PIN, a finger or a face")]
    NotVerified,
    /// It has signed as often before: there are two of it.
    #[error("the passkey's counter went back: there may be a copy of it")]
    Counter,
}

/// The passkey that an authenticator has made for a page that asked so (7.1).
///
/// # Errors
///
/// See [`PasskeyError`].
pub fn made(asked: Asked<'_>, client_data: &[u8], authenticator_data: &[u8]) -> Result<Made, PasskeyError> {
    asked.check(client_data, "webauthn.create")?;
    let data = Data::read(authenticator_data)?;
    data.check(asked)?;
    data.check_user()?;
    let counter = data.counter;
    data.credential.map(|(id, key)| Made { id, key, counter }).ok_or(PasskeyError::Data)
}

/// How often a passkey has signed by now, where its signature over what a page asked for holds (7.2). `counter` is how often it
/// had signed before.
///
/// # Errors
///
/// See [`PasskeyError`].
pub fn shown(
    asked: Asked<'_>,
    key: &PasskeyKey,
    counter: u32,
    client_data: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
) -> Result<u32, PasskeyError> {
    asked.check(client_data, "webauthn.get")?;
    let data = Data::read(authenticator_data)?;
    data.check(asked)?;
    let message = [authenticator_data, &sha256(client_data)].concat();
    if !key.verifies(&message, signature) {
        return Err(PasskeyError::Signature);
    }
    data.check_user()?;
    match (data.counter, counter) {
        // It does not count.
        (0, 0) => Ok(0),
        (now, before) if now > before => Ok(now),
        _ => Err(PasskeyError::Counter),
    }
}

/// What a browser says that it asked an authenticator for (5.8.1). It may say more.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl Asked<'_> {
    fn check(&self, client_data: &[u8], kind: &str) -> Result<(), PasskeyError> {
        let said: ClientData = serde_json::from_slice(client_data).map_err(|_| PasskeyError::ClientData)?;
        if said.r#type != kind {
            return Err(PasskeyError::ClientData);
        }
        if said.challenge != data_encoding::BASE64URL_NOPAD.encode(self.challenge) {
            return Err(PasskeyError::Challenge);
        }
        match said.origin == self.origin && !said.cross_origin {
            true => Ok(()),
            false => Err(PasskeyError::Origin),
        }
    }
}

/// Authenticator data (6.1).
struct Data {
    host: [u8; 32],
    flags: u8,
    counter: u32,
    credential: Option<(CredentialId, PasskeyKey)>,
}

impl Data {
    fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or(PasskeyError::Data)?;
        let (&host, tail) = head.split_first_chunk().ok_or(PasskeyError::Data)?;
        let [flags, counter @ ..] = tail else { return Err(PasskeyError::Data) };
        let counter = u32::from_be_bytes(counter.try_into().map_err(|_| PasskeyError::Data)?);
        let (credential, rest) = match flags & HAS_CREDENTIAL {
            0 => (None, rest),
            _ => {
                let (id, key, rest) = credential(rest)?;
                (Some((id, key)), rest)
            }
        };
        // Extensions, of which none was asked for, are not read; without them nothing may follow.
        let is_whole = rest.is_empty() != (flags & HAS_EXTENSIONS != 0);
        let makes_sense = flags & CAN_BE_COPIED != 0 || flags & IS_COPIED == 0;
        match is_whole && makes_sense {
            true => Ok(Self { host, flags: *flags, counter, credential }),
            false => Err(PasskeyError::Data),
        }
    }

    fn check(&self, asked: Asked<'_>) -> Result<(), PasskeyError> {
        match self.host == sha256(asked.host.as_bytes()) {
            true => Ok(()),
            false => Err(PasskeyError::Host),
        }
    }

    fn check_user(&self) -> Result<(), PasskeyError> {
        match self.flags & USER_PRESENT != 0 && self.flags & USER_VERIFIED != 0 {
            true => Ok(()),
            false => Err(PasskeyError::NotVerified),
        }
    }
}

/// Attested credential data (6.5.1): the kind of authenticator, which is of no matter, the id behind its length, and the key.
fn credential(bytes: &[u8]) -> Result<(CredentialId, PasskeyKey, &[u8]), PasskeyError> {
    let ([.., high, low], rest) = bytes.split_first_chunk::<18>().ok_or(PasskeyError::Data)?;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (id, rest) = rest.split_at_checked(length).ok_or(PasskeyError::Data)?;
    let id = CredentialId::new(id).ok_or(PasskeyError::Data)?;
    let (key, rest) = PasskeyKey::read(rest).ok_or(PasskeyError::Key)?;
    Ok((id, key, rest))
}
