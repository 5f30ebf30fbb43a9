//! Pages that follow the tracker are stopped in the midst of it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use peerpool_api::PeerQuery;
use peerpool_system_tests::{PATIENCE, Pool, TRANSFER, until};
use rustix::process::{Pid, Signal, kill_process};

const READERS: u64 = 20;

/// Readers and what changes for them, in a process that can be stopped.
struct Load(Child);

impl Load {
    fn start(tracker: SocketAddr) -> Self {
        let numbers = [READERS, 0, 1000, 600].map(|number| number.to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_live-load"));
        command.arg(tracker.to_string()).args(numbers).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn stop(&self) {
        kill_process(Pid::from_child(&self.0), Signal::STOP).unwrap();
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It ends even though it is stopped; a test that fails has nobody else to end it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many pages follow the tracker, as it counts them.
fn followers(tracker: SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(tracker).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {tracker}\r\nConnection: close\r\n\r\n").unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("peerpool_tracker_followers "));
    line.expect("it is counted").parse().unwrap()
}

fn until_followers(pool: &Pool, wanted: u64) {
    until(&format!("{wanted} pages follow"), TRANSFER, || match followers(pool.tracker()) {
        count if count == wanted => Ok(()),
        count => Err(count),
    });
}

#[test]
fn stopped_readers_hold_up_nobody_and_are_given_up() {
    let pool = Pool::new();
    let load = Load::start(pool.tracker());
    until_followers(&pool, READERS);
    load.stop();

    let film = pool.random_file("film.mkv", 8 << 20, 1);
    let holder = pool.peer("holder").with(&film).start();
    let reader = pool.peer("reader").start();
    let download = reader.begin("film.mkv");
    reader.until_complete(&download);
    film.assert_equal(&reader.path("film.mkv"));
    until("the tracker lists both", PATIENCE, || {
        let peers = holder.control(async |client| client.peers(&PeerQuery::default()).await).unwrap().peers;
        let names: Vec<_> = peers.into_iter().map(|peer| peer.name).collect();
        if ["holder", "reader"].iter().all(|name| names.iter().any(|there| there == name)) {
            Ok(())
        } else {
            Err(names)
        }
    });
    until_followers(&pool, 0);
}
