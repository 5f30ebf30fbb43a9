//! Reads a peer's messages from its connection, each within its limits.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::Instant,
};

use super::{
    ChannelError, ReadHalf,
    frames::{Frame, Frames},
};
use crate::memory::Held;

/// Longest first message.
const MAX_HELLO: usize = 8 << 10;

/// A connection that messages are read from.
pub(super) struct Incoming<R = ReadHalf> {
    stream: R,
    frames: Frames,
    held: Held,
    /// How long the message that is not whole was waited for.
    waited: Duration,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    pub(super) fn new(stream: R, held: Held) -> Self {
        Self { stream, frames: Frames::default(), held, waited: Duration::ZERO }
    }

    /// The memory that it holds, for whoever works on a message.
    pub(super) fn held(&mut self) -> &mut Held {
        &mut self.held
    }

    /// The first message.
    pub(super) async fn hello(&mut self) -> Result<Frame, ChannelError> {
        self.next(|| (MAX_HELLO, Duration::MAX), 0).await
    }

    /// The next frame. `allowed` says how many bytes its message may have and how long all of it may take: it is asked
    /// whenever something has come, since a peer may be asked for metainfo while it is waited for. Only time in which the
    /// peer is waited for counts, not that in which nobody reads. `beside` are bytes held elsewhere for this peer.
    pub(super) async fn next(
        &mut self,
        allowed: impl Fn() -> (usize, Duration),
        beside: usize,
    ) -> Result<Frame, ChannelError> {
        loop {
            let (limit, time) = allowed();
            if let Some(frame) = self.frames.next(limit)? {
                self.waited = Duration::ZERO;
                self.held.set(self.frames.held() + beside)?;
                return Ok(frame);
            }
            self.frames.make_room();
            self.held.set(self.frames.held() + beside)?;
            let is_in_message = self.frames.is_in_message();
            let reading = self.stream.read_buf(self.frames.buffer());
            let read = if is_in_message {
                let begun = Instant::now();
                let timed = tokio::time::timeout(time.saturating_sub(self.waited), reading).await;
                self.waited += begun.elapsed();
                timed.map_err(|_| ChannelError::HalfMessage(time.as_secs()))??
            } else {
                reading.await?
            };
            if read == 0 {
                return Err(ChannelError::Closed);
            }
        }
    }

    /// Gives up what was read and is not whole.
    pub(super) fn forget(&mut self) {
        self.frames = Frames::default();
        // There is nothing to give back when it gave way.
        let _ = self.held.set(0);
    }

    /// Reads on without keeping anything, so that the other side hears why it is refused before the connection breaks.
    pub(super) async fn discard(mut self) {
        // Not within the task, which would have the room for it from the beginning.
        let mut nothing = vec![0; 16 << 10];
        while self.stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::memory::MessageMemory;

    const TIME: Duration = Duration::from_secs(30);
    /// A ping, and the first of two bytes of a message. A mask of zeros changes nothing.
    const PING_AND_A_HALF: [u8; 13] = [0x89, 0x80, 0, 0, 0, 0, 0x82, 0x82, 0, 0, 0, 0, b'o'];

    fn incoming() -> (Incoming<DuplexStream>, DuplexStream) {
        let (ours, peer) = duplex(1 << 10);
        (Incoming::new(ours, MessageMemory::default().of([10, 0, 0, 1].into())), peer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_waited_for_only_so_long() {
        let (mut incoming, mut peer) = incoming();
        peer.write_all(&PING_AND_A_HALF).await.unwrap();
        assert!(matches!(incoming.next(|| (100, TIME), 0).await, Ok(Frame::Ping(_))));
        let begun = Instant::now();
        let refused = incoming.next(|| (100, TIME), 0).await;
        assert!(matches!(refused, Err(ChannelError::HalfMessage(30))), "{refused:?}");
        assert_eq!(begun.elapsed().as_secs(), TIME.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_reads_is_not_held_against_a_peer() {
        let (mut incoming, mut peer) = incoming();
        peer.write_all(&PING_AND_A_HALF).await.unwrap();
        assert!(matches!(incoming.next(|| (100, TIME), 0).await, Ok(Frame::Ping(_))));
        tokio::time::sleep(2 * TIME).await;
        tokio::spawn(async move {
            tokio::time::sleep(TIME / 2).await;
            peer.write_all(b"k").await.unwrap();
            peer
        });
        assert_eq!(incoming.next(|| (100, TIME), 0).await.unwrap(), Frame::Message(b"ok".to_vec()));
    }
}
