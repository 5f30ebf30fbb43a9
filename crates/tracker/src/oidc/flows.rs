//! Who was sent to the provider and has not come back. A flow is known by the `state` that the browser brings back, and
//! belongs to the browser that has its cookie: nobody else can end it. It is good once, for ten minutes.

use std::{sync::Arc, time::Duration};

use peerpool_access::{Code, Moment, SecretHash};

use super::Provider;
use crate::awaited::Awaited;

/// How long somebody may be away.
pub(crate) const FLOW: Duration = Duration::from_secs(600);
/// How long what a provider says of itself is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// What somebody went there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To begin a session.
    SignIn,
    /// To become a member by this invite.
    SignUp { code: Code, name: String },
    /// To have this session's member sign in by the account from now on.
    Link(SecretHash),
}

/// Somebody who is away.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) purpose: Purpose,
    /// What the browser has.
    pub(crate) cookie: SecretHash,
    /// What the provider is to repeat in its token.
    pub(super) nonce: String,
    /// Of which the provider has the hash (RFC 7636).
    pub(super) verifier: String,
    /// Where the provider sends the browser.
    pub(super) redirect: String,
    pub(super) provider: Arc<Provider>,
}

impl Flow {
    pub(crate) fn new(
        purpose: Purpose,
        cookie: SecretHash,
        challenge: &super::Challenge,
        redirect: String,
        provider: Arc<Provider>,
    ) -> Self {
        Self {
            purpose,
            cookie,
            nonce: challenge.nonce.clone(),
            verifier: challenge.verifier.clone(),
            redirect,
            provider,
        }
    }
}

/// Those who are away, and what the provider said of itself of late.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    flows: Awaited<Flow>,
    provider: Option<(Arc<Provider>, Moment)>,
}

impl Flows {
    pub(crate) fn provider(&self, now: Moment) -> Option<Arc<Provider>> {
        let (provider, since) = self.provider.as_ref()?;
        (now < *since + REMEMBERED).then(|| provider.clone())
    }

    pub(crate) fn remember(&mut self, provider: Arc<Provider>, now: Moment) {
        self.provider = Some((provider, now));
    }

    /// Somebody goes; the hash is that of the `state`.
    pub(crate) fn begin(&mut self, now: Moment, state: SecretHash, flow: Flow) {
        self.flows.begin(now, state, flow, FLOW);
    }

    /// Somebody comes back with this state and this cookie. Whoever has the state alone ends nothing.
    pub(crate) fn end(&mut self, now: Moment, state: &SecretHash, cookie: &SecretHash) -> Option<Flow> {
        self.flows.end(now, state, |flow| flow.cookie == *cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};
    use crate::awaited::MOST;

    const NOW: Moment = Moment(1_800_000_000);

    fn hash(number: u32) -> SecretHash {
        let mut secret = [0; 32];
        secret[..4].copy_from_slice(&number.to_be_bytes());
        SecretHash(secret)
    }

    fn begin(flows: &mut Flows, now: Moment, state: u32, cookie: u32) {
        let provider = Arc::new(testing::provider_at("https://id.example"));
        let challenge = super::super::Challenge::random();
        let flow = Flow::new(Purpose::SignIn, hash(cookie), &challenge, String::new(), provider);
        flows.begin(now, hash(state), flow);
    }

    #[test]
    fn a_flow_ends_once_and_in_the_browser_where_it_began() {
        let mut flows = Flows::default();
        begin(&mut flows, NOW, 1, 11);
        begin(&mut flows, NOW, 2, 12);
        assert!(flows.end(NOW, &hash(1), &hash(12)).is_none());
        assert!(flows.end(NOW, &hash(3), &hash(11)).is_none());
        assert!(flows.end(NOW, &hash(1), &hash(11)).is_some());
        assert!(flows.end(NOW, &hash(1), &hash(11)).is_none());
        assert!(flows.end(NOW + FLOW, &hash(2), &hash(12)).is_none());
    }

    #[test]
    fn a_flood_of_flows_takes_bounded_memory() {
        let mut flows = Flows::default();
        (0..=MOST as u32).for_each(|number| {
            begin(&mut flows, NOW + Duration::from_secs((number / 100).into()), number, number)
        });
        assert_eq!(flows.flows.len(), MOST);
        let late = NOW + FLOW * 2;
        begin(&mut flows, late, 1, 1);
        assert_eq!(flows.flows.len(), 1);
    }

    #[test]
    fn what_a_provider_says_of_itself_is_asked_anew_after_an_hour() {
        let mut flows = Flows::default();
        flows.remember(Arc::new(testing::provider_at("https://id.example")), NOW);
        assert!(flows.provider(NOW + REMEMBERED - Duration::from_secs(1)).is_some());
        assert!(flows.provider(NOW + REMEMBERED).is_none());
    }
}
