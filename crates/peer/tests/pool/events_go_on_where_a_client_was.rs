//! `GET /api/v1/events` on the control socket, by clients that come back.

use peerpool_api::{paths, socket};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::UnixStream,
};

use crate::world::{Folder, Member};

/// A client that reads server-sent events.
struct Reader(Lines<BufReader<UnixStream>>);

/// One of them.
#[derive(Debug, Default)]
struct Told {
    kind: String,
    id: Option<String>,
    data: String,
}

impl Reader {
    async fn of(folder: &Folder, last: Option<&str>) -> Self {
        let address = socket::connect_path(folder.path()).unwrap();
        let mut stream = UnixStream::connect(address.path()).await.unwrap();
        let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
        let request = format!("GET {} HTTP/1.1\r\nHost: peer\r\n{last}\r\n", paths::EVENTS);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "HTTP/1.1 200 OK");
        while !lines.next_line().await.unwrap().unwrap().is_empty() {}
        Self(lines)
    }

    /// The next event; lengths of chunks are passed over.
    async fn next(&mut self) -> Told {
        let mut told = Told::default();
        loop {
            let line = self.0.next_line().await.unwrap().expect("the stream goes on");
            match line.split_once(':').map(|(name, value)| (name, value.trim_start())) {
                Some(("event", kind)) => told.kind = kind.to_owned(),
                Some(("id", id)) => told.id = Some(id.to_owned()),
                Some(("data", data)) => told.data = data.to_owned(),
                _ if line.is_empty() && !told.data.is_empty() => return told,
                _ => {}
            }
        }
    }

    /// The id of the event that tells that a name is shared, and what came before it.
    async fn until_shared(&mut self, name: &str) -> (String, Vec<Told>) {
        let mut before = Vec::new();
        loop {
            let told = self.next().await;
            if told.data.contains("\"event\":\"shared\"")
                && told.data.contains(&format!("\"name\":\"{name}\""))
            {
                return (told.id.expect("what is remembered has an id"), before);
            }
            before.push(told);
        }
    }
}

async fn peer() -> (Folder, Member) {
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    (folder, member)
}

async fn share(folder: &Folder, member: &Member, name: &str) {
    std::fs::write(folder.file(name), name).unwrap();
    let path = folder.file(name).to_string_lossy().into_owned();
    let share = peerpool_api::Share { path: Some(path), torrent: None };
    member.client.share(&share).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_told_what_it_missed_and_nothing_twice() {
    let (folder, member) = peer().await;
    let mut reader = Reader::of(&folder, None).await;
    share(&folder, &member, "one").await;
    let (last, _) = reader.until_shared("one").await;
    drop(reader);
    share(&folder, &member, "two").await;

    let mut reader = Reader::of(&folder, Some(&last)).await;
    let (_, before) = reader.until_shared("two").await;
    assert!(before.iter().all(|told| told.kind.is_empty()), "{before:?}");
    assert!(before.iter().all(|told| !told.data.contains("\"event\":\"shared\"")), "{before:?}");
    share(&folder, &member, "three").await;
    let (third, _) = reader.until_shared("three").await;
    assert_ne!(third, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_process_is_told_to_begin_anew() {
    let (folder, member) = peer().await;
    for foreign in ["0000000000000001.1", "nonsense"] {
        let mut reader = Reader::of(&folder, Some(foreign)).await;
        let told = reader.next().await;
        assert_eq!(told.kind, "reset", "{told:?}");
        assert!(told.id.is_some() && told.data.contains("\"event\":\"reset\""), "{told:?}");
    }
    let mut reader = Reader::of(&folder, Some("nonsense")).await;
    share(&folder, &member, "one").await;
    reader.until_shared("one").await;
}
