//! Whole swarms, wired to each other by a seeded emulation of links.

#![allow(clippy::unwrap_used, clippy::panic)]

mod a_file_is_exchanged;
mod a_seed_shows_pieces_one_by_one;
mod bad_peers_hold_up_nobody;
mod neighbours_are_found;
mod nothing_passes_without_rights;
mod port;
mod useless_neighbours_are_replaced;
mod world;
