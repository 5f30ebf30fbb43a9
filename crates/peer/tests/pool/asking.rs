//! Requests as they stand on the wire.

use std::path::Path;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends a request to the control socket of a repository, and reads the answer to its end.
pub(crate) async fn ask(repository: &Path, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let mut stream = begin(repository, method, path, headers, body).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    Answer { status: head[9..12].parse().unwrap(), head, body: answer.split_off(end + 4) }
}

/// Sends a request, and leaves the answer to be read.
pub(crate) async fn begin(
    repository: &Path,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> UnixStream {
    let mut stream = UnixStream::connect(repository.join(".peerpool/control.sock")).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: peer\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    stream
}
