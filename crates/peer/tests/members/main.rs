//! A pool for members over real sockets: whom a peer serves, and for how long. The tracker is played by the test, but for
//! the tests of what a real one decides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod a_magnet_waits_for_a_holder;
mod a_member_is_served;
mod a_right_ends_in_a_transfer;
mod a_rule_reaches_a_transfer;
mod a_stock_client_is_let_in;
mod a_stolen_tracker_speaks_for_nobody;
mod a_stranger_gets_nothing;
mod a_tracker_is_known_by_its_key;
mod film;
mod keys_are_rotated_within_a_transfer;
mod pool;
mod real_pool;
mod session;
mod stock_client;
mod stranger;
mod the_keys_of_a_pool_change;
