//! The numbers of items and swarms in their tables.

/// The place of an item in [`Items`](crate::items::Items).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemId(pub(crate) u32);

/// The place of a swarm in [`Swarms`](crate::swarms::Swarms).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SwarmId(pub(crate) u32);
