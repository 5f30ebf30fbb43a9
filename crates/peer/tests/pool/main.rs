//! Peers in a pool, over real sockets, commanded through the control API as everybody commands them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod a_bad_tracker_does_no_harm;
mod a_browser_needs_a_key;
mod a_browser_reads_content;
mod a_browser_uploads;
mod a_download_pauses_stops_and_resumes;
mod a_fetched_file_belongs_to_its_owner;
mod a_file_is_fetched;
mod a_holder_survives_strange_connections;
mod a_page_follows_a_peer;
mod a_peer_goes_on_at_another_node;
mod a_peer_meets_an_old_tracker;
mod a_refusal_names_its_cause;
mod a_shared_file_changes;
mod a_torrent_made_elsewhere_is_adopted;
mod a_tracker_comes_and_goes;
mod asking;
mod events_go_on_where_a_client_was;
mod fake_tracker;
mod metrics_tell_what_a_peer_does;
mod strangers_give_way;
mod what_a_node_knows_is_not_registered_again;
mod world;
