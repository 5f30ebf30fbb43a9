//! A tracker's certificate by ACME, from Pebble, the authority of Let's Encrypt for tests: `pebble`, and
//! `pebble-challtestsrv`, which answers its questions for names.

use std::{
    env, fs, io,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use peerpool_system_tests::{Manager, PATIENCE, Pool, Program, until};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
    version::TLS13,
};

/// What browsers ask for.
const NAME: &str = "pool.example";
/// How long a certificate holds: the next one comes after two thirds.
const LIFETIME: Duration = Duration::from_secs(24);

type Browser = StreamOwned<ClientConnection, TcpStream>;

/// A free port, which somebody else may take until it is used.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The authority, and what it asks for names.
struct Authority {
    _pebble: Program,
    _names: Program,
    /// Where the certificate of its own server comes from.
    trusted: PathBuf,
    port: u16,
    management: u16,
    names_management: u16,
}

impl Authority {
    /// One that looks at this port of whatever a name leads to; `None` where it is not installed.
    fn start(pool: &Pool, looks_at: u16) -> Option<Self> {
        let folders: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap()).collect();
        if !folders.iter().any(|folder| folder.join("pebble").exists()) {
            eprintln!("SKIPPED: pebble is not installed");
            return None;
        }
        let folder = pool.path("authority");
        fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let (own, own_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, own).unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let server = params.signed_by(&own_key, &root).unwrap();
        for (name, text) in [
            ("trusted.pem", root.pem()),
            ("server.pem", server.pem()),
            ("server.key", own_key.serialize_pem()),
        ] {
            fs::write(path(name), text).unwrap();
        }
        let [port, management, names_port, names_management] = [(); 4].map(|()| free_port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": path("server.pem"),
            "privateKey": path("server.key"),
            "tlsPort": looks_at,
            "httpPort": free_port(),
            "certificateValidityPeriod": LIFETIME.as_secs(),
        }});
        fs::write(path("pebble.json"), config.to_string()).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names.args(["-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01"]);
        names.arg(format!("127.0.0.1:{names_port}"));
        names.args(["-management", &format!("127.0.0.1:{names_management}")]);
        let mut pebble = Command::new("pebble");
        pebble.arg("-config").arg(path("pebble.json"));
        pebble.args(["-dnsserver", &format!("127.0.0.1:{names_port}")]);
        for command in [&mut names, &mut pebble] {
            pool.surround(command);
        }
        // It looks at once, and never trusts what it has seen before; of nonces, it refuses one in twenty as ever.
        pebble.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0");
        let authority = Self {
            _names: pool.spawn("names", names),
            _pebble: pool.spawn("pebble", pebble),
            trusted: path("trusted.pem"),
            port,
            management,
            names_management,
        };
        for port in [port, management, names_management] {
            until("the authority", PATIENCE, || TcpStream::connect(("127.0.0.1", port)));
        }
        Some(authority)
    }

    fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The certificate that a browser has to trust; the authority makes it at its start.
    fn root(&self, pool: &Pool) -> PathBuf {
        let mut stream = connect(self.management, "localhost", &self.trusted).unwrap();
        let answer = ask(&mut stream, "/roots/0", "close");
        let root = pool.path("root.pem");
        fs::write(&root, &answer[answer.find("-----BEGIN").unwrap()..]).unwrap();
        root
    }

    /// From now on every name leads to where nobody listens.
    fn lead_names_astray(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.names_management)).unwrap();
        let body = "{\"ip\":\"127.0.0.2\"}";
        let length = body.len();
        write!(
            stream,
            "POST /set-default-ipv4 HTTP/1.1\r\nHost: names\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// As a browser does that trusts this root and no other.
fn connect(port: u16, name: &str, root: &Path) -> io::Result<Browser> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut connection =
        ClientConnection::new(Arc::new(config), name.to_owned().try_into().unwrap()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// An answer with its head; whole where the connection ends with it.
fn ask(browser: &mut Browser, path: &str, connection: &str) -> String {
    write!(browser, "GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: {connection}\r\n\r\n").unwrap();
    browser.flush().unwrap();
    let (mut answer, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = browser.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..read]);
        if connection != "close" && answer.ends_with(b"}") {
            break;
        }
    }
    String::from_utf8(answer).unwrap()
}

/// The certificate that whoever asks for the name is shown, if the root vouches for it.
fn shown(port: u16, root: &Path) -> io::Result<CertificateDer<'static>> {
    let browser = connect(port, NAME, root)?;
    let certificates = browser.conn.peer_certificates().unwrap();
    Ok(certificates[0].clone().into_owned())
}

struct Tracker<'a> {
    pool: &'a Pool,
    socket: TcpListener,
    directory: String,
    trusted: PathBuf,
}

impl Tracker<'_> {
    fn start(&self, name: &str) -> Program {
        let manager = Manager::listen(&self.pool.path("logs"), &format!("{name}.notify"));
        let (data, listen) = (self.pool.path("data"), self.socket.local_addr().unwrap().to_string());
        let mut command = self.pool.command([
            "tracker",
            "--daemon",
            "--no-discovery",
            "--members",
            "--data",
            data.to_str().unwrap(),
            "--listen",
            &listen,
            "--acme",
            NAME,
            "--acme-directory",
            &self.directory,
            "--acme-contact",
            "admin@pool.example",
        ]);
        command.env("SSL_CERT_FILE", &self.trusted);
        manager.manage(&mut command, None);
        let tracker = self.pool.spawn_listening(name, &command, self.socket.try_clone().unwrap());
        manager.hear("READY=1");
        tracker
    }
}

#[test]
fn a_browser_that_trusts_the_authority_trusts_the_tracker_from_certificate_to_certificate() {
    let pool = Pool::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let Some(authority) = Authority::start(&pool, port) else { return };
    let root = authority.root(&pool);
    let tracker =
        Tracker { pool: &pool, socket, directory: authority.directory(), trusted: authority.trusted.clone() };
    let running = tracker.start("first");
    let first = until("a certificate", PATIENCE, || shown(port, &root));
    // Whoever asks for another name is shown the tracker's own, as before.
    let own = pool.path("data").join("https.crt");
    assert!(connect(port, "localhost", &own).is_ok() && connect(port, "localhost", &root).is_err());

    // A start orders none while there is one.
    assert_eq!(running.terminate().code, Some(0));
    let running = tracker.start("second");
    assert_eq!(shown(port, &root).unwrap(), first);

    let mut lasting = connect(port, NAME, &root).unwrap();
    assert!(ask(&mut lasting, "/healthz", "keep-alive").starts_with("HTTP/1.1 200 "));
    let second = until("another certificate", PATIENCE, || match shown(port, &root) {
        Ok(other) if other != first => Ok(other),
        seen => Err(seen.map(|_| "the first one")),
    });
    assert!(ask(&mut lasting, "/healthz", "keep-alive").starts_with("HTTP/1.1 200 "));

    authority.lead_names_astray();
    until("a refusal", PATIENCE, || {
        let log = running.stderr();
        match log.contains("no certificate from the authority: it is not this tracker that answers at port 443 of pool.example") {
            true => Ok(()),
            false => Err(log),
        }
    });
    assert_eq!(shown(port, &root).unwrap(), second);
    assert_eq!(running.terminate().code, Some(0));
}
