//! A pool for members on the local network.

use peerpool_system_tests::{Network, PATIENCE, Pool};

#[test]
fn a_pool_for_members_is_found_by_whoever_has_joined_it_at_another_address() {
    let Some(network) = Network::of(1) else { return };
    let on = network.on(1);
    let on: Vec<&str> = on.iter().map(String::as_str).collect();
    let pool = Pool::new();
    let [data, repository] = ["members", "shared"].map(|name| pool.path(name).to_str().unwrap().to_owned());
    let address = network.address(1).to_string();
    let tracker = ["tracker", "--members", "--listen", "0.0.0.0:0", "--host", &address, "--data", &data];
    let mut tracker = pool.spawn("members", pool.command_through(&on, tracker));
    tracker.line("ready ");
    let invite = tracker.line("https://");
    let peer = ["peer", "--no-shell", "--repository", &repository];

    let refused = pool.spawn("stranger", pool.command_through(&on, peer)).end(PATIENCE);
    assert_eq!(refused.code, Some(6), "{}", refused.stderr);
    assert!(refused.stderr.contains("`peerpool join`"), "{}", refused.stderr);

    let mut join = pool.command_through(&on, ["join", "--name", "An"]);
    join.env("PEERPOOL_INVITE", &invite);
    let joined = pool.spawn("join", join).end(PATIENCE);
    assert_eq!(joined.code, Some(0), "{}", joined.stderr);
    let mut peer = pool.spawn("peer", pool.command_through(&on, peer));
    // The nearest address is tried first, and it is new to the device.
    let ready = peer.line("ready peer");
    assert!(ready.contains(" tracker http://127.0.0.1:"), "{ready}");
}
