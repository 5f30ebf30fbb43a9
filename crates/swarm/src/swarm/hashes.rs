//! Answering what peers want to know besides pieces: block and piece hashes (BEP 52, "hash request"), metadata (BEP 9).
//!
//! A question of 53 bytes can cost the reading and hashing of a piece, or an answer of 256 KiB. So each peer has a
//! short queue and an allowance, the queues take turns, all together have an allowance, and few pieces are read at a
//! time. Block hashes are for those who are served; who is choked is turned down, and whoever goes on with what is
//! turned down attacks.

use std::time::Duration;

use peerpool_wire::{
    extension::{METADATA_PIECE, MetadataMessage},
    geometry::Piece,
    id::Sha256Hash,
    message::{HashRequest, Message},
    time::Time,
};

use super::{Swarm, messages::Violation};
use crate::{ConnId, Outbox, Output, Reason, connection::Question, timers::Timer};

/// Most hashes given at once, as in other clients.
const MAX_HASHES: u32 = 8192;
/// How long nothing is answered once an allowance is used up.
const PAUSE: Duration = Duration::from_millis(20);

/// What became of a question.
enum Outcome {
    /// The answer has this many bytes.
    Answered(usize),
    /// A piece has to be read, and may not be yet.
    Wait,
}

impl<B> Swarm<B> {
    pub(super) fn handle_hash_request(
        &mut self,
        now: Time,
        id: ConnId,
        request: HashRequest,
        out: &mut Outbox<B>,
    ) -> Result<(), Reason> {
        let permitted = self.may_be_asked(id)?;
        let known =
            permitted && self.item.trees().get(&request.root).is_some() && request.length <= MAX_HASHES;
        if known && self.queue_question(now, id, Question::Hashes(request), out) {
            return Ok(());
        }
        Ok(self.refuse(now, id, Message::HashReject(request), out)?)
    }

    pub(super) fn handle_metadata_request(
        &mut self,
        now: Time,
        id: ConnId,
        piece: u32,
        out: &mut Outbox<B>,
    ) -> Result<(), Reason> {
        let permitted = self.may_be_asked(id)?;
        let Some(number) = self.conns.get(&id).and_then(|conn| conn.extensions.ut_metadata) else {
            return Ok(());
        };
        if permitted && self.queue_question(now, id, Question::Metadata(piece), out) {
            return Ok(());
        }
        let payload = MetadataMessage::Reject { piece }.encode();
        Ok(self.refuse(now, id, Message::Extended { id: number, payload }, out)?)
    }

    /// Turns something down, as long as there is not too much of it.
    pub(super) fn refuse(
        &mut self,
        now: Time,
        id: ConnId,
        refusal: Message,
        out: &mut Outbox<B>,
    ) -> Result<(), Violation> {
        let Some(conn) = self.conns.get_mut(&id) else { return Ok(()) };
        if !conn.questions.may_refuse(now) {
            return Err(Violation("a flood of requests that are turned down"));
        }
        out.send(id, refusal);
        Ok(())
    }

    fn queue_question(&mut self, now: Time, id: ConnId, question: Question, out: &mut Outbox<B>) -> bool {
        let Some(conn) = self.conns.get_mut(&id) else { return true };
        let taken = conn.questions.ask(question);
        if taken {
            self.answers.ask(id);
            self.answer(now, out);
        }
        taken
    }

    /// Answers questions in turn, as far as the allowances go.
    pub(super) fn answer(&mut self, now: Time, out: &mut Outbox<B>) {
        self.timers.set(Timer::Answers, None);
        let mut waited = 0;
        while waited < self.answers.len() {
            if !self.answers.may_answer(now) {
                return self.timers.set(Timer::Answers, Some(now + PAUSE));
            }
            let Some(id) = self.answers.next() else { return };
            let Some(conn) = self.conns.get_mut(&id).filter(|conn| !conn.questions.is_empty()) else {
                continue;
            };
            self.answers.ask(id);
            let Some(question) = conn.questions.next(now) else {
                self.timers.set(Timer::Answers, Some(now + PAUSE));
                waited += 1;
                continue;
            };
            match self.give(id, question, out) {
                Outcome::Wait => waited += 1,
                Outcome::Answered(bytes) => {
                    waited = 0;
                    self.answers.spend(bytes);
                    if let Some(conn) = self.conns.get_mut(&id) {
                        conn.questions.answered(bytes);
                    }
                }
            }
        }
    }

