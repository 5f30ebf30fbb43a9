//! Stock clients that fetch an item by its .torrent file.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use peerpool_wire::id::InfoHash;

use crate::{Content, Pool, Program, TRANSFER, cluster::free_ports, http_get, until};

/// A .torrent file that names several trackers.
#[derive(Debug)]
pub struct Torrent(Vec<u8>);

/// A running client. It stays, and seeds what it has.
#[derive(Debug)]
pub struct StockClient {
    name: &'static str,
    folder: PathBuf,
    _program: Program,
}

/// A client to come: where it keeps what, and how fast it may fetch.
struct Place<'a> {
    pool: &'a Pool,
    name: &'static str,
    folder: PathBuf,
    torrent: PathBuf,
    listen: SocketAddr,
    rate: u64,
}

impl Torrent {
    /// Asks a tracker for the item's file, in the form that every client can read, and puts a tier of these trackers
    /// into it (BEP 12).
    pub fn of(item: &InfoHash, from: IpAddr, trackers: &[SocketAddr]) -> Self {
        let answer = http_get(from, trackers[0], &format!("/items/{item}.torrent?form=v1")).unwrap();
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..head]));
        let bytes = &answer[head + 4..];
        let first = bencoded(&format!("http://{}/announce", trackers[0]));
        let beginning = format!("d8:announce{first}");
        assert!(bytes.starts_with(beginning.as_bytes()), "the file names another tracker than the one asked");
        let tier: String =
            trackers.iter().map(|tracker| bencoded(&format!("http://{tracker}/announce"))).collect();
        let list = format!("13:announce-listll{tier}ee");
        Self([beginning.as_bytes(), list.as_bytes(), &bytes[beginning.len()..]].concat())
    }
}

impl StockClient {
    /// Starts aria2, transmission and libtorrent, each of which fetches no faster than this.
    pub fn start_three(pool: &Pool, from: IpAddr, torrent: &Torrent, rate: u64) -> [Self; 3] {
        let mut ports = free_ports(3).into_iter();
        let mut place = |name| {
            let folder = pool.path(name);
            fs::create_dir(&folder).unwrap();
            let listen = SocketAddr::new(from, ports.next().unwrap());
            let path = pool.path(&format!("{name}.torrent"));
            fs::write(&path, &torrent.0).unwrap();
            Place { pool, name, folder, torrent: path, listen, rate }
        };
        [place("aria2").aria2(), place("transmission").transmission(), place("libtorrent").libtorrent()]
    }

    /// Waits until it has said that everything is there, and panics if that is something else.
    pub fn until_complete(&self, content: &Content) {
        until(&format!("completion of {} at {}", content.name, self.name), TRANSFER, || {
            if done_file(&self.folder).exists() { Ok(()) } else { Err("it fetches") }
        });
        content.assert_equal(&self.folder.join(&content.name));
    }
}

impl Place<'_> {
    fn aria2(self) -> StockClient {
        let mut command = Command::new("aria2c");
        command
            .args(["--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false"])
            .args(["--enable-peer-exchange=false", "--file-allocation=none", "--summary-interval=0"])
            .args(["--async-dns=false", "--seed-ratio=0.0"])
            .args(["--bt-tracker-connect-timeout=3", "--bt-tracker-timeout=3"])
            .arg(format!("--listen-port={}", self.listen.port()))
            .arg(format!("--dir={}", self.folder.display()))
            .arg(format!("--max-overall-download-limit={}", self.rate))
            .arg(format!("--on-bt-download-complete={}", self.done_script().display()))
            .arg(&self.torrent);
        self.run(command)
    }

    fn transmission(self) -> StockClient {
        let (settings, watched) =
            (self.folder.with_extension("settings"), self.folder.with_extension("watched"));
        fs::create_dir(&settings).unwrap();
        fs::create_dir(&watched).unwrap();
        fs::copy(&self.torrent, watched.join("one.torrent")).unwrap();
        // It is slower than its limit.
        let settings_are = serde_json::json!({
            "bind-address-ipv4": self.listen.ip(), "peer-port": self.listen.port(), "rpc-enabled": false,
            "utp-enabled": false, "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false,
            "port-forwarding-enabled": false, "encryption": 0, "preallocation": 0, "rename-partial-files": false,
            "download-dir": self.folder, "watch-dir": watched, "watch-dir-enabled": true,
            "speed-limit-down": 2 * self.rate / 1000, "speed-limit-down-enabled": true,
            "script-torrent-done-enabled": true, "script-torrent-done-filename": self.done_script(),
        });
        fs::write(settings.join("settings.json"), settings_are.to_string()).unwrap();
        let mut command = Command::new("transmission-daemon");
        command.args(["--foreground", "--no-portmap", "--config-dir"]).arg(settings);
        self.run(command)
    }

    fn libtorrent(self) -> StockClient {
        let mut command = Command::new("/usr/bin/python3");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/libtorrent_client.py"))
            .args([&self.torrent, &self.folder])
            .args([self.listen.to_string(), self.rate.to_string()])
            .arg(done_file(&self.folder));
        self.run(command)
    }

    /// A script that makes the file by which it is seen that a client has everything.
    fn done_script(&self) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let script = self.folder.with_extension("sh");
        let text = format!("#!/bin/sh\n: > '{}'\n", done_file(&self.folder).display());
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        script
    }

    fn run(self, mut command: Command) -> StockClient {
        self.pool.surround(&mut command);
        let program = self.pool.spawn(self.name, command);
        StockClient { name: self.name, folder: self.folder, _program: program }
    }
}

fn done_file(folder: &Path) -> PathBuf {
    folder.with_extension("done")
}

fn bencoded(text: &str) -> String {
    format!("{}:{text}", text.len())
}
