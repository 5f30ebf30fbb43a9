//! How a virtual peer departs from what its swarm tells it to do.

use peerpool_wire::message::Message;
use serde::Deserialize;

/// What kind of peer it is.
#[derive(Clone, Copy, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// It does what its swarm says.
    #[default]
    Honest,
    /// It takes and never gives: nobody is ever unchoked, nothing is sent.
    FreeRider,
    /// It promises and never delivers: it unchokes, and passes over every request.
    Staller,
    /// It sends wrong bytes in half of its blocks.
    Corrupter,
}

impl Behaviour {
    /// Whether a message that the swarm wants sent is sent.
    pub fn lets_pass(self, message: &Message) -> bool {
        match message {
            Message::Unchoke | Message::AllowedFast(_) => self != Behaviour::FreeRider,
            _ => true,
        }
    }

    /// Whether blocks are sent.
    pub fn gives(self) -> bool {
        matches!(self, Behaviour::Honest | Behaviour::Corrupter)
    }
}
