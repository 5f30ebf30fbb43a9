//! Joining a pool: to whom an invite is shown, and to whom it is not. The tracker is played by the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its world has failed")]

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use peerpool_access::{
    Code, Invite, Keyset,
    key::{PublicKey, SecretKey},
};
use peerpool_api::{self as api, Error, PoolKeyset, Role, TrackerUrl};
use peerpool_peer::membership::{AskError, JoinError, Joined, Memberships, TrackerConnection};
use peerpool_tls::{Endpoint, Identity, Protocol};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Seeds of keys.
const ROOT: u8 = 1;
const OTHER_ROOT: u8 = 2;
const TRACKER: u8 = 3;
const IMPOSTOR: u8 = 4;

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn key(seed: u8) -> PublicKey {
    secret(seed).public()
}

fn statement(root: u8, serial: u64) -> Vec<u8> {
    let root = secret(root);
    let pool = root.public().pool();
    let name = "Lab".to_owned();
    Keyset { pool, serial, name, signers: Vec::new(), trackers: vec![key(TRACKER)] }.sign(&root).unwrap()
}

/// What a tracker of the test says.
struct Tracker {
    /// The seed of the key that it shows in TLS.
    key: u8,
    /// The keyset, as it stands in JSON.
    keyset: String,
    /// Why it admits nobody.
    refusal: Option<Value>,
}

impl Tracker {
    fn of_the_pool() -> Self {
        Self { key: TRACKER, keyset: BASE64URL_NOPAD.encode(&statement(ROOT, 2)), refusal: None }
    }

