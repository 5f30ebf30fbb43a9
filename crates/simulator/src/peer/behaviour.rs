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
    /// It does so as a stock client: it knows nothing of networks, and the tracker knows that it is none of ours.
    Stock,
    /// It takes and never gives: nobody is ever unchoked, nothing is sent.
    FreeRider,
    /// It promises and never delivers: it unchokes, and passes over every request.
    Staller,
    /// It sends wrong bytes in half of its blocks.
    Corrupter,
    /// It is connected, and that is all: it wants nothing, has nothing to say and answers nobody.
    Idler,
    /// Its owner has paused it: it asks for nothing, and would give what it has.
    Paused,
    /// It shows the peer id of the first seed, and sends wrong bytes in all of its blocks.
    Impostor,
}

impl Behaviour {
    /// Whether a message that the swarm wants sent is sent.
    pub fn lets_pass(self, message: &Message) -> bool {
        match message {
            Message::Unchoke | Message::AllowedFast(_) => {
                !matches!(self, Behaviour::FreeRider | Behaviour::Idler)
            }
            Message::HaveNone | Message::KeepAlive | Message::Extended { id: 0, .. } => true,
            _ => self != Behaviour::Idler,
        }
    }

    /// Whether blocks are sent.
    pub fn gives(self) -> bool {
        matches!(
            self,
            Behaviour::Honest
                | Behaviour::Stock
                | Behaviour::Corrupter
                | Behaviour::Paused
                | Behaviour::Impostor
        )
    }

    /// Whether it keeps the rules: the run goes on until it has everything, and its time counts.
    pub fn is_fair(self) -> bool {
        matches!(self, Behaviour::Honest | Behaviour::Stock)
    }

    /// Whether it wants to have everything.
    pub fn takes(self) -> bool {
        !matches!(self, Behaviour::Idler | Behaviour::Paused)
    }

    /// Which share of its blocks is wrong.
    pub fn lies(self) -> f64 {
        match self {
            Behaviour::Corrupter => 0.5,
            Behaviour::Impostor => 1.0,
            _ => 0.0,
        }
    }
}
