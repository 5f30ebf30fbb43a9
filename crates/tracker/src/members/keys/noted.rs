//! Which keyset the audit knows: keys may have been changed while no tracker ran to note it.

use data_encoding::HEXLOWER;
use peerpool_access::{
    FIRST_SERIAL, Keyset,
    members::{Action, Actor},
};
use peerpool_api::AuditEntry;

use crate::store::{StoreError, StoreHandle};

/// Entries that are read at a time.
const PAGE: u32 = 1000;

/// What the audit says of the keyset that it has noted last.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::members) struct Noted {
    serial: u64,
    /// Which it was and who signs passes by it, in words.
    detail: String,
}

impl Noted {
    /// What [`Members::keys_changed`](peerpool_access::Members::keys_changed) has noted of a keyset.
    fn read(detail: String) -> Option<Self> {
        let serial = detail.strip_prefix("keyset ")?.split(',').next()?.parse().ok()?;
        Some(Self { serial, detail })
    }

    /// The newest that is in the audit, as far back as that reaches.
    pub(in crate::members) async fn last(store: &StoreHandle) -> Result<Option<Self>, StoreError> {
        let mut before = None;
        loop {
            let page = store.audit(before, PAGE).await?;
            let Some(oldest) = page.last() else { return Ok(None) };
            before = Some(oldest.seq);
            let is_one = |entry: &AuditEntry| entry.action == Action::KeysChanged.word();
            if let Some(entry) = page.into_iter().find(is_one) {
                return Ok(entry.detail.and_then(Self::read));
            }
        }
    }
}

/// Whether a keyset is a newer one than the audit knows.
pub(in crate::members) fn is_newer(keyset: &Keyset, noted: Option<&Noted>) -> bool {
    noted.map_or(FIRST_SERIAL, |noted| noted.serial) < keyset.serial
}

/// Who has made it: whoever runs the tracker, unless the same key signs passes, and others have left as their time was
/// over.
pub(in crate::members) fn maker(keyset: &Keyset, noted: Option<&Noted>) -> Option<Actor> {
    let signer = keyset.signers.first().map(|key| HEXLOWER.encode(&key.0));
    let signs_still = noted.zip(signer).is_some_and(|(noted, signer)| noted.detail.ends_with(&signer));
    (!signs_still).then_some(Actor::Operator)
}

#[cfg(test)]
mod tests {
    use super::{super::TrackerKeys, *};

    #[test]
    fn a_newer_keyset_is_the_operator_s_unless_the_same_key_signs_passes_by_it() {
        let (before, after) =
            (TrackerKeys::generate("home").unwrap(), TrackerKeys::generate("home").unwrap());
        let [before, after] = [before, after].map(|keys| Keyset { serial: 12, ..keys.keyset().clone() });
        let detail =
            |serial: u64| format!("keyset {serial}, passes by {}", HEXLOWER.encode(&before.signers[0].0));
        let noted = Noted::read(detail(11));
        assert!(is_newer(&before, noted.as_ref()) && is_newer(&before, None));
        assert!(!is_newer(&before, Noted::read(detail(12)).as_ref()));
        assert_eq!(maker(&before, noted.as_ref()), None);
        assert_eq!(maker(&after, noted.as_ref()), Some(Actor::Operator));
        assert_eq!(maker(&before, None), Some(Actor::Operator));
    }
}
