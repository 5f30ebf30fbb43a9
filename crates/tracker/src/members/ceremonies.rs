//! Who was asked for a passkey and has not answered. What was asked belongs to the browser that has its cookie: it is good once,
//! right or wrong, for five minutes.

use std::time::Duration;

use peerpool_access::{Code, Moment, SecretHash};

use crate::awaited::Awaited;

/// How long somebody may look for their passkey.
pub(crate) const CEREMONY: Duration = Duration::from_secs(300);

/// What a passkey is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PasskeyFor {
    /// To begin a session of whoever has it.
    SignIn,
    /// To become a member by this invite.
    SignUp { code: Code, name: String },
    /// To have this session's member sign in by it from now on.
    Add(SecretHash),
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ceremony {
    pub(crate) purpose: PasskeyFor,
    pub(crate) challenge: [u8; 32],
}

/// All that were asked, by the hash of the browser's cookie.
#[derive(Debug, Default)]
pub(crate) struct Ceremonies(Awaited<Ceremony>);

impl Ceremonies {
    pub(crate) fn begin(&mut self, now: Moment, cookie: SecretHash, ceremony: Ceremony) {
        self.0.begin(now, cookie, ceremony, CEREMONY);
    }

    /// The browser with this cookie answers.
    pub(crate) fn end(&mut self, now: Moment, cookie: &SecretHash) -> Option<Ceremony> {
        self.0.end(now, cookie, |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::awaited::MOST;

    const NOW: Moment = Moment(1_800_000_000);

    fn hash(number: u32) -> SecretHash {
        let mut secret = [0; 32];
        secret[..4].copy_from_slice(&number.to_be_bytes());
        SecretHash(secret)
    }

    fn asked() -> Ceremony {
        Ceremony { purpose: PasskeyFor::SignIn, challenge: [1; 32] }
    }

    #[test]
    fn what_was_asked_is_good_once_for_five_minutes_in_its_browser() {
        let mut ceremonies = Ceremonies::default();
        ceremonies.begin(NOW, hash(1), asked());
        ceremonies.begin(NOW, hash(2), asked());
        assert_eq!(ceremonies.end(NOW, &hash(3)), None);
        assert_eq!(ceremonies.end(NOW, &hash(1)), Some(asked()));
        assert_eq!(ceremonies.end(NOW, &hash(1)), None);
        assert_eq!(ceremonies.end(NOW + CEREMONY, &hash(2)), None);
    }

    #[test]
    fn a_flood_of_questions_takes_bounded_memory() {
        let mut ceremonies = Ceremonies::default();
        for number in 0..=MOST as u32 {
            ceremonies.begin(NOW + Duration::from_secs((number / 100).into()), hash(number), asked());
        }
        assert_eq!(ceremonies.0.len(), MOST);
        assert_eq!(ceremonies.end(NOW, &hash(0)), None);
    }
}
