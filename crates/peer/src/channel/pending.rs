//! Questions that wait for their answers.

use std::collections::{BTreeMap, VecDeque};

use peerpool_wire::channel::{ChunkAssembly, MetainfoChunk, RequestId, ToPeer, ToTracker};
use tokio::sync::oneshot;

use super::{Answer, Question};

/// Most questions that are open at a time.
const MAX_OPEN: usize = 1024;

/// The open questions. Cleared, all who wait learn that nobody answers.
#[derive(Debug, Default)]
pub(super) struct Pending {
    next: u32,
    open: BTreeMap<RequestId, Open>,
}

#[derive(Debug)]
struct Open {
    question: ToTracker,
    answer: oneshot::Sender<Answer>,
    chunks: Option<ChunkAssembly>,
}

impl Pending {
    /// Gives a question its number; `None` when too many are open.
    pub(super) fn ask(&mut self, question: Question, answer: oneshot::Sender<Answer>) -> Option<ToTracker> {
        self.open.retain(|_, open| !open.answer.is_closed());
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        let request = RequestId(self.next);
        self.next = self.next.wrapping_add(1);
        let message = question(request);
        let (question, chunks) = (message.clone(), assembly(&message));
        self.open.insert(request, Open { question, answer, chunks });
        Some(message)
    }

    /// Whether somebody waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.open.values().any(|open| !open.answer.is_closed())
    }

    /// What is to be asked again, of somebody who has heard none of it.
    pub(super) fn begin_anew(&mut self) -> VecDeque<ToTracker> {
        self.open.retain(|_, open| !open.answer.is_closed());
        let again = self.open.values_mut().map(|open| {
            open.chunks = assembly(&open.question);
            open.question.clone()
        });
        again.collect()
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// Hands an answer to whoever asked; one that nobody waits for is dropped.
    pub(super) fn answer(&mut self, request: RequestId, message: ToPeer) {
        if let ToPeer::Metainfo { chunk, .. } = message {
            self.take_chunk(request, chunk);
        } else if let Some(open) = self.open.remove(&request) {
            let _ = open.answer.send(Answer::Message(Box::new(message)));
        }
    }

    fn take_chunk(&mut self, request: RequestId, chunk: MetainfoChunk) {
        let Some(open) = self.open.get_mut(&request) else {
            return;
        };
        // An item may be asked for by one of its hashes, and is told by all; whoever asked compares them.
        if let Some(chunks) = open.chunks.as_mut().filter(|chunks| chunks.received() == 0) {
            *chunks = ChunkAssembly::new(chunk.info_hash);
        }
        let taken = open.chunks.as_mut().map(|chunks| chunks.handle_chunk(chunk));
        match taken {
            Some(Ok(None)) => {}
            Some(Ok(Some(torrent))) => {
                if let Some(open) = self.open.remove(&request) {
                    let _ = open.answer.send(Answer::Torrent(torrent));
                }
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "metainfo from the tracker");
                self.open.remove(&request);
            }
            None => {
                self.open.remove(&request);
            }
        }
    }
}

/// What an answer is put together in that comes in parts.
fn assembly(question: &ToTracker) -> Option<ChunkAssembly> {
    match question {
        ToTracker::GetMetainfo { info_hash, .. } => Some(ChunkAssembly::new(*info_hash)),
        _ => None,
    }
}
