//! A pool for members: its keys, who belongs to it, and what peers are told of that.

mod attempts;
mod ceremonies;
mod desk;
mod error;
mod founding;
mod handle;
mod items;
mod keys;
mod nodes;
mod passwords;
mod sessions;
mod sights;
mod stock;
mod task;
mod transfers;
mod waiting;
mod who;

pub(crate) use ceremonies::{CEREMONY, Ceremony, PasskeyFor};
pub(crate) use desk::Desk;
pub(crate) use error::MembersError;
pub(crate) use founding::{invite_link, restore};
pub(crate) use handle::{Known, MembersHandle};
pub(crate) use items::{Items, KnownItem};
pub use keys::{KeysError, KeysFolder, Overview, TrackerKeys};
pub(crate) use passwords::Passwords;
pub(crate) use sessions::{Concern, Line};
pub(crate) use sights::Untold;
pub(crate) use stock::LetIn;
pub use who::Caller;
pub(crate) use who::Secret;
