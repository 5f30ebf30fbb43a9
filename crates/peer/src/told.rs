//! An event as it is told to those who watch.

use peerpool_api::Event;
use peerpool_web::live::Cursor;

/// An event, and its place among those that are remembered; none for one that is not.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Option<Cursor>,
    pub(crate) event: Event,
}
