//! What several trackers that are one pool survive, without anybody's noticing.

#![allow(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod a_cut_cable_is_survived;
mod a_hanging_node_is_left;
mod a_killed_node_is_not_missed;
mod a_lost_primary_is_not_noticed;
mod a_partition_heals;
mod nodes_are_upgraded_one_by_one;
mod scene;
