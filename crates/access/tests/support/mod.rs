//! Keys and passes to test with.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::time::Duration;

use peerpool_access::{
    MemberId, Moment, Pass, Subject,
    key::{PoolId, PublicKey, SecretKey},
};
use peerpool_wire::id::{InfoHash, Sha1Hash};

pub(crate) const NOW: Moment = Moment(1_800_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32]).unwrap()
}

pub(crate) fn key(number: u8) -> PublicKey {
    secret(number).public()
}

/// The pool whose root key is number 1.
pub(crate) fn pool() -> PoolId {
    key(1).pool()
}

/// The key that signs passes.
pub(crate) fn signer() -> SecretKey {
    secret(2)
}

/// The pass of the device with that key: of the member of the same number, for twelve hours.
pub(crate) fn pass(number: u8, subjects: impl IntoIterator<Item = Subject>) -> Pass {
    let member = MemberId(number.into());
    Pass {
        pool: pool(),
        key: key(number),
        member,
        subjects: subjects.into_iter().chain([member.into()]).collect(),
        made: NOW,
        until: NOW + 12 * HOUR,
        epoch: 1,
    }
}

pub(crate) fn item(number: u8) -> InfoHash {
    InfoHash::v1_only(Sha1Hash([number; 20]))
}
