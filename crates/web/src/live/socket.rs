//! A client's WebSocket: small buffers, and a time for everything.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

/// Bytes of each buffer of a connection.
const BUFFER: usize = 4 << 10;
/// Longest message of a client.
const MAX_REQUEST: usize = 16 << 10;
/// Bytes of one frame. A long message is written in several, so that no buffer grows to its length.
const FRAME: usize = 16 << 10;
/// How long a client may take to read one message.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why nothing more can be written or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SocketError {
    #[error("it did not read a message for {} s", WRITE_TIMEOUT.as_secs())]
    NotReading,
    #[error(transparent)]
    Failed(#[from] Box<tungstenite::Error>),
}

/// What a client sent.
#[derive(Debug)]
pub(super) enum Received {
    Text(Utf8Bytes),
    /// It is there still.
    Sign,
    Closed,
}

pub(super) struct Socket<S>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) async fn new(stream: S) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(MAX_REQUEST))
            .max_frame_size(Some(MAX_REQUEST));
        Self(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await)
    }

    /// What comes next. Nothing is lost when the future is dropped.
    pub(super) async fn read(&mut self) -> Result<Received, SocketError> {
        match self.0.next().await.transpose().map_err(Box::new)? {
            Some(Message::Text(text)) => Ok(Received::Text(text)),
            Some(Message::Close(_)) | None => Ok(Received::Closed),
            Some(_) => Ok(Received::Sign),
        }
    }

    pub(super) async fn write(&mut self, text: Vec<u8>) -> Result<(), SocketError> {
        let mut rest = Bytes::from(text);
        let writing = async {
            let mut kind = Data::Text;
            loop {
                let part = rest.split_to(rest.len().min(FRAME));
                let frame = Frame::message(part, OpCode::Data(kind), rest.is_empty());
                self.0.send(Message::Frame(frame)).await.map_err(Box::new)?;
                if rest.is_empty() {
                    return Ok(());
                }
                kind = Data::Continue;
            }
        };
        tokio::time::timeout(WRITE_TIMEOUT, writing).await.unwrap_or(Err(SocketError::NotReading))
    }

    /// Asks whether it is there still.
    pub(super) async fn ping(&mut self) -> Result<(), SocketError> {
        let sending = self.0.send(Message::Ping(Bytes::new()));
        match tokio::time::timeout(WRITE_TIMEOUT, sending).await {
            Ok(sent) => Ok(sent.map_err(Box::new)?),
            Err(_) => Err(SocketError::NotReading),
        }
    }

    /// Says why it ends.
    pub(super) async fn close(mut self, code: CloseCode, why: &str) {
        let frame = CloseFrame { code, reason: why.into() };
        // Whoever does not hear it any more sees the connection end.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.0.close(Some(frame))).await;
    }
}
