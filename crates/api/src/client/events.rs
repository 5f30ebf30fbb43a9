//! The stream of server-sent events, one JSON object in each `data:` line.

use std::marker::PhantomData;

use reqwest::Response;
use serde::de::DeserializeOwned;

use super::{
    Error, Server,
    connection::{innermost, not_understood, parse},
};
use crate::{Event, paths};

/// The longest line that a server may send.
const MAX_LINE: usize = 16 << 20;

/// Events of a peer, or those of a pool from its tracker, in order.
#[derive(Debug)]
pub struct Events<E = Event> {
    response: Response,
    server: Server,
    unread: Vec<u8>,
    event: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned> Events<E> {
    pub(super) fn new(response: Response, server: Server) -> Self {
        Self { response, server, unread: Vec::new(), event: PhantomData }
    }

    /// The next event; `None` when the stream has ended, as it does when the server does. Cancel safe: nothing is lost when
    /// the future is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] when the server went away in the middle, [`Error::NotUnderstood`] when what it says is no event.
    pub async fn next(&mut self) -> Result<Option<E>, Error> {
        loop {
            while let Some(line) = self.take_line() {
                if let Some(data) = line.strip_prefix(b"data:") {
                    return parse(&self.server, paths::EVENTS, data).map(Some);
                }
            }
            if self.unread.len() > MAX_LINE {
                let reason = format!("a line of more than {MAX_LINE} bytes");
                return Err(not_understood(&self.server, paths::EVENTS, reason));
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.unread.extend_from_slice(&bytes),
                Ok(None) => return Ok(None),
                Err(error) => {
                    return Err(Error::Lost { server: self.server.clone(), reason: innermost(&error) });
                }
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.unread.iter().position(|&byte| byte == b'\n')?;
        let mut line: Vec<u8> = self.unread.drain(..=end).collect();
        line.truncate(line.trim_ascii_end().len());
        Some(line)
    }
}
