//! What the tracker knows and decides, as a pure state machine.
//!
//! One task owns the [`Catalogue`] and drives it:
//!
//! ```no_run
//! # use peerpool_catalogue::{Catalogue, Change, Input, Output};
//! # use peerpool_wire::time::Time;
//! # trait World {
//! #     fn now(&self) -> Time;
//! #     fn input_before(&mut self, due: Option<Time>) -> Option<Input>;
//! #     fn store(&mut self, change: Change);
//! #     fn perform(&mut self, output: Output);
//! # }
//! fn drive(catalogue: &mut Catalogue, world: &mut impl World) {
//!     let mut out = Vec::new();
//!     loop {
//!         // Waits until something happens, or until something is due.
//!         match world.input_before(catalogue.next_timeout()) {
//!             Some(input) => catalogue.handle(world.now(), input, &mut out),
//!             None => catalogue.handle_timeout(world.now(), &mut out),
//!         }
//!         for output in out.drain(..) {
//!             match output {
//!                 Output::Store(change) => world.store(change),
//!                 other => world.perform(other), // sends, pings, probes, closes
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! Announces, scrapes and the web's questions come from nobody's session; they are calls with an answer
//! (`handle_announce`, `scrape`, `locate`, `peers`), between two inputs.
//!
//! Searches need no turn of that task: it hands out an [`Index`], which any thread may search for as long as it likes
//! ([`Catalogue::index`]). What is searched for is read by [`Query`], the same for everybody. Whoever shows the catalogue
//! to people follows it by [`Catalogue::take_changes`].
//!
//! Every question has a [`Viewer`], and is answered as if the items that it may not see had never been: an item's [`Audience`]
//! says who may see it. What is counted or cut off is so after that. A peer's channel sees what its viewer sees, and what it
//! has itself registered. In an open pool everybody is [`Viewer::All`].
//!
//! A catalogue may be one of a pool's several ([`Policy::pool`]). Each speaks for the peers that talk to it: it tells the
//! others how they stand ([`Output::Tell`]), and hears of theirs ([`Input::Link`]). All answer every question alone.
//!
//! Items last: what is to be stored leaves as [`Change`]s, and a new catalogue is filled by [`Restoring`].
//! Who is online with what is soft: it ends with the session or the lease, and peers say it anew after a restart.
//! Facts of an item come only from metainfo that the tracker itself has parsed.

mod budget;
mod catalogue;
mod changes;
mod departed;
mod facts;
mod files;
mod fold;
mod gather;
mod homes;
mod id_set;
mod identity;
mod ids;
mod index;
mod input;
mod items;
mod names;
mod news;
mod online;
mod policy;
mod query;
mod ranks;
mod reach;
mod row;
mod session;
mod shards;
mod swarm;
mod swarm_peer;
mod swarms;
mod table;
mod timers;
mod unknown;
mod update;
mod viewer;

pub use budget::Budget;
pub use catalogue::{AnnounceRefusal, Asking, Catalogue, Counts, Located, Restoring, Takers};
pub use changes::{Before, Changes, ItemChange, PeerChange};
pub use facts::{FactsError, ItemFacts};
pub use files::folder;
pub use homes::SnapshotCursor;
pub use index::{Eyes, Held, Index, Order, Sorting, cursor_of};
pub use input::{
    Change, Endpoints, Input, LinkEvent, LinkId, NewItem, Output, Probe, Probed, Proof, SessionId,
};
pub use policy::{Announces, Limits, Policy, Pool, SessionTimes};
pub use query::{Query, QueryError};
pub use row::{ItemRow, Standing};
pub use viewer::{Audience, Viewer};
