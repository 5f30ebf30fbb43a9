//! A service manager of the test's own.

use std::{
    io,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::PATIENCE;

/// Hears what a daemon tells its service manager (sd_notify(3)).
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    /// Listens at a socket of this name in a folder.
    pub fn listen(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        Self { socket: UnixDatagram::bind(&path).unwrap(), path }
    }

    /// Has a command tell this manager, every half of `watchdog` at least.
    pub fn manage(&self, command: &mut Command, watchdog: Option<Duration>) {
        command.env("NOTIFY_SOCKET", &self.path);
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
    }

    /// Waits for a message that has this line. Messages before it are dropped.
    pub fn hear(&self, line: &str) -> String {
        self.hear_that(line, |message| message.lines().any(|said| said == line))
    }

    /// Waits until each of these lines was said, in whatever order.
    pub fn hear_each(&self, lines: &[&str]) {
        let mut left = lines.to_vec();
        while !left.is_empty() {
            let message = self
                .hear_that(&left.join("`, `"), |message| message.lines().any(|said| left.contains(&said)));
            left.retain(|line| message.lines().all(|said| said != *line));
        }
    }

    /// Waits for a message that is as wished.
    pub fn hear_that(&self, what: &str, wish: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "`{what}` was not told, but {heard:?}");
            let Some(message) = self.next(left) else { continue };
            if wish(&message) {
                return message;
            }
            heard.push(message);
        }
    }

    /// Panics when a message comes within a time, those apart that are there already.
    pub fn hears_nothing_for(&self, time: Duration) {
        while self.next(Duration::from_millis(1)).is_some() {}
        assert_eq!(self.next(time), None, "the daemon still speaks");
    }

    fn next(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let mut message = [0; 4096];
        match self.socket.recv(&mut message) {
            Ok(length) => Some(String::from_utf8_lossy(&message[..length]).into_owned()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => None,
            Err(error) => panic!("the manager's socket: {error}"),
        }
    }
}
