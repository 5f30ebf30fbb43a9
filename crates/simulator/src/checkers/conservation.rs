//! No byte comes from nowhere or gets lost on the way.

use super::{Checker, PeerView, View};

/// What was sent was received, is on its way, or came too late for its connection.
#[derive(Clone, Copy, Debug)]
pub struct Conservation;

impl Checker for Conservation {
    fn name(&self) -> &'static str {
        "conservation"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        let sum = |of: fn(&PeerView<'_>) -> u64| view.peers.iter().map(of).sum::<u64>();
        let sent = sum(|peer| peer.sent);
        let (received, flying, lost) =
            (sum(|peer| peer.received), sum(|peer| peer.in_flight), sum(|peer| peer.lost));
        if sent == received + flying + lost {
            Vec::new()
        } else {
            vec![format!(
                "{sent} bytes were sent, but {received} received, {flying} are on their way, {lost} are lost"
            )]
        }
    }
}
