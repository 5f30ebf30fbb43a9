//! The events of a process, for all who follow them.

use serde::Serialize;
use tokio::sync::watch;

use super::{
    connection::MAX_BATCH,
    message::Event,
    ring::{Cursor, Lost, Ring},
};

/// The ring of events. Whoever tells one waits for nobody, and whoever follows holds nothing up: it reads the ring when it
/// gets to it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventLog(watch::Sender<Ring<Event>>);

impl EventLog {
    /// No events yet. No two processes have the same `epoch`.
    pub fn new(epoch: u64) -> Self {
        Self(watch::Sender::new(Ring::new(epoch)))
    }

    /// Something happened. Where the event stands; `None` when it cannot be written, which is a defect.
    pub fn tell(&self, event: &impl Serialize) -> Option<Cursor> {
        let event = Event::new(event)
            .inspect_err(|error| tracing::error!(%error, "an event that cannot be written"))
            .ok()?;
        let mut at = None;
        self.0.send_modify(|ring| {
            ring.push(event);
            at = Some(ring.cursor());
        });
        at
    }

    /// These things happened, and before them so many that are not kept.
    pub fn tell_all<'a, E: Serialize + 'a>(&self, left_out: u64, events: impl IntoIterator<Item = &'a E>) {
        let written = events.into_iter().map(Event::new).filter_map(|event| {
            event.inspect_err(|error| tracing::error!(%error, "an event that cannot be written")).ok()
        });
        let written: Vec<Event> = written.collect();
        if left_out > 0 || !written.is_empty() {
            self.0.send_modify(|ring| {
                ring.skip(left_out);
                written.into_iter().for_each(|event| ring.push(event));
            });
        }
    }

    /// Forgets all: whoever was told something has to begin anew. Nothing else ever has this `epoch`.
    pub fn begin_anew(&self, epoch: u64) {
        self.0.send_replace(Ring::new(epoch));
    }

    /// Where the events stand.
    pub fn cursor(&self) -> Cursor {
        self.0.borrow().cursor()
    }

    /// The next events after `cursor`, [`MAX_BATCH`] at most, and where to go on; none after none, which is now.
    pub fn after(&self, cursor: Option<Cursor>) -> Result<(Cursor, Vec<Event>), Lost> {
        let ring = self.0.borrow();
        let cursor = cursor.unwrap_or_else(|| ring.cursor());
        let (cursors, events): (Vec<_>, Vec<_>) = ring.after(cursor)?.take(MAX_BATCH).unzip();
        Ok((cursors.last().copied().unwrap_or(cursor), events.into_iter().cloned().collect()))
    }

    /// Waits for news on what was told, for who follows without pause.
    pub fn watch(&self) -> watch::Receiver<Ring<Event>> {
        self.0.subscribe()
    }
}
