//! Whole swarms, wired to each other by a seeded emulation of links.

#![allow(clippy::unwrap_used, clippy::panic)]

mod a_file_is_exchanged;
mod bad_peers_are_survived;
mod neighbours_are_found;
mod pieces_are_shown_one_by_one;
mod port;
mod useless_neighbours_are_replaced;
mod world;
