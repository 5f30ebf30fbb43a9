//! Searches of the catalogue, off the task that owns it.
//!
//! One task decides whose turn it is and keeps the orders that pages come out of; a few threads search. They take an index
//! from the catalogue's task, which costs that next to nothing, and read it for as long as they like.

mod orders;
mod reader;
mod task;
mod turns;

use std::net::IpAddr;

use peerpool_catalogue::{ItemRow, QueryError, SessionId, Viewer};
use peerpool_wire::{
    channel::{CatalogueItem, Cursor, Failure, ItemSearch, ItemSort, ItemsFound},
    host::Host,
};
use tokio::sync::{mpsc, oneshot};

use self::task::{Asked, Event, SearchTask};
use crate::catalogue_task::CatalogueHandle;

/// Questions and answers that wait for the task.
const INBOX: usize = 256;

/// Who asks. Each host has its turn.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) host: Host,
    /// Its session, if it has one; it finds all that it has said.
    pub(crate) session: Option<SessionId>,
    /// What it may see.
    pub(crate) viewer: Viewer,
}

impl Asker {
    /// Somebody without a session.
    pub(crate) fn at(ip: IpAddr, viewer: Viewer) -> Self {
        Self { host: Host::of(ip), session: None, viewer }
    }
}

/// A part of what a search found.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Names the order, to go on in it.
    pub(crate) order: String,
    /// How many items were found in all.
    pub(crate) total: u32,
    /// How many of them come before these.
    pub(crate) offset: u32,
    /// As they stand now; those that are gone are left out.
    pub(crate) rows: Vec<ItemRow>,
    /// Where the next page begins, in the order of names.
    pub(crate) next: Option<Cursor>,
}

impl From<Page> for ItemsFound {
    fn from(page: Page) -> Self {
        let items: Vec<CatalogueItem> = page.rows.iter().map(ItemRow::to_item).collect();
        Self { order: page.order, total: page.total, offset: page.offset, items, next: page.next }
    }
}

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("a cursor goes on by name: in other orders, ask with `order` and `offset`")]
    CursorElsewhere,
    #[error("too many searches of this address wait: ask again later")]
    Busy,
    #[error(transparent)]
    Closed(#[from] crate::catalogue_task::Closed),
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(_) | SearchError::CursorElsewhere => {
                Failure::BadQuestion { reason: error.to_string() }
            }
            SearchError::Busy | SearchError::Closed(_) => Failure::Busy,
        }
    }
}

/// Reaches the searches from any task. Dropping a question ends its search.
#[derive(Debug, Clone)]
pub(crate) struct SearchHandle {
    events: mpsc::Sender<Event>,
}

impl SearchHandle {
    /// Starts the task and its threads. They end with the catalogue's task.
    pub(crate) fn start(catalogue: CatalogueHandle) -> std::io::Result<Self> {
        let (events, inbox) = mpsc::channel(INBOX);
        let idle = reader::start(&catalogue, &events)?;
        tokio::spawn(SearchTask::new(idle, rand::random()).run(inbox, catalogue));
        Ok(Self { events })
    }

    /// A part of the items that a search finds.
    pub(crate) async fn page(&self, asker: Asker, search: ItemSearch) -> Result<Page, SearchError> {
        if search.cursor.is_some() && (search.sort != ItemSort::Name || search.desc) {
            return Err(SearchError::CursorElsewhere);
        }
        let (answer, answered) = oneshot::channel();
        let asked = Asked::new(asker, search, answer)?;
        self.events.send(Event::Asked(Box::new(asked))).await.map_err(|_| crate::catalogue_task::Closed)?;
        answered.await.map_err(|_| crate::catalogue_task::Closed)?
    }
}
