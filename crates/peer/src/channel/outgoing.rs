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
/// What a short frame counts for.
const SHORT: usize = 2 << 10;
/// How long the tracker may take for one frame.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The frames that wait. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    frames: mpsc::Sender<Message>,
    queued: Queued,
}

impl Outgoing {
    /// Writes what is put, until it fails, which the task tells, or a close frame was written.
    pub(super) fn start(write: SplitSink<Socket, Message>) -> (Self, JoinHandle<String>) {
        let (frames, queue) = mpsc::channel(FRAMES);
        let queued = Queued::new(&AllQueued::default());
        let writer = tokio::spawn(write_frames(write, queue, queued.clone()));
        (Self { frames, queued }, writer)
    }

    /// Whether something may be put now.
    pub(super) fn has_room(&self) -> bool {
        !self.queued.is_full()
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
}

fn weight(frame: &Message) -> usize {
    frame.len().max(SHORT)
}

async fn write_frames(
    mut write: SplitSink<Socket, Message>,
    mut queue: mpsc::Receiver<Message>,
    queued: Queued,
) -> String {
    while let Some(frame) = queue.recv().await {
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
