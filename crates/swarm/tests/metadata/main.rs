//! What an item is, learned from peers that are whole swarms, and from some that lie.

#![allow(clippy::unwrap_used, clippy::panic)]

mod an_item_is_learned;
mod liars_are_found;
mod world;
