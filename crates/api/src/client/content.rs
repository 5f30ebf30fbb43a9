//! The bytes of a file, as they arrive.

use reqwest::Response;

use super::{Error, Server, connection::innermost};

/// Bytes of a file, in order.
#[derive(Debug)]
pub struct Content {
    response: Response,
    server: Server,
}

impl Content {
    pub(super) fn new(response: Response, server: Server) -> Self {
        Self { response, server }
    }

    /// The next bytes; `None` at the end of the file. Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] when the peer, or the download, ended in the middle.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, Error> {
        self.response
            .chunk()
            .await
            .map_err(|error| Error::Lost { server: self.server.clone(), reason: innermost(&error) })
    }
}
