//! Reads an item in order, waiting for what is not there yet.

use std::{io, ops::Range, time::Duration};

use bytes::Bytes;
use peerpool_wire::{bitfield::Bitfield, geometry::Geometry, id::InfoHash};
use tokio::time::timeout;

use super::super::{App, refusal::Refusal};
use crate::{
    node::{NodeHandle, Reading, There},
    swarm_task::Progress,
};

/// Most bytes read at once.
const STEP: u64 = 1 << 20;
/// How long to wait for news before looking again at where the item is read from.
const NEWS: Duration = Duration::from_secs(1);
/// How often reading is tried while a download moves into its place …
const TRIES: u32 = 20;
/// … and the pause between.
const PAUSE: Duration = Duration::from_millis(100);

/// One reader. What is ahead of it is fetched first, until it is dropped.
pub(super) struct Reader {
    registered: Registered,
    /// What is left, in the piece space.
    left: Range<u64>,
}

/// Known to the node as a reader.
struct Registered {
    node: NodeHandle,
    item: InfoHash,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let (node, item, number) = (self.node.clone(), self.item, self.number);
        tokio::spawn(async move { node.with(move |node| node.read_ahead(item, number, None)).await });
    }
}

impl Reader {
    pub(super) async fn new(app: &App, item: InfoHash, range: Range<u64>) -> Result<Self, Refusal> {
        let number = app.node(|node| node.add_reader()).await?;
        Ok(Self { registered: Registered { node: app.node.clone(), item, number }, left: range })
    }

    /// Passes over what lies before `offset`.
    pub(super) fn skip_to(&mut self, offset: u64) {
        self.left.start = self.left.start.max(offset);
    }

    /// The next bytes before `end`, as soon as they are verified; `None` when all of them were given.
    pub(super) async fn next_until(&mut self, end: u64) -> io::Result<Option<Bytes>> {
        let mut tries = 0;
        while self.left.start < self.left.end.min(end) {
            let mut reading = self.look().await?;
            let there = self.there(&mut reading, end);
            if there == 0 {
                self.wait(reading).await;
                continue;
            }
            match self.read(reading, there).await {
                Ok(bytes) => {
                    self.left.start += there;
                    return Ok(Some(bytes));
                }
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }

    /// Where the item is read from now; has what is ahead fetched first.
    async fn look(&self) -> io::Result<Reading> {
        let Registered { node, item, number } = &self.registered;
        let (item, number, ahead) = (*item, *number, self.left.clone());
        let looked = node.with(move |node| {
            let reading = node.reading(&item);
            if reading.as_ref().is_ok_and(|reading| matches!(reading.there, There::Arriving(_))) {
                node.read_ahead(item, number, Some(ahead));
            }
            reading
        });
        let reading = looked.await.ok_or_else(|| io::Error::other("the peer is ending"))?;
        reading.map_err(|error| io::Error::other(error.to_string()))
    }

    /// How many bytes are there to be read at once.
    fn there(&self, reading: &mut Reading, end: u64) -> u64 {
        let most = (self.left.end.min(end) - self.left.start).min(STEP);
        let geometry = reading.item_data.geometry();
        let verified = |have: &Bitfield| verified(geometry, have, self.left.start).min(most);
        match &mut reading.there {
            There::All => most,
            There::Some(have) => verified(have),
            There::Arriving(progress) => {
                progress.borrow_and_update().have.as_ref().map_or(0, |have| verified(have))
            }
        }
    }

    async fn wait(&self, reading: Reading) {
        let geometry = reading.item_data.geometry();
        let is_there = |have: &Bitfield| verified(geometry, have, self.left.start) > 0;
        match reading.there {
            There::Arriving(mut progress) => {
                let is_there = |progress: &Progress| progress.have.as_deref().is_some_and(is_there);
                let arrived = async { progress.wait_for(is_there).await.map(drop) };
                // A swarm that ended may be followed by another, or by the item itself.
                if let Ok(Err(_)) = timeout(NEWS, arrived).await {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            There::All | There::Some(_) => tokio::time::sleep(PAUSE).await,
        }
    }

    async fn read(&self, reading: Reading, length: u64) -> io::Result<Bytes> {
        let (offset, length) = (self.left.start, usize::try_from(length).unwrap_or_default());
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; length];
            reading.item_data.read_at(offset, &mut bytes).map(|()| Bytes::from(bytes))
        });
        reading.await.map_err(io::Error::other)?.map_err(|error| io::Error::other(error.to_string()))
    }
}

/// How many bytes from `offset` on lie in verified pieces without a gap, as far as one step needs to know.
fn verified(geometry: &Geometry, have: &Bitfield, offset: u64) -> u64 {
    let length = u64::from(geometry.piece_length());
    let mut end = offset;
    while end < (offset + STEP).min(geometry.total()) {
        let piece = u32::try_from(end / length).ok().and_then(|index| geometry.piece(index));
        match piece.filter(|piece| have.has(*piece)) {
            Some(piece) => end = geometry.offset_of(piece) + u64::from(geometry.length_of(piece)),
            None => break,
        }
    }
    end - offset
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::BLOCK;

    use super::*;

    #[test]
    fn only_what_is_verified_without_a_gap_is_there() {
        let geometry = Geometry::new(BLOCK, [(u64::from(BLOCK) * 4 + 100, false)]).unwrap();
        let mut have = Bitfield::none(5);
        for index in [0, 1, 4] {
            have.set(geometry.piece(index).unwrap());
        }
        let block = u64::from(BLOCK);
        let there = |offset| verified(&geometry, &have, offset);
        assert_eq!([there(0), there(10), there(block * 2)], [block * 2, block * 2 - 10, 0]);
        assert_eq!(there(block * 4), 100);
    }
}
