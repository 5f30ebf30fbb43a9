//! The port of a pool for members: TLS for those who have a key, HTTPS for browsers, and over plain HTTP no more than the way
//! there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use peerpool_access::key::PublicKey;
use peerpool_tls::{ConnectError, Endpoint, Expected, Identity, Protocol};
use peerpool_tracker::{
    AcmeConfig, CertificateError, CertificateFiles, Config, StartError, Tracker, members::TrackerKeys,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
    version::TLS13,
};
use support::{config, members::Member};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

fn for_members() -> Config {
    Config { members: true, ..config() }
}

fn request(addr: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")
}

async fn ask_plainly(addr: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request(addr, path).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn ask_over_tls(
    addr: SocketAddr,
    expected: impl Into<Expected>,
    path: &str,
) -> Result<(PublicKey, String), ConnectError> {
    let endpoint = Endpoint::new(&Identity::generate().unwrap(), Protocol::Tracker).unwrap();
    let (read, write) = TcpStream::connect(addr).await.unwrap().into_split();
    let mut connection = endpoint.connect(read, write, expected).await?;
    connection.writer.write_all(request(addr, path).as_bytes()).await.unwrap();
    connection.writer.flush().await.unwrap();
    let mut answer = String::new();
    connection.reader.read_to_string(&mut answer).await.unwrap();
    Ok((connection.peer, answer))
}

#[tokio::test]
async fn plain_http_learns_how_to_join_and_nothing_of_the_pool() {
    let tracker = Tracker::start_in_memory(for_members()).await.unwrap();
    for path in
        ["/api/v1/items", "/api/v1/health", "/api/v1/nothing", "/channel", "/metrics", "/items/x.torrent"]
    {
        let answer = ask_plainly(tracker.addr(), path).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{path}: {answer}");
        assert!(answer.contains("\"members_only\"") && answer.contains("peerpool join"), "{path}: {answer}");
    }
    for path in ["/", "/join"] {
        let answer = ask_plainly(tracker.addr(), path).await;
        let to = format!("location: https://{}{path}\r\n", tracker.addr());
        assert!(answer.starts_with("HTTP/1.1 307 ") && answer.contains(&to), "{path}: {answer}");
    }
    for path in
        ["/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1&left=0", "/scrape"]
    {
        let answer = ask_plainly(tracker.addr(), path).await;
        assert!(answer.ends_with("d14:failure reason24:this pool is for memberse"), "{path}: {answer}");
    }
    assert!(ask_plainly(tracker.addr(), "/healthz").await.starts_with("HTTP/1.1 200 "));
}

/// As a browser would that trusts this certificate and no other.
async fn ask_over_https(
    addr: SocketAddr,
    name: &str,
    certificate: &Path,
    request: &str,
) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(addr).await.unwrap();
    let mut stream = connector.connect(name.to_owned().try_into().unwrap(), stream).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    // Whether the tracker ends TLS before TCP is of no matter here.
    let _ = stream.read_to_string(&mut answer).await;
    Ok(answer)
}

#[tokio::test]
async fn a_browser_is_shown_a_certificate_that_stays_and_how_to_join() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: Some(folder.path().to_owned()), ..for_members() };
    let tracker = Tracker::start(config.clone()).await.unwrap();
    let certificate = folder.path().join("https.crt");
    let ask = async |path| {
        let request = request(tracker.addr(), path);
        ask_over_https(tracker.addr(), "localhost", &certificate, &request).await.unwrap()
    };
    let answer = ask("/join").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("peerpool join"), "{answer}");
    for (path, code) in [
        ("/api/v1/items", "no_key"),
        ("/api/v1/me", "no_key"),
        ("/metrics", "no_key"),
        ("/api/v1/live", "no_key"),
        ("/channel", "members_only"),
        ("/scrape", "members_only"),
    ] {
        let answer = ask(path).await;
        assert!(answer.contains(&format!("{code:?}")), "{path}: {answer}");
    }
    let fingerprint = tracker.fingerprint().unwrap().to_owned();
    tracker.shutdown().await;
    let again = Tracker::start(config).await.unwrap();
    assert_eq!(again.fingerprint(), Some(fingerprint.as_str()));
}

