//! When something last came over a connection: any byte is a sign of life, and a long message on a slow line takes longer
//! than a node may be silent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Duration, Instant},
};

/// When something was last heard. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    begun: Instant,
    /// Milliseconds after that.
    last: Arc<AtomicU64>,
}

impl Heard {
    fn new() -> Self {
        Self { begun: Instant::now(), last: Arc::default() }
    }

    fn note(&self) {
        let after = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(after, Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Instant {
        self.begun + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

/// A stream that notes when something comes over it.
#[derive(Debug)]
pub(super) struct Listening<S> {
    stream: S,
    heard: Heard,
}

impl<S> Listening<S> {
    pub(super) fn to(stream: S) -> (Self, Heard) {
        let heard = Heard::new();
        (Self { stream, heard: heard.clone() }, heard)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        if buf.filled().len() > before {
            self.heard.note();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _};
    use tokio::io::AsyncWriteExt as _;
    use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_part_of_a_message_is_a_sign_of_life() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let (listening, heard) = Listening::to(ours);
        let mut socket = WebSocketStream::from_raw_socket(listening, Role::Client, None).await;
        let begun = heard.last();
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(socket.next().now_or_never().is_none());
        assert_eq!(heard.last(), begun, "nothing came");
        // The header of a binary message of 100 bytes, and one of them.
        theirs.write_all(&[0x82, 100, 7]).await.unwrap();
        assert!(socket.next().now_or_never().is_none());
        assert_eq!(heard.last() - begun, Duration::from_secs(2));
    }
}
