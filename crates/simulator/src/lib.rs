//! A deterministic world of thousands of virtual peers around the real swarm.
//!
//! The same scenario and the same seed give the same run, event by event, on every machine. Nothing here reads
//! a clock: a minute of the virtual world takes as long as its events take to compute.
//!
//! The world advances in windows that are no longer than the shortest delay between two peers. What a peer
//! sends within a window reaches nobody within it, so the peers are run through a window one after another,
//! each with its own state at hand, and the order among them does not matter.
//!
//! [`pool`] is another world, of several trackers that are one pool.

pub mod bound;
pub mod checkers;
pub mod link;
pub mod mail;
pub mod peer;
pub mod plot;
pub mod pool;
pub mod scenario;
pub mod scenarios;
pub mod trace;
pub mod tracker;
pub mod world;
