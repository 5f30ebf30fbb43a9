//! One swarm among strangers, each message of whom is made by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod a_lost_piece_is_taken_back;
mod alone;
mod claims_are_weighed;
mod ids_prove_nothing;
mod limits_pace_requests;
mod places_are_shared;
mod questions_are_bounded;
mod readers_come_first;
mod rights_are_kept;
mod slots_go_to_whoever_uses_them;
mod waiting_costs_little;
