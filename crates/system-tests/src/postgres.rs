//! A PostgreSQL of Debian's, run by a test for itself in a temporary folder.

use std::{
    fs,
    net::IpAddr,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use self::debian_postgres::{as_owner, own_folder, tools};

#[path = "../../tracker/tests/support/debian_postgres.rs"]
mod debian_postgres;

/// The role that owns everything, and the database.
const POOL: &str = "pool";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    tools: PathBuf,
    through: Vec<String>,
    address: IpAddr,
    port: u16,
}

impl Postgres {
    /// Starts one at an address, by the command `through`, with an empty database `pool`. `None`, said on standard
    /// output, where PostgreSQL is not installed.
    pub fn start(address: IpAddr, port: u16, through: &[String]) -> Option<Self> {
        let tools = tools()?;
        let server = Self { folder: own_folder(), tools, through: through.to_vec(), address, port };
        server.run("initdb", &["--no-sync", "-A", "trust", "-U", POOL, "-D", &server.data()]);
        // Nothing cuts the power, and whoever reaches the address may ask.
        server.write("pg_hba.conf", "host all all all trust\n");
        server.write("postgresql.conf", "fsync = off\nmax_wal_senders = 4\n");
        server.listen();
        server.begin();
        server.sql("postgres", "CREATE DATABASE pool");
        Some(server)
    }

    /// A second one that follows this one; from then on, what this one commits is at the second one, too.
    pub fn follower(&self, port: u16) -> Self {
        let (folder, tools, through) = (own_folder(), self.tools.clone(), self.through.clone());
        let follower = Self { folder, tools, through, address: self.address, port };
        let data = follower.data();
        let source = ["-h", &self.socket(), "-p", &self.port.to_string(), "-U", POOL].map(str::to_owned);
        let source: Vec<_> = source.iter().map(String::as_str).collect();
        let target = ["-D", &data, "-R", "-c", "fast", "--no-sync"];
        follower.run("pg_basebackup", &[&source[..], &target].concat());
        follower.listen();
        follower.begin();
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        // Answers once it has gone to both.
        self.sql("postgres", "CREATE DATABASE followed");
        follower
    }

    /// Where its database is.
    pub fn url(&self) -> String {
        format!("postgres://{POOL}@{}:{}/{POOL}", self.address, self.port)
    }

    /// What a statement about the pool's database answers.
    pub fn ask(&self, statement: &str) -> String {
        self.sql(POOL, statement)
    }

    /// Ends it at once, without a word to anybody.
    pub fn kill(&self) {
        debian_postgres::kill(&self.folder.path().join("data"));
    }

    /// Has a follower take changes.
    pub fn promote(&self) {
        self.control(&["promote", "-w"]);
    }

    fn listen(&self) {
        let (address, port, socket) = (self.address, self.port, self.socket());
        let own =
            format!("listen_addresses = '{address}'\nport = {port}\nunix_socket_directories = '{socket}'\n");
        self.write("postgresql.conf", &own);
    }

    fn begin(&self) {
        let log = self.folder.path().join("log");
        self.control(&["start", "-w", "-l", log.to_str().unwrap()]);
    }

    fn sql(&self, database: &str, statement: &str) -> String {
        let (socket, port) = (self.socket(), self.port.to_string());
        let whom = ["-h", &socket, "-p", &port, "-U", POOL, "-d", database];
        let output = self.run("psql", &[&whom[..], &["-v", "ON_ERROR_STOP=1", "-Atc", statement]].concat());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Adds lines to one of its files of configuration.
    fn write(&self, file: &str, more: &str) {
        let path = self.folder.path().join("data").join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, before + more).unwrap();
    }

    fn control(&self, arguments: &[&str]) {
        self.run("pg_ctl", &[&["-D", &self.data(), "-s"], arguments].concat());
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(tool);
        command.args(arguments).current_dir(self.folder.path());
        // A server that stays must not keep a pipe of ours.
        let output = match tool {
            "pg_ctl" => {
                let status = command.status().unwrap();
                Output { status, stdout: Vec::new(), stderr: Vec::new() }
            }
            _ => command.output().unwrap(),
        };
        assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// One of PostgreSQL's tools, on the server's host, as its owner.
    fn command(&self, tool: &str) -> Command {
        let tool = self.tools.join(tool);
        let through = self.through.iter().map(String::as_str).chain(as_owner().iter().copied());
        let mut words = through.chain([tool.to_str().unwrap()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        command
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    fn socket(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["-D", &self.data(), "-s", "-m", "immediate", "stop"]);
        // One that was killed is gone already.
        stop.stderr(Stdio::null()).status().ok();
    }
}
