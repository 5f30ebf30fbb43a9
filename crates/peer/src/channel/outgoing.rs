//! Frames that wait to be sent to the tracker. Their bytes are bounded: a tracker that does not read costs little
//! memory.

use std::time::Duration;

use futures_util::{SinkExt as _, stream::SplitSink};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_tungstenite::tungstenite::Message;

use super::link::Socket;
use crate::budget::{AllQueued, Queued};

/// Frames that wait to be sent; before there are so many there is no room by their bytes.
const FRAMES: usize = 256;
/// Frames that wait to be sent before those; they are short.
const FIRST: usize = 16;
/// What a short frame counts for.
const SHORT: usize = 2 << 10;
/// How long the tracker may take for one frame.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The frames that wait. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    frames: mpsc::Sender<Message>,
    first: mpsc::Sender<Message>,
    queued: Queued,
}

impl Outgoing {
    /// Writes what is put, until it fails, which the task tells, or a close frame was written.
    pub(super) fn start(write: SplitSink<Socket, Message>) -> (Self, JoinHandle<String>) {
        let (frames, queue) = mpsc::channel(FRAMES);
        let (first, first_queue) = mpsc::channel(FIRST);
        let queued = Queued::new(&AllQueued::default());
        let writer = tokio::spawn(write_frames(write, (first_queue, queue), queued.clone()));
        (Self { frames, first, queued }, writer)
    }

    /// Whether something may be put now.
    pub(super) fn has_room(&self) -> bool {
        !self.queued.is_full()
    }

    /// Whether nothing waits to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.capacity() == FRAMES && self.first.capacity() == FIRST
    }

    /// Waits until there is room.
    pub(super) async fn room(&self) {
        self.queued.room().await;
    }

    /// Puts a frame. Whoever puts many looks for room before each.
    pub(super) fn put(&self, frame: Message) {
        self.queued.add(weight(&frame));
        // A queue that is closed ends the session with the next read.
        let _ = self.frames.try_send(frame);
    }

    /// Whether something may be put before everything else now.
    pub(super) fn takes_first(&self) -> bool {
        self.first.capacity() > 0
    }

    /// Puts a short frame before those that wait.
    pub(super) fn put_first(&self, frame: Message) {
        self.queued.add(weight(&frame));
        let _ = self.first.try_send(frame);
    }
}

fn weight(frame: &Message) -> usize {
    frame.len().max(SHORT)
}

async fn write_frames(
    mut write: SplitSink<Socket, Message>,
    (mut first, mut queue): (mpsc::Receiver<Message>, mpsc::Receiver<Message>),
    queued: Queued,
) -> String {
    loop {
        let next = tokio::select! {
            biased;
            Some(frame) = first.recv() => Some(frame),
            frame = queue.recv() => frame,
        };
        let Some(frame) = next else { break };
        let (bytes, last) = (weight(&frame), frame.is_close());
        match tokio::time::timeout(TIMEOUT, write.send(frame)).await {
            Ok(Ok(())) => queued.remove(bytes),
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return format!("it took nothing for {} s", TIMEOUT.as_secs()),
        }
        if last {
            break;
        }
    }
    "it is closed".to_owned()
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

    use super::{
        super::{heard::Listening, link::ByteStream},
        *,
    };

    #[tokio::test]
    async fn what_goes_first_waits_for_nothing_but_the_frame_on_its_way() {
        let (ours, theirs) = tokio::io::duplex(64);
        let ours: Box<dyn ByteStream> = Box::new(ours);
        let (ours, _heard) = Listening::to(ours);
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let mut theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        let (outgoing, _writer) = Outgoing::start(socket.split().0);
        let long = |byte| Message::Binary(vec![byte; 1000].into());
        (0..10).for_each(|byte| outgoing.put(long(byte)));
        assert_eq!(theirs.next().await.unwrap().unwrap(), long(0));
        let urgent = Message::Binary(vec![77].into());
        outgoing.put_first(urgent.clone());
        let mut heard = Vec::new();
        while heard.last() != Some(&urgent) {
            heard.push(theirs.next().await.unwrap().unwrap());
        }
        assert!(heard.len() <= 3, "{} frames came before it", heard.len() - 1);
    }
}
