//! The stream of server-sent events, one JSON object in each `data:` line.

use std::path::PathBuf;

use reqwest::Response;

use super::{Error, innermost, parse};
use crate::{Event, paths};

/// The longest line that a peer may send.
const MAX_LINE: usize = 16 << 20;

/// Events of a peer, in order.
#[derive(Debug)]
pub struct Events {
    response: Response,
    repository: PathBuf,
    unread: Vec<u8>,
}

impl Events {
    pub(super) fn new(response: Response, repository: PathBuf) -> Self {
        Self { response, repository, unread: Vec::new() }
    }

    /// The next event; `None` when the peer has left. Cancel safe: nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            while let Some(line) = self.take_line() {
                if let Some(data) = line.strip_prefix(b"data:") {
                    return parse(paths::EVENTS, data).map(Some);
                }
            }
            if self.unread.len() > MAX_LINE {
                let reason = format!("a line of more than {MAX_LINE} bytes");
                return Err(Error::NotUnderstood { route: paths::EVENTS.to_owned(), reason });
            }
            let chunk = self.response.chunk().await;
            match chunk {
                Ok(Some(bytes)) => self.unread.extend_from_slice(&bytes),
                Ok(None) => return Ok(None),
                Err(error) => {
                    return Err(Error::Lost {
                        repository: self.repository.clone(),
                        reason: innermost(&error),
                    });
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
