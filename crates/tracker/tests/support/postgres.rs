//! A PostgreSQL of Debian's, run by a test for itself in a temporary folder.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

use self::debian_postgres::{as_owner, own_folder, tools};

#[path = "debian_postgres.rs"]
mod debian_postgres;

/// The role that owns everything.
const USER: &str = "pool";

/// A running server.
pub(crate) struct Server {
    folder: TempDir,
    tools: PathBuf,
}

impl Server {
    /// Starts one, with an empty database `pool`; none where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let tools = tools()?;
        let server = Self { folder: own_folder(), tools };
        server
            .run("initdb", &["--no-sync", "-A", "trust", "-U", USER, "-D", server.data().to_str().unwrap()]);
        // No test cuts the power.
        server.configure("listen_addresses = ''\nfsync = off\nmax_wal_senders = 4\n");
        server.begin();
        server.sql("postgres", "CREATE DATABASE pool");
        Some(server)
    }

    /// A second one that follows this one; from then on, what this one commits is at the second one, too.
    pub(crate) fn follower(&self) -> Self {
        let follower = Self { folder: own_folder(), tools: self.tools.clone() };
        let (socket, data) = (self.socket(), follower.data());
        let [socket, data] = [&socket, &data].map(|path| path.to_str().unwrap());
        follower
            .run("pg_basebackup", &["-h", socket, "-U", USER, "-D", data, "-R", "-c", "fast", "--no-sync"]);
        follower.configure("");
        follower.begin();
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        // Answers once it has gone to both.
        self.sql("postgres", "CREATE DATABASE followed");
        follower
    }

    /// Has it listen on a port of this machine; its socket is gone then.
    pub(crate) fn begin_on_a_port(&self) -> u16 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        self.kill();
        self.configure(&format!("listen_addresses = '127.0.0.1'\nport = {port}\n"));
        drop(free);
        self.begin();
        port
    }

    /// The same, where it speaks TLS with this certificate, in PEM.
    pub(crate) fn begin_with_tls(&self, certificate: &str, key: &str) -> u16 {
        self.shell(&format!(
            "cat > data/server.crt <<'END'\n{certificate}\nEND\n\
             (umask 077; cat > data/server.key <<'END'\n{key}\nEND\n)"
        ));
        self.configure("ssl = on\n");
        self.begin_on_a_port()
    }

    /// Where its database is.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.socket().to_str().unwrap().replace('/', "%2F");
        format!("postgres://{USER}@{socket}/{database}")
    }

    /// What a statement answers.
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        let socket = self.socket();
        let socket = socket.to_str().unwrap();
        let output = self.run(
            "psql",
            &["-h", socket, "-U", USER, "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", statement],
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs commands that reach this server without being told how.
    pub(crate) fn shell(&self, commands: &str) {
        let mut shell = Self::as_owner("sh");
        let shell = shell.args(["-e", "-c", commands]).current_dir(self.folder.path());
        let output = shell.env("PGHOST", self.socket()).env("PGUSER", USER).output().unwrap();
        assert!(output.status.success(), "{commands}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it after it was ended.
    pub(crate) fn begin(&self) {
        // One that was killed stays a zombie until somebody asks for it, which PostgreSQL takes for a running server.
        for file in [self.data().join("postmaster.pid"), self.socket().join(".s.PGSQL.5432.lock")] {
            let _ = fs::remove_file(file);
        }
        let log = self.folder.path().join("log");
        self.control(&["start", "-w", "-l", log.to_str().unwrap()]);
    }

    /// Ends it at once, without a word to anybody.
    pub(crate) fn kill(&self) {
        debian_postgres::kill(&self.data());
    }

    /// Has a follower take changes.
    pub(crate) fn promote(&self) {
        self.control(&["promote", "-w"]);
    }

    /// The folder of its socket, by which PostgreSQL's own tools find it.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Its owner in the system, if that is not the one who runs the test.
    pub(crate) fn as_owner(program: &str) -> Command {
        let mut words = as_owner().iter().copied().chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn configure(&self, more: &str) {
        let path = self.data().join("postgresql.conf");
        let before = fs::read_to_string(&path).unwrap();
        let socket = format!("unix_socket_directories = '{}'\n", self.socket().display());
        fs::write(&path, before + &socket + more).unwrap();
    }

    fn control(&self, arguments: &[&str]) {
        let data = self.data();
        self.run("pg_ctl", &[&["-D", data.to_str().unwrap(), "-s"], arguments].concat());
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> Output {
        let mut command = Self::as_owner(self.tools.join(tool).to_str().unwrap());
        // A server that stays must not keep a pipe of ours.
        let output = match tool {
            "pg_ctl" => {
                let status = command.args(arguments).current_dir(self.folder.path()).status().unwrap();
                Output { status, stdout: Vec::new(), stderr: Vec::new() }
            }
            _ => command.args(arguments).current_dir(self.folder.path()).output().unwrap(),
        };
        assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let tool = self.tools.join("pg_ctl");
        let mut stop = Self::as_owner(tool.to_str().unwrap());
        let stop = stop.arg("-D").arg(self.data()).args(["-s", "-m", "immediate", "stop"]);
        // One that was killed is gone already.
        let _ = stop.stderr(std::process::Stdio::null()).status();
    }
}