#[tokio::test]
async fn the_first_administrator_may_sign_up_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: Some(folder.path().to_owned()), ..for_members() };
    let tracker = Tracker::start(config).await.unwrap();
    let (addr, certificate) = (tracker.addr(), folder.path().join("https.crt"));
    let code = tracker.invite().unwrap().to_string();
    let code = code.rsplit_once('.').unwrap().1;
    let body = format!(r#"{{"code":"{code}","name":"ann","password":"correct horse"}}"#);
    let sign_up = |origin: String| {
        format!(
            "POST /api/v1/sign-up HTTP/1.1\r\nHost: {addr}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let ask =
        async |request: String| ask_over_https(addr, "localhost", &certificate, &request).await.unwrap();
    let foreign = ask(sign_up("https://elsewhere.example".to_owned())).await;
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");
    let signed_up = ask(sign_up(format!("https://{addr}"))).await;
    assert!(signed_up.starts_with("HTTP/1.1 200 "), "{signed_up}");
    let key = signed_up.rsplit('"').nth(1).unwrap();
    let with = |header: &str| {
        format!("GET /api/v1/me HTTP/1.1\r\nHost: {addr}\r\n{header}\r\nConnection: close\r\n\r\n")
    };
    let me = ask(with(&format!("X-Peerpool-Key: {key}"))).await;
    assert!(me.starts_with("HTTP/1.1 200 ") && me.contains(r#""role":"admin""#), "{me}");
    let cookie = signed_up.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let me = ask(with(&format!("Cookie: {}", cookie.split(';').next().unwrap()))).await;
    assert!(me.starts_with("HTTP/1.1 200 "), "{me}");
    // The same over plain HTTP is worth nothing.
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(with(&format!("X-Peerpool-Key: {key}")).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn a_browser_is_shown_the_certificate_that_the_operator_names() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["pool.example".to_owned()]).unwrap();
    let files =
        CertificateFiles { certificate: folder.path().join("pool.pem"), key: folder.path().join("pool.key") };
    fs::write(&files.certificate, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let data = Some(folder.path().join("data"));
    let config = Config { data, certificate: Some(files.clone()), ..for_members() };
    let tracker = Tracker::start(config.clone()).await.unwrap();
    let page = request(tracker.addr(), "/");
    let answer = ask_over_https(tracker.addr(), "pool.example", &files.certificate, &page).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(tracker.fingerprint(), None);
    tracker.shutdown().await;
    fs::write(&files.key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let refused = Tracker::start(config).await;
    assert!(matches!(refused, Err(StartError::Certificate(_))), "{:?}", refused.err());
}

fn acme(name: &str, directory: String) -> Option<AcmeConfig> {
    Some(AcmeConfig { names: vec![name.to_owned()], directory, contact: None })
}

#[tokio::test]
async fn until_an_authority_signs_one_the_trackers_own_certificate_is_shown_and_health_says_why() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there once it is closed.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let acme = acme("Pool.example", format!("https://{closed}/directory"));
    let tracker =
        Tracker::start(Config { data: Some(folder.path().to_owned()), acme, ..for_members() }).await.unwrap();
    assert!(tracker.fingerprint().is_some());
    // The authority's names are hosts of the tracker.
    let own = folder.path().join("https.crt");
    let page = "GET / HTTP/1.1\r\nHost: pool.example\r\nConnection: close\r\n\r\n";
    let answer = ask_over_https(tracker.addr(), "pool.example", &own, page).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let admin = Member::join(&tracker, "ann", &tracker.invite().unwrap().code).await;
    loop {
        let health = admin.get("/api/v1/health").await;
        assert!(health.contains(r#""certificate":{"names":["pool.example"]"#), "{health}");
        if health.contains(r#""problem":"the authority cannot be asked: 127.0.0.1: "#) {
            break;
        }
    }
}

#[tokio::test]
async fn a_certificate_comes_from_one_side_and_for_names_in_a_pool_for_members_alone() {
    let folder = tempfile::tempdir().unwrap();
    let files = CertificateFiles { certificate: "pool.pem".into(), key: "pool.key".into() };
    let directory = || AcmeConfig::LETS_ENCRYPT.to_owned();
    let config = Config { data: Some(folder.path().to_owned()), ..for_members() };
    let two = Config { acme: acme("a.example", directory()), certificate: Some(files), ..config.clone() };
    let open = Config { acme: acme("a.example", directory()), members: false, ..config.clone() };
    let address = Config { acme: acme("10.0.0.7", directory()), ..config.clone() };
    let nowhere = Config { acme: acme("a.example", "http://a.example".to_owned()), ..config };
    let refused = async |config| match Tracker::start(config).await {
        Err(StartError::Certificate(error)) => error,
        other => panic!("{:?}", other.map(|_| "it starts")),
    };
    assert!(matches!(refused(open).await, CertificateError::Open));
    assert!(matches!(refused(two).await, CertificateError::Two));
    assert!(matches!(refused(address).await, CertificateError::Name { .. }));
    assert!(matches!(refused(nowhere).await, CertificateError::Directory { .. }));
}

#[tokio::test]
async fn a_key_opens_tls_to_the_tracker_that_the_keyset_names_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: Some(folder.path().to_owned()), ..for_members() };
    let tracker = Tracker::start(config).await.unwrap();
    let keys = TrackerKeys::load_or_create(folder.path(), "test", peerpool_access::Moment(0)).unwrap();
    let named = keys.keyset().trackers.clone();
    let (peer, answer) =
        ask_over_tls(tracker.addr(), Expected::OneOf(named.clone()), "/healthz").await.unwrap();
    assert!(named.contains(&peer));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let stranger = Identity::generate().unwrap().public();
    let refused = ask_over_tls(tracker.addr(), Expected::OneOf(vec![stranger]), "/healthz").await;
    assert!(matches!(refused, Err(ConnectError::Handshake(_))), "{refused:?}");
}

#[tokio::test]
async fn a_key_of_no_member_learns_the_keyset_and_nothing_else() {
    let tracker = Tracker::start_in_memory(for_members()).await.unwrap();
    let ask = async |path| ask_over_tls(tracker.addr(), Expected::Anybody, path).await.unwrap().1;
    let keyset = ask("/api/v1/keyset").await;
    assert!(keyset.starts_with("HTTP/1.1 200 "), "{keyset}");
    for path in ["/api/v1/items", "/api/v1/health", "/api/v1/members", "/channel", "/scrape", "/nothing", "/"]
    {
        let answer = ask(path).await;
        assert!(
            answer.starts_with("HTTP/1.1 403 ") && answer.contains("\"not_a_member\""),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn an_open_pool_serves_no_tls() {
    let tracker = support::tracker().await;
    ask_over_tls(tracker.addr(), Expected::Anybody, "/healthz").await.unwrap_err();
}

#[tokio::test]
async fn a_pool_for_members_does_not_become_an_open_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    Tracker::start(Config { data: data.clone(), ..for_members() }).await.unwrap().shutdown().await;
    let opened = Tracker::start(Config { data, ..config() }).await;
    assert!(matches!(opened, Err(StartError::MembersOnly { .. })), "{:?}", opened.err());
}
