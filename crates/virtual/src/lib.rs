//! Drives a [`Swarm`](peerpool_swarm::Swarm) without sockets, disk or clock.
//!
//! Tests, the simulator and the fuzz target each have a world of their own: whole links, links that are a rate and a
//! delay, or peers that do anything. In each of them a [`Driver`] owns the swarm and its [`Disk`], does what the swarm
//! wants, and watches that the swarm keeps its side of the contract. The world is its [`Network`].

mod contract;
mod disk;
mod driver;

pub use disk::{Disk, Leaves, Token};
pub use driver::{Driver, Network};