    /// Answers from now on. What it hears is noted.
    async fn start(self) -> Playing {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let endpoint =
            Endpoint::new(&Identity::from_seed([self.key; 32]).unwrap(), Protocol::Tracker).unwrap();
        let (tracker, note) = (Arc::new(self), heard.clone());
        tokio::spawn(async move {
            for connection in 0_usize.. {
                let (read, write) = listener.accept().await.unwrap().0.into_split();
                let Ok(secured) = endpoint.accept(read, write).await else { continue };
                let (tracker, note, device) = (tracker.clone(), note.clone(), secured.peer);
                let stream = TokioIo::new(tokio::io::join(secured.reader, secured.writer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (tracker, note) = (tracker.clone(), note.clone());
                    async move {
                        let line = format!("{} {}", request.method(), request.uri());
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let body = serde_json::from_slice(&body).unwrap_or_default();
                        note.lock().unwrap().push(Heard { connection, device, line: line.clone(), body });
                        Ok::<_, Infallible>(tracker.answer(&line))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        Playing { addr, heard }
    }

    fn answer(&self, line: &str) -> Response<Full<Bytes>> {
        let ok = StatusCode::OK;
        let (status, body) = match (line, &self.refusal) {
            ("GET /api/v1/keyset", _) => {
                let (pool, name) = ("not looked at".to_owned(), "Lab".to_owned());
                (ok, json!(PoolKeyset { pool, name, keyset: self.keyset.clone() }))
            }
            ("POST /api/v1/join", None) => {
                (ok, json!(api::Joined { member: 7, name: "An (2)".to_owned(), role: Role::Member }))
            }
            ("POST /api/v1/join", Some(refusal)) => (StatusCode::FORBIDDEN, refusal.clone()),
            _ => (StatusCode::NOT_FOUND, Value::Null),
        };
        Response::builder().status(status).body(Full::from(body.to_string())).unwrap()
    }
}

/// A request that a tracker has heard.
#[derive(Debug, Clone)]
struct Heard {
    connection: usize,
    device: PublicKey,
    line: String,
    body: Value,
}

/// A tracker of the test that answers.
struct Playing {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Playing {
    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Whether it has been told the code, in any way.
    fn knows_the_code(&self) -> bool {
        let code = BASE64URL_NOPAD.encode(&CODE);
        self.heard().iter().any(|heard| heard.line.contains(&code) || heard.body.to_string().contains(&code))
    }
}

const CODE: [u8; 16] = [42; 16];

fn invite(addr: SocketAddr) -> Invite {
    Invite { tracker: addr.to_string(), root: key(ROOT), code: Code(CODE) }
}

fn device() -> (TempDir, Memberships) {
    let folder = tempfile::tempdir().unwrap();
    let memberships = Memberships::in_folder(folder.path());
    (folder, memberships)
}

async fn join(device: &Memberships, addr: SocketAddr) -> Result<(Joined, api::Joined), JoinError> {
    device.join(&invite(addr), "An".to_owned(), "laptop".to_owned()).await
}

#[tokio::test]
async fn who_is_invited_joins_over_one_connection_and_keeps_the_pool() {
    let (tracker, (_folder, device)) = (Tracker::of_the_pool().start().await, device());
    let (joined, admitted) = join(&device, tracker.addr).await.unwrap();
    assert_eq!(
        (admitted.member, joined.member.as_str()),
        (7, "An (2)"),
        "the tracker says what it is called"
    );
    assert_eq!(device.at(&TrackerUrl::from(tracker.addr)).unwrap(), Some(joined.clone()));
    assert_eq!(joined.statement(), statement(ROOT, 2));

    let heard = tracker.heard();
    let lines: Vec<&str> = heard.iter().map(|heard| heard.line.as_str()).collect();
    assert_eq!(lines, ["GET /api/v1/keyset", "POST /api/v1/join"]);
    let code = BASE64URL_NOPAD.encode(&CODE);
    assert_eq!(heard[1].body, json!({ "code": code, "name": "An", "device": "laptop" }));
    assert_eq!(heard[0].connection, heard[1].connection, "the one whose key was looked at");
    assert_eq!(heard[1].device, device.identity().unwrap().public());
}

#[tokio::test]
async fn a_tracker_of_another_root_is_not_shown_the_invite() {
    let keyset = BASE64URL_NOPAD.encode(&statement(OTHER_ROOT, 2));
    let tracker = Tracker { keyset, ..Tracker::of_the_pool() }.start().await;
    let (_folder, device) = device();
    let failed = join(&device, tracker.addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Pool { .. }), "{failed}");
    assert!(!tracker.knows_the_code());
    assert_eq!(device.all().unwrap(), []);
}

#[tokio::test]
async fn whoever_shows_the_pool_s_keyset_with_a_key_of_its_own_is_not_shown_the_invite() {
    let tracker = Tracker { key: IMPOSTOR, ..Tracker::of_the_pool() }.start().await;
    let (_folder, device) = device();
    let failed = join(&device, tracker.addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Impostor { .. }), "{failed}");
    assert!(!tracker.knows_the_code());
    assert_eq!(device.all().unwrap(), []);
}

#[tokio::test]
async fn a_keyset_older_than_the_one_that_is_known_lets_nobody_speak_for_the_pool() {
    let (tracker, (_folder, device)) = (Tracker::of_the_pool().start().await, device());
    let url = TrackerUrl::from(tracker.addr);
    device.keep(Joined::new(key(ROOT), vec![url], "An".to_owned(), statement(ROOT, 3)).unwrap()).unwrap();
    let failed = join(&device, tracker.addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Pool { .. }), "{failed}");
    assert!(!tracker.knows_the_code());
}

#[tokio::test]
async fn a_keyset_that_is_no_text_is_not_understood() {
    for keyset in ["", "*", "AAAA"] {
        let tracker = Tracker { keyset: keyset.to_owned(), ..Tracker::of_the_pool() }.start().await;
        let (_folder, device) = device();
        assert!(join(&device, tracker.addr).await.is_err(), "{keyset}");
        assert!(!tracker.knows_the_code());
    }
}

#[tokio::test]
async fn an_invite_that_has_expired_is_told_of_and_nothing_is_kept() {
    let refusal = json!({ "code": "forbidden", "detail": "this invite has expired: ask for a new one" });
    let tracker = Tracker { refusal: Some(refusal), ..Tracker::of_the_pool() }.start().await;
    let (_folder, device) = device();
    let failed = join(&device, tracker.addr).await.unwrap_err();
    assert_eq!(failed.to_string(), "this invite has expired: ask for a new one");
    assert!(matches!(failed, JoinError::Ask(AskError::Tracker(Error::Refused(_)))));
    assert_eq!(device.all().unwrap(), []);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_found_out_before_the_code_is_used_up() {
    let (tracker, (folder, device)) = (Tracker::of_the_pool().start().await, device());
    std::fs::write(folder.path().join("pools"), "in the way").unwrap();
    let failed = join(&device, tracker.addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Membership(_)), "{failed}");
    assert!(!tracker.knows_the_code());
}

#[tokio::test]
async fn an_open_pool_s_tracker_is_told_from_one_for_members() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut plain, _) = listener.accept().await.unwrap();
        let _ = plain.read(&mut [0; 1024]).await;
        plain.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let (_folder, device) = device();
    let failed = join(&device, addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Ask(AskError::Secure { .. })), "{failed}");
    assert!(failed.to_string().contains("is it the tracker of a pool for members?"), "{failed}");
}

#[tokio::test]
async fn a_tracker_that_is_not_there_is_told_of() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let (_folder, device) = device();
    let failed = join(&device, addr).await.unwrap_err();
    assert!(matches!(failed, JoinError::Ask(AskError::Tracker(Error::Unreachable { .. }))), "{failed}");
}

#[tokio::test]
async fn a_member_asks_only_a_tracker_whose_key_it_knows() {
    let (_folder, device) = device();
    let identity = device.identity().unwrap();
    let (tracker, impostor) = (
        Tracker::of_the_pool().start().await,
        Tracker { key: IMPOSTOR, ..Tracker::of_the_pool() }.start().await,
    );
    let mut asked = TrackerConnection::open(&tracker.addr.into(), &identity, key(TRACKER)).await.unwrap();
    let keys: PoolKeyset = asked.get("/api/v1/keyset").await.unwrap();
    assert_eq!(keys.name, "Lab");
    let failed = TrackerConnection::open(&impostor.addr.into(), &identity, key(TRACKER)).await.unwrap_err();
    assert!(matches!(failed, AskError::Secure { .. }), "{failed}");
    assert!(impostor.heard().is_empty());
}
