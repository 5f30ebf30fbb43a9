//! Showing a peer everything, where showing it pieces one by one is of no use.
//!
//! That can be a million `have`, so it is done in parts: a connection takes only so many messages at a time.

use std::time::Duration;

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, time::Time};

use super::{Connections, SuperSeed};
use crate::ConnId;

/// A peer that has been the only downloader for this long is shown everything.
const LONE: Duration = Duration::from_millis(250);
/// A peer that lets pieces pass for this long is shown everything.
const IGNORED: Duration = Duration::from_secs(2);
/// Pieces shown at once, and the time until the next ones are.
const PART: usize = 1024;
const PAUSE: Duration = Duration::from_millis(5);

impl SuperSeed {
    /// A lone downloader has nobody to pass pieces on to, and a peer that lets pass what it is shown wants something
    /// else: both are shown everything from now on.
    pub(crate) fn open_up(&mut self, now: Time, conns: &Connections) {
        let lone = self.lone_peer(conns).filter(|(_, due)| now >= *due).map(|(id, _)| id);
        let ignoring = self
            .shown
            .iter()
            .filter(|(_, shown)| shown.ignoring_since.is_some_and(|since| now.since(since) >= IGNORED));
        let open: Vec<ConnId> = lone.into_iter().chain(ignoring.map(|(id, _)| *id)).collect();
        for id in open {
            self.show_everything(now, id);
        }
    }

    /// A seed that lost something has nothing to be careful with: everybody is shown everything from now on.
    pub(crate) fn end(&mut self, now: Time) {
        for id in self.shown.keys().copied().collect::<Vec<_>>() {
            self.show_everything(now, id);
        }
    }

    fn show_everything(&mut self, now: Time, id: ConnId) {
        let Some(shown) = self.shown.get_mut(&id) else { return };
        shown.unanswered.clear();
        shown.next_part.get_or_insert(now);
        if let Some(spread) = &mut self.spread {
            spread.forget_pending(id);
        }
    }

    /// The next part of what we `have` for each peer that is shown everything, as far as it is due.
    pub(crate) fn next_parts(&mut self, now: Time, have: &Bitfield) -> Vec<(ConnId, Vec<Piece>)> {
        let mut parts = Vec::new();
        for (id, shown) in &mut self.shown {
            if shown.next_part.is_none_or(|due| now < due) {
                continue;
            }
            let news = |piece: &Piece| have.has(*piece) && !shown.pieces.has(*piece);
            let part: Vec<Piece> = self.geometry.pieces().filter(news).take(PART).collect();
            for piece in &part {
                shown.pieces.set(*piece);
            }
            shown.next_part = Some(now + PAUSE);
            parts.push((*id, part));
        }
        for (id, part) in &parts {
            if part.len() < PART {
                self.shown.remove(id);
            }
        }
        if self.shown.is_empty() && !have.is_all() {
            self.spread = None;
        }
        parts
    }

    /// When somebody is shown everything, or more of it.
    pub(super) fn next_of_everything(&self, conns: &Connections) -> Option<Time> {
        let parts = self.shown.values().filter_map(|shown| shown.next_part);
        parts.chain(self.lone_peer(conns).map(|(_, due)| due)).min()
    }

    /// The only downloader, and when it is shown everything.
    fn lone_peer(&self, conns: &Connections) -> Option<(ConnId, Time)> {
        let mut downloaders =
            conns.iter().filter(|(_, conn)| conn.upload.peer_interested && !conn.is_upload_only());
        match (downloaders.next(), downloaders.next()) {
            (Some((id, _)), None) => {
                let shown = self.shown.get(id).filter(|shown| shown.next_part.is_none());
                shown.map(|shown| (*id, shown.since + LONE))
            }
            _ => None,
        }
    }
}
