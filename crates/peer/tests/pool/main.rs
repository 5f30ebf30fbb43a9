//! Peers in a pool, over real sockets, commanded through the control API as everybody commands them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod a_download_is_held_and_taken_up;
mod a_file_is_fetched;
mod a_shared_file_changes;
mod a_tracker_comes_and_goes;
mod a_tracker_misbehaves;
mod strange_connections_are_survived;
mod strangers_wait;
mod torrents_of_others;
mod what_an_owner_does_to_what_was_fetched;
mod what_cannot_be_is_said;
mod world;
