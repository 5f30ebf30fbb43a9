//! A PostgreSQL for the demo alone.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::super::pool::path;
use crate::exit::{Exit, Failure};

/// Where Debian puts the programs of each release.
const RELEASES: &str = "/usr/lib/postgresql";
/// The role that owns everything.
const ROLE: &str = "demo";
/// How long the server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It ends when this is dropped, and what it kept is gone.
#[derive(Debug)]
pub(super) struct Database {
    folder: TempDir,
    server: Child,
    /// As in `15`.
    pub(super) release: String,
}

/// Whom the server runs as: PostgreSQL refuses to be root.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Database {
    /// Makes a database in a temporary folder, and starts a server that listens on a socket in there alone.
    pub(super) async fn start() -> Result<Self, Failure> {
        let (release, programs) = newest().ok_or_else(|| {
            Failure::told(
                Exit::Failed,
                "several trackers share a PostgreSQL, which is not installed: apt-get install postgresql",
            )
        })?;
        let folder = tempfile::Builder::new()
            .prefix("peerpool-demo-database-")
            .tempdir()
            .map_err(Failure::file("make", std::env::temp_dir()))?;
        let owner = owner()?;
        if let Some(owner) = owner {
            chown(folder.path(), Some(owner.user), Some(owner.group))
                .map_err(Failure::file("give away", folder.path()))?;
        }
        let data = folder.path().join("data");
        let made = as_owner(&programs.join("initdb"), owner, folder.path())
            .args(["--no-sync", "-A", "trust", "-U", ROLE, "-D", path(&data)?])
            .output()
            .map_err(Failure::file("run", programs.join("initdb")))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr);
            return Err(Failure::told(Exit::Failed, format!("initdb failed: {}", said.trim())));
        }
        let log = folder.path().join("log");
        let log_file = fs::File::create(&log).map_err(Failure::file("write", &log))?;
        let server = as_owner(&programs.join("postgres"), owner, folder.path())
            .args(["-D", path(&data)?, "-k", path(folder.path())?])
            .args(["-c", "listen_addresses="])
            .stderr(log_file)
            .spawn()
            .map_err(Failure::file("run", programs.join("postgres")))?;
        let mut database = Self { folder, server, release };
        database.listens(&log).await?;
        Ok(database)
    }

    /// Where the database is.
    pub(super) fn url(&self) -> Result<String, Failure> {
        Ok(format!("postgres://{ROLE}@{}/postgres", path(self.folder.path())?.replace('/', "%2F")))
    }

    async fn listens(&mut self, log: &Path) -> Result<(), Failure> {
        let socket = self.folder.path().join(".s.PGSQL.5432");
        let begun = Instant::now();
        while !socket.exists() {
            let ended = !matches!(self.server.try_wait(), Ok(None));
            if ended || begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(Failure::told(
                    Exit::Failed,
                    format!("PostgreSQL does not start: {}", said.trim()),
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // At once: nobody needs what it holds. It ends its own processes before it ends.
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// The newest release that is installed, and where its programs are.
fn newest() -> Option<(String, PathBuf)> {
    let installed = fs::read_dir(RELEASES).ok()?.filter_map(|release| {
        let release = release.ok()?;
        let name = release.file_name().into_string().ok()?;
        let programs = release.path().join("bin");
        programs.join("initdb").exists().then_some((name.parse::<u32>().ok()?, name, programs))
    });
    installed.max().map(|(_, name, programs)| (name, programs))
}

/// Whom to run it as, where that is another than who runs the demo.
fn owner() -> Result<Option<Owner>, Failure> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let users = Path::new("/etc/passwd");
    let listed = fs::read_to_string(users).map_err(Failure::file("read", users))?;
    let owner = ["postgres", "nobody"].iter().find_map(|name| ids(&listed, name));
    let missing = || io::Error::new(ErrorKind::NotFound, "neither postgres nor nobody is in it");
    owner.map(Some).ok_or_else(missing).map_err(Failure::file("find a user in", users))
}

/// The ids of a user (passwd(5)).
fn ids(listed: &str, name: &str) -> Option<Owner> {
    let mut fields = listed.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then_some(fields)
    })?;
    fields.next()?;
    Some(Owner { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}

fn as_owner(program: &Path, owner: Option<Owner>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    // Ctrl-C in this terminal is for the demo, which ends it last.
    command.process_group(0);
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let listed = "root:x:0:0:root:/root:/bin/bash\npostgres-old:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        let found = ids(listed, "postgres").map(|owner| (owner.user, owner.group));
        assert_eq!(found, Some((101, 104)));
        assert!(ids(listed, "nobody").is_none());
    }
}
