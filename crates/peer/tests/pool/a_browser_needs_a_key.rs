//! The door for browsers, over real sockets.

use std::net::SocketAddr;

use peerpool_api::{Code, Error, OpenDoor};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::world::{Folder, Member};

/// A door, and what a browser knows of it.
struct Visit {
    member: Member,
    _folder: Folder,
    door: SocketAddr,
    secret: String,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What a page that was let in sends with its requests.
struct Keys {
    key: String,
    cookie: String,
}

const JSON: &str = "Content-Type: application/json\r\n";

async fn visit() -> Visit {
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    let door = member.client.open_door(&OpenDoor::default()).await.unwrap();
    let (_, secret) = door.link.split_once("/#t=").unwrap();
    Visit { member, _folder: folder, door: door.address, secret: secret.to_owned() }
}

impl Visit {
    /// Sends a request as the door's own page does, with further headers.
    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let own = format!("Host: {0}\r\nOrigin: http://{0}\r\n", self.door);
        self.send(method, path, &(own + headers), body).await
    }

    /// Sends a request with these headers.
    async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.begin(method, path, headers, body).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
    }

    async fn begin(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.door).await.unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        stream
    }

    async fn trade(&self, secret: &str) -> Answer {
        self.ask("POST", "/api/v1/session", JSON, &format!("{{\"secret\":\"{secret}\"}}")).await
    }

    async fn enter(&self) -> Keys {
        let opened = self.trade(&self.secret).await;
        assert_eq!(opened.status, 200, "{}", opened.body);
        let session: serde_json::Value = serde_json::from_str(&opened.body).unwrap();
        let cookie = opened.header("set-cookie").unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
        Keys {
            key: format!("X-Peerpool-Key: {}\r\n", session["key"].as_str().unwrap()),
            cookie: format!("Cookie: theme=dark; {}\r\n", cookie.split(';').next().unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lets_one_browser_in_once() {
    let visit = visit().await;
    assert_eq!(visit.trade("guess").await.status, 401);
    visit.enter().await;
    let again = visit.trade(&visit.secret).await;
    assert_eq!(again.status, 401);
    assert!(
        again.body.contains("\"code\":\"no_key\"") && again.body.contains("peerpool web"),
        "{}",
        again.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_everything_a_cookie_reads_and_nothing_does_nothing() {
    let visit = visit().await;
    let Keys { key, cookie } = visit.enter().await;
    for (headers, reads, commands) in [
        (key.as_str(), 200, 200),
        (cookie.as_str(), 200, 401),
        ("", 401, 401),
        ("X-Peerpool-Key: guess\r\n", 401, 401),
    ] {
        assert_eq!(visit.ask("GET", "/api/v1/status", headers, "").await.status, reads, "{headers}");
        assert_eq!(visit.ask("POST", "/api/v1/stop", headers, "").await.status, commands, "{headers}");
    }
    for open in ["/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs/style.css"] {
        assert_eq!(visit.ask("GET", open, "", "").await.status, 200, "{open}");
    }
    assert_eq!(visit.ask("GET", "/metrics", "", "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_foreign_page_gets_anything_though_it_had_the_key() {
    let visit = visit().await;
    let Keys { key, cookie } = visit.enter().await;
    let (door, port) = (visit.door, visit.door.port());
    let own = format!("Host: {door}\r\nOrigin: http://{door}\r\n");
    let socket = "Upgrade: websocket\r\nConnection: upgrade\r\n";
    let attacks = [
        ("a rebound name", "GET", format!("Host: evil.example:{port}\r\n")),
        (
            "a rebound name that is its own origin",
            "POST",
            "Host: evil.example\r\nOrigin: http://evil.example\r\n".to_owned(),
        ),
        ("the address of nobody", "GET", format!("Host: 0.0.0.0:{port}\r\n")),
        ("a page of another port", "POST", format!("Host: {door}\r\nOrigin: http://127.0.0.1:1\r\n")),
        (
            "a page of another port that reads",
            "GET",
            format!("Host: {door}\r\nOrigin: http://127.0.0.1:1\r\n"),
        ),
        ("a host of another port", "GET", "Host: 127.0.0.1:1\r\n".to_owned()),
        (
            "a frame",
            "GET",
            format!(
                "Host: {door}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
            ),
        ),
        ("a page that hides where it comes from", "POST", format!("Host: {door}\r\nOrigin: null\r\n")),
        ("a command without an origin", "POST", format!("Host: {door}\r\n")),
        ("a foreign WebSocket", "GET", format!("Host: {door}\r\nOrigin: http://evil.example\r\n{socket}")),
        ("a WebSocket without an origin", "GET", format!("Host: {door}\r\n{socket}")),
        ("a site that is nearly the same", "GET", format!("{own}Sec-Fetch-Site: same-site\r\n")),
    ];
    for (attack, method, headers) in attacks {
        let path = if method == "GET" { "/api/v1/status" } else { "/api/v1/stop" };
        let answer = visit.send(method, path, &format!("{headers}{key}{cookie}"), "").await;
        assert_eq!(answer.status, 403, "{attack}: {}", answer.body);
        assert!(answer.body.contains("\"code\":\"forbidden\""), "{attack}: {}", answer.body);
    }
    let plain = visit.ask("POST", "/api/v1/share", &format!("{key}Content-Type: text/plain\r\n"), "{}").await;
    assert_eq!(plain.status, 415, "{}", plain.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_without_that_method_tells_which_it_has() {
    let visit = visit().await;
    let Keys { key, .. } = visit.enter().await;
    let answer = visit.ask("PUT", "/api/v1/status", &key, "").await;
    assert_eq!(answer.status, 405, "{}", answer.body);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert!(answer.body.contains("\"code\":\"method_not_allowed\""), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_framed_nowhere_and_runs_nothing() {
    let visit = visit().await;
    for path in ["/api/v1/status", "/api/v1/docs", "/nothing"] {
        let answer = visit.ask("GET", path, "", "").await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_ends_what_was_on_its_way_to_it() {
    let visit = visit().await;
    let Keys { key, cookie } = visit.enter().await;
    let own = format!("Host: {}\r\n{cookie}", visit.door);
    let mut events = visit.begin("GET", "/api/v1/events", &own, "").await;
    let mut begun = [0; 15];
    events.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    assert_eq!(visit.ask("DELETE", "/api/v1/session", &key, "").await.status, 200);
    events.read_to_end(&mut Vec::new()).await.unwrap();
    for headers in [key, cookie] {
        assert_eq!(visit.ask("GET", "/api/v1/status", &headers, "").await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_where_the_door_is_until_it_is_closed() {
    let visit = visit().await;
    let client = &visit.member.client;
    assert_eq!(client.status().await.unwrap().web, Some(visit.door));
    let again = client.open_door(&OpenDoor::default()).await.unwrap();
    assert_eq!(again.address, visit.door);
    assert_ne!(again.link.split_once("#t=").unwrap().1, visit.secret);
    client.close_door().await.unwrap();
    assert_eq!(client.status().await.unwrap().web, None);
    assert!(TcpStream::connect(visit.door).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_reach_the_door_only_where_that_is_allowed_in_words() {
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    let everywhere = Some("0.0.0.0:0".parse().unwrap());
    let refused = member.client.open_door(&OpenDoor { listen: everywhere, anywhere: false }).await;
    assert!(matches!(refused, Err(Error::Refused(error)) if error.code == Code::BadRequest));
    let door = member.client.open_door(&OpenDoor { listen: everywhere, anywhere: true }).await.unwrap();
    assert!(door.link.starts_with(&format!("http://127.0.0.1:{}/#t=", door.address.port())), "{}", door.link);
}
