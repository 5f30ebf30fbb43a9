//! What a window asks of whoever has the rows, and what it gets.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use peerpool_api::ApiError;
use serde_json::{Map, Value};

use super::row::{Key, Row};

/// Longest order of which a source that keeps none itself remembers all keys. Pages of a longer one come out of the order
/// of their moment.
pub const MAX_FROZEN: usize = 20_000;

/// What a peer or a tracker has to show.
pub trait Source: Send + Sync + 'static {
    /// One view with its query.
    type View: View;

    /// Opens a view; refuses one that there is not, and a query that cannot be read.
    fn open(&self, view: &str, query: Map<String, Value>) -> Result<Self::View, ApiError>;
}

/// Rows in an order.
pub trait View: Send + Sync + 'static {
    /// Answers with what is there now. Whoever asked may drop the question.
    fn answer(&self, ask: Ask) -> impl Future<Output = Result<Answer, ApiError>> + Send;
}

/// An order that was taken at one moment, and stays as it was while rows change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What it is called. Equal names, equal orders.
    pub name: Arc<str>,
    /// All keys in it, where the source keeps none itself.
    pub keys: Arc<[Key]>,
}

/// What is asked for a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Its rows; answered by [`Answer::Page`].
    Page {
        /// The order to take them from, if the source still has it; else it takes a new one.
        order: Option<Order>,
        /// The place of the first row.
        from: u64,
        /// How many rows at most.
        count: u32,
    },
    /// Rows that it shows, as they are now; answered by [`Answer::Rows`].
    Rows {
        /// Which, in their order.
        keys: Arc<[Key]>,
        /// The window, when it is time to look how far its order has aged.
        recount: Option<Recount>,
    },
}

/// A window whose keys are asked for in the order of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recount {
    /// The place of the first row.
    pub from: u64,
    /// How many rows at most.
    pub count: u32,
}

/// What a source has for a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Ask::Page`].
    Page(Page),
    /// To [`Ask::Rows`].
    Rows(Rows),
}

/// The rows of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The order that they come out of.
    pub order: Order,
    /// How many rows the order has.
    pub total: u64,
    /// The rows; without fields, one that is gone since the order was taken.
    pub rows: Vec<(Key, Option<Row>)>,
}

/// Rows by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// For each key that was asked for, in the same order; `None` for what is gone.
    pub rows: Vec<Option<Row>>,
    /// What the window would show if its order were taken now; `None` when the source cannot say.
    pub fresh: Option<Fresh>,
}

/// A window in the order of now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    /// How many rows the order has.
    pub total: u64,
    /// The keys from the window's first place on.
    pub keys: Vec<Key>,
}

impl Answer {
    /// Answers out of a list that can be had as a whole: `list` gives all keys in the order of now, `row` one of the rows.
    /// `list` is not called for rows that are looked at again.
    pub fn out_of_list(
        ask: Ask,
        list: impl FnOnce() -> Vec<Key>,
        mut row: impl FnMut(&Key) -> Option<Row>,
    ) -> Self {
        match ask {
            Ask::Page { order, from, count } => {
                let order = order.filter(|order| !order.keys.is_empty());
                let keys = order.as_ref().map_or_else(|| Arc::from(list()), |order| order.keys.clone());
                let rows = window(&keys, from, count).map(|key| (key.clone(), row(key))).collect();
                let total = keys.len() as u64;
                Self::Page(Page { total, order: order.unwrap_or_else(|| Order::of(keys)), rows })
            }
            Ask::Rows { keys, recount } => {
                let fresh = recount.map(|Recount { from, count }| {
                    let all = list();
                    Fresh { total: all.len() as u64, keys: window(&all, from, count).cloned().collect() }
                });
                Self::Rows(Rows { rows: keys.iter().map(row).collect(), fresh })
            }
        }
    }

    /// Answers of a view of one thing.
    pub fn of_one(ask: Ask, mut row: impl FnMut() -> Option<Row>) -> Self {
        Self::out_of_list(ask, || vec![Key::from("")], |_| row())
    }
}

impl Order {
    /// An order of these keys.
    fn of(keys: Arc<[Key]>) -> Self {
        let mut hasher = DefaultHasher::new();
        keys.hash(&mut hasher);
        let name = format!("{:016x}", hasher.finish()).into();
        Self { name, keys: if keys.len() <= MAX_FROZEN { keys } else { Arc::from([]) } }
    }
}

fn window(keys: &[Key], from: u64, count: u32) -> impl Iterator<Item = &Key> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    keys.iter().skip(from).take(count as usize)
}
