//! Showing a peer everything, where showing it pieces one by one is of no use.
//!
//! That can be a million `have`, so it is done in parts: a connection takes only so many messages at a time.

use std::time::Duration;

use peerpool_wire::{geometry::Piece, message::Message, time::Time};

use crate::{ConnId, Outbox, connection::Connection, swarm::Swarm};

/// A peer that has been the only downloader for so long is shown everything.
const LONE: Duration = Duration::from_millis(250);
/// A peer that lets reveals pass for so long is shown everything.
const IGNORED: Duration = Duration::from_secs(2);
/// Pieces shown at once, and the time until the next ones are.
const PART: usize = 1024;
const PAUSE: Duration = Duration::from_millis(5);

impl<B> Swarm<B> {
    /// Who is the only downloader for a while has nobody to pass pieces on to, and who lets pass what it is shown wants
    /// something else: both are shown everything.
    pub(super) fn show_everything_where_it_is_better(&mut self, now: Time, out: &mut Outbox<B>) {
        let lone = self.lone_peer().filter(|(_, due)| now >= *due).map(|(id, _)| id);
        let since = |conn: &Connection| conn.shown.as_ref().and_then(|shown| shown.ignored);
        let ignores = |conn: &Connection| since(conn).is_some_and(|since| now.since(since) >= IGNORED);
        let others = self.conns.iter().filter(|(_, conn)| ignores(conn)).map(|(id, _)| *id);
        let open: Vec<ConnId> = lone.into_iter().chain(others).collect();
        for id in open {
            self.show_everything(now, id);
        }
        self.show_parts(now, out);
    }

    /// Who has not everything any more has nothing to be careful with: what is left is shown.
    pub(in crate::swarm) fn end_revealing(&mut self, now: Time, out: &mut Outbox<B>) {
        for id in self.conns.keys().copied().collect::<Vec<_>>() {
            self.show_everything(now, id);
        }
        self.show_parts(now, out);
    }

    /// When somebody is shown everything, or more of it.
    pub(super) fn next_showing_of_everything(&self) -> Option<Time> {
        let parts = self.shown_conns().filter_map(|shown| shown.everything);
        parts.chain(self.lone_peer().map(|(_, due)| due)).min()
    }

    fn show_everything(&mut self, now: Time, id: ConnId) {
        let Some(shown) = self.conns.get_mut(&id).and_then(|conn| conn.shown.as_mut()) else { return };
        shown.unanswered.clear();
        shown.everything.get_or_insert(now);
        if let Some(reveals) = self.revealing.as_mut() {
            reveals.pending.retain(|_, pending| pending.to != id);
        }
    }

    fn show_parts(&mut self, now: Time, out: &mut Outbox<B>) {
        let is_due = |conn: &Connection| {
            conn.shown.as_ref().and_then(|shown| shown.everything).is_some_and(|due| now >= due)
        };
        let due: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| is_due(conn)).map(|(id, _)| *id).collect();
        for id in due {
            self.show_part(now, id, out);
        }
        let over = self.conns.values().all(|conn| conn.shown.is_none());
        if over && !self.picker.have().is_all() {
            self.revealing = None;
        }
    }

    fn show_part(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let Some(shown) = conn.shown.as_mut() else { return };
        let have = self.picker.have();
        let news = |piece: &Piece| have.has(*piece) && !shown.pieces.has(*piece);
        let part: Vec<Piece> = self.item.geometry.pieces().filter(news).take(PART).collect();
        for piece in &part {
            shown.pieces.set(*piece);
            out.send(id, Message::Have(piece.index()));
        }
        conn.spoken = now;
        if part.len() < PART {
            conn.shown = None;
        } else {
            shown.everything = Some(now + PAUSE);
        }
    }

    /// The only downloader, and when it is shown everything.
    fn lone_peer(&self) -> Option<(ConnId, Time)> {
        let mut downloaders = self.conns.iter().filter(|(_, conn)| conn.wants && !conn.is_upload_only());
        match (downloaders.next(), downloaders.next()) {
            (Some((id, conn)), None) => {
                let shown = conn.shown.as_ref().filter(|shown| shown.everything.is_none());
                shown.map(|shown| (*id, shown.since + LONE))
            }
            _ => None,
        }
    }
}
