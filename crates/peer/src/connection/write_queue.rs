//! What waits to be written, in which order.

use std::collections::VecDeque;

use peerpool_wire::{
    geometry::Span,
    message::{BLOCK_HEADER, Message},
};

use super::Write;
use crate::{
    budget::weight,
    buffer::{HEADROOM, LONGEST},
};

/// Blocks sent together: as many headers as a buffer has headroom for.
const MAX_RUN: usize = HEADROOM / BLOCK_HEADER;

/// Messages and blocks that were taken over and not written yet.
#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    /// Goes before everything in `ordered`.
    urgent: VecDeque<Message>,
    ordered: VecDeque<Write>,
    /// How many of `ordered` are messages.
    messages: usize,
    /// So many blocks are read one by one, because one of them cannot be.
    singly: usize,
}

/// Blocks to be sent at once.
pub(super) struct Run {
    pub(super) spans: Vec<Span>,
    /// Of their payload.
    pub(super) bytes: usize,
}

impl WriteQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.ordered.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.ordered.len()
    }

    /// What says nothing of the blocks handed out overtakes them: `have`, what asks for something, and the answers to
    /// questions. All other messages keep their place among the blocks, and nothing overtakes a message.
    pub(super) fn push(&mut self, write: Write) {
        match write {
            Write::Message(message) if overtakes(&message) && self.messages == 0 => {
                self.urgent.push_back(message);
            }
            Write::Message(message) => {
                self.messages += 1;
                self.ordered.push_back(Write::Message(message));
            }
            block => self.ordered.push_back(block),
        }
    }

    /// Encodes the messages at the front; what they weighed while they waited.
    pub(super) fn take_messages(&mut self, bytes: &mut Vec<u8>) -> usize {
        let mut weighed = 0;
        for message in self.urgent.drain(..) {
            weighed += weight(&message);
            message.encode(bytes);
        }
        while let Some(Write::Message(message)) = self.ordered.front() {
            weighed += weight(message);
            message.encode(bytes);
            self.messages -= 1;
            self.ordered.pop_front();
        }
        weighed
    }

    /// The bytes of the block at the front, which is then sent alone: so much is waited for.
    pub(super) fn single_block(&mut self) -> Option<u32> {
        let Some(Write::Block(span)) = self.ordered.front() else { return None };
        self.singly = self.singly.max(1);
        Some(span.length())
    }

    /// Whether a message waits that overtakes blocks.
    pub(super) fn is_urgent(&self) -> bool {
        !self.urgent.is_empty()
    }

    /// The block at the front, if it has `least` bytes.
    pub(super) fn long_block(&self, least: u32) -> Option<Span> {
        match self.ordered.front() {
            Some(Write::Block(span)) if span.length() >= least => Some(*span),
            _ => None,
        }
    }

    /// Takes the block at the front away.
    pub(super) fn take_block(&mut self) {
        if let Some(Write::Block(_)) = self.ordered.front() {
            self.ordered.pop_front();
        }
    }

    /// The blocks at the front.
    pub(super) fn take_run(&mut self) -> Option<Run> {
        let mut run = Run { spans: Vec::new(), bytes: 0 };
        let most = if self.singly > 0 { 1 } else { MAX_RUN };
        while let Some(Write::Block(span)) = self.ordered.front() {
            let fits = run.bytes + span.length() as usize <= LONGEST && run.spans.len() < most;
            if !run.spans.is_empty() && !fits {
                break;
            }
            run.bytes += span.length() as usize;
            run.spans.push(*span);
            self.ordered.pop_front();
        }
        self.singly = self.singly.saturating_sub(1);
        (!run.spans.is_empty()).then_some(run)
    }

    /// Blocks could not be read together: each will be a run of its own.
    pub(super) fn put_back_singly(&mut self, spans: Vec<Span>) {
        self.singly = spans.len();
        spans.into_iter().rev().for_each(|span| self.ordered.push_front(Write::Block(span)));
    }
}

fn overtakes(message: &Message) -> bool {
    matches!(
        message,
        Message::Have(_)
            | Message::Request(_)
            | Message::Cancel(_)
            | Message::Interested
            | Message::NotInterested
            | Message::KeepAlive
            | Message::Extended { .. }
            | Message::HashRequest(_)
            | Message::HashReject(_)
    )
}
