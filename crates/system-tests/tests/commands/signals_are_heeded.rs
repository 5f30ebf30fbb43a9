//! Signals that end a process, and those that do not.

use std::process::Command;

use peerpool_system_tests::{PATIENCE, Pool, Program, Signal, until};

/// Runs a command as a terminal would, which hangs up on it, whatever these tests themselves were started with (`nohup`).
const HEEDS_HANGUPS: [&str; 2] = ["env", "--default-signal=HUP"];

fn tracker(pool: &Pool, before: &str) -> (Program, String) {
    let data = pool.path(&format!("data-{}", before.len()));
    let args = ["tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let command = pool.command(args);
    let mut shell = Command::new(HEEDS_HANGUPS[0]);
    pool.surround(&mut shell);
    let script = format!("{before} exec \"$0\" \"$@\"");
    shell
        .args([HEEDS_HANGUPS[1], "sh", "-c"])
        .arg(script)
        .arg(command.get_program())
        .args(command.get_args());
    let mut program = pool.spawn("other-tracker", shell);
    let ready = program.line("ready");
    let address = ready.split_whitespace().find_map(|word| word.strip_prefix("http://")).unwrap().to_owned();
    (program, address)
}

#[test]
fn a_hangup_that_was_ignored_stays_ignored() {
    let pool = Pool::new();
    let (program, address) = tracker(&pool, "trap '' HUP;");
    program.signal(Signal::HUP);
    // The signal is delivered before whatever comes after it over the network.
    for _ in 0..3 {
        let status = pool.run(["status", "--tracker", &address]);
        assert_eq!(status.code, Some(0), "{}", status.stderr);
    }
    assert_eq!(program.terminate().code, Some(0));
}

#[test]
fn a_hangup_of_the_terminal_ends_a_server_in_order() {
    let pool = Pool::new();
    let (program, _) = tracker(&pool, "");
    program.signal(Signal::HUP);
    assert_eq!(program.end(PATIENCE).code, Some(0));
}

#[test]
fn a_peer_that_is_hung_up_leaves_the_pool() {
    let pool = Pool::new();
    let reader = pool.peer("reader").through(HEEDS_HANGUPS).start();
    let other = pool.peer("other").start();
    rustix::process::kill_process(rustix::process::Pid::from_raw(reader.pid() as i32).unwrap(), Signal::HUP)
        .unwrap();
    assert_eq!(reader.end(PATIENCE).code, Some(0));
    until("one peer in the pool", PATIENCE, || {
        let peers = other.run(["peers", "--json"]).stdout;
        if peers[0].matches("\"peer_id\":").count() == 1 { Ok(()) } else { Err(peers) }
    });
}
