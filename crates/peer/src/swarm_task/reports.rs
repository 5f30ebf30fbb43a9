//! What a swarm tells the node.

use std::collections::VecDeque;

use super::{Event, Passed};
use crate::{credentials::OtherEnd, event_sender::EventSender};

/// What is told of the swarm.
pub(super) struct Reports {
    events: EventSender<Event>,
    /// What is to be told next.
    waiting: VecDeque<Event>,
}

impl Reports {
    pub(super) fn new(events: EventSender<Event>) -> Self {
        Self { events, waiting: VecDeque::new() }
    }

    /// Whether nobody hears it any more.
    pub(super) fn is_closed(&self) -> bool {
        self.events.is_closed()
    }

    /// For what must not be lost: told after all outputs are done.
    pub(super) fn tell_soon(&mut self, event: Event) {
        self.waiting.push_back(event);
    }

    pub(super) fn tell_transfers(&mut self, passed: Vec<(OtherEnd, Passed)>) {
        if !passed.is_empty() {
            self.tell_soon(Event::Transferred(passed));
        }
    }

    /// For somebody who watches: left out when there is no room for it.
    pub(super) fn show(&self, event: Option<Event>) {
        if let Some(event) = event {
            self.events.try_send(event);
        }
    }

    /// Whether something is to be told.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) async fn tell(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            // Nobody hears it when the peer ends.
            let _ = self.events.send(event).await;
        }
    }
}