    fn give(&mut self, id: ConnId, question: Question, out: &mut Outbox<B>) -> Outcome {
        match question {
            Question::Metadata(piece) => Outcome::Answered(self.give_metadata(id, piece, out)),
            Question::Hashes(request) => self.give_hashes(id, request, out),
        }
    }

    fn give_hashes(&mut self, id: ConnId, request: HashRequest, out: &mut Outbox<B>) -> Outcome {
        let bytes = request.length as usize * size_of::<Sha256Hash>();
        let permitted = self.conns.get(&id).is_some_and(|conn| conn.rights.give);
        let tree = self.item.trees().get(&request.root).filter(|_| permitted).map(|file| &file.tree);
        if let Some(hashes) = tree.and_then(|tree| tree.answer(&request)) {
            out.send(id, Message::Hashes(request, hashes));
            return Outcome::Answered(bytes);
        }
        let piece = self.piece_under(&request).filter(|piece| self.picker.have().has(*piece));
        let conn = self.conns.get_mut(&id).filter(|conn| permitted && !conn.upload.am_choking);
        let (Some(piece), Some(conn)) = (piece, conn) else {
            out.send(id, Message::HashReject(request));
            return Outcome::Answered(0);
        };
        if conn.questions.reading || !self.answers.begin_reading() {
            return Outcome::Wait;
        }
        conn.questions.reading = true;
        out.push(Output::ReadHashes { conn: id, piece, request });
        Outcome::Answered(bytes)
    }

    /// Sends a piece of the info dictionary; how many bytes that is.
    fn give_metadata(&self, id: ConnId, piece: u32, out: &mut Outbox<B>) -> usize {
        let Some(conn) = self.conns.get(&id) else { return 0 };
        let Some(number) = conn.extensions.ut_metadata else { return 0 };
        let metadata = self.item.metadata_of(conn.remote.form);
        let start = (piece as usize).saturating_mul(METADATA_PIECE);
        let (answer, bytes) = if conn.rights.give && start < metadata.len() {
            let data = metadata.slice(start..metadata.len().min(start + METADATA_PIECE));
            let bytes = data.len();
            (MetadataMessage::Data { piece, total: metadata.len() as u32, data }, bytes)
        } else {
            (MetadataMessage::Reject { piece }, 0)
        };
        out.send(id, Message::Extended { id: number, payload: answer.encode() });
        bytes
    }

    /// The piece whose blocks a request is about, if it stays within one.
    fn piece_under(&self, request: &HashRequest) -> Option<Piece> {
        let file = self.item.trees().get(&request.root)?;
        let width = 16_384u64.checked_shl(request.base_layer)?;
        let first = u64::from(request.index).checked_mul(width)?;
        let last = first.checked_add(u64::from(request.length).checked_mul(width)?)?.checked_sub(1)?;
        let length = u64::from(self.item.geometry.piece_length());
        if first >= file.length || first / length != last / length {
            return None;
        }
        let index = (file.offset + first) / length;
        self.item.geometry.piece(u32::try_from(index).ok()?)
    }

    /// The block hashes of a piece have been read.
    pub(super) fn handle_read_hashes(
        &mut self,
        now: Time,
        id: ConnId,
        request: HashRequest,
        leaves: Option<Vec<Sha256Hash>>,
        out: &mut Outbox<B>,
    ) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if std::mem::take(&mut conn.questions.reading) {
            self.answers.end_reading();
        }
        let answer = leaves.filter(|_| conn.rights.give).and_then(|leaves| {
            let piece = self.piece_under(&request)?;
            let file = self.item.trees().get(&request.root)?;
            let node = (self.item.geometry.offset_of(piece) - file.offset)
                / u64::from(self.item.geometry.piece_length());
            file.tree.answer_below(&request, node, &leaves)
        });
        out.send(
            id,
            match answer {
                Some(hashes) => Message::Hashes(request, hashes),
                None => Message::HashReject(request),
            },
        );
        self.answer(now, out);
    }

    /// A connection is gone, and whatever is read for it is of no interest.
    pub(super) fn stop_reading(&mut self, now: Time, was_reading: bool, out: &mut Outbox<B>) {
        if was_reading {
            self.answers.end_reading();
            self.answer(now, out);
        }
    }
}
