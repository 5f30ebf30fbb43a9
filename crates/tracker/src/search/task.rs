//! The task that gives out turns and keeps orders.

use std::time::{Duration, Instant};

use peerpool_catalogue::Query;
use peerpool_wire::channel::{Cursor, ItemSearch, ItemSort, MAX_BATCH};
use tokio::sync::{mpsc, oneshot};

use super::{
    Asker, Page, SearchError,
    orders::{Kept, Orders, Question},
    reader::{Job, Reader},
    turns::Turns,
};
use crate::catalogue_task::CatalogueHandle;

/// Items on a page when the question does not say how many.
const PAGE: usize = 100;
/// How old an order by anything but the name may be that is given to others who ask the same.
const SHARED: Duration = Duration::from_secs(5);

/// Something for the task.
pub(super) enum Event {
    Asked(Box<Asked>),
    /// A reader is idle again; it may have made an order.
    Done {
        reader: Reader,
        made: Option<Box<Made>>,
    },
}

/// An order that was made for a question.
pub(super) struct Made {
    pub(super) asker: Asker,
    pub(super) question: Question,
    pub(super) kept: Kept,
}

/// A question, as it waits.
pub(super) struct Asked {
    pub(super) asker: Asker,
    pub(super) question: Question,
    /// The order that it wants to go on in.
    order: Option<String>,
    pub(super) part: Part,
    pub(super) answer: oneshot::Sender<Result<Page, SearchError>>,
}

/// Which part of the items is wanted.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) cursor: Option<Cursor>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Asked {
    pub(super) fn new(
        asker: Asker,
        search: ItemSearch,
        answer: oneshot::Sender<Result<Page, SearchError>>,
    ) -> Result<Self, SearchError> {
        let query = Query::new(&search)?;
        let limit = if search.limit == 0 { PAGE } else { (search.limit as usize).min(MAX_BATCH) };
        let viewer = asker.viewer.clone();
        Ok(Self {
            asker,
            question: Question { query, sort: search.sort, desc: search.desc, viewer },
            order: search.order,
            part: Part { cursor: search.cursor, offset: search.offset as usize, limit },
            answer,
        })
    }
}

pub(super) struct SearchTask {
    turns: Turns<Asked>,
    orders: Orders,
    idle: Vec<Reader>,
}

impl SearchTask {
    /// `first` numbers its first order.
    pub(super) fn new(idle: Vec<Reader>, first: u32) -> Self {
        Self { turns: Turns::new(), orders: Orders::new(first), idle }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Event>, catalogue: CatalogueHandle) {
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                () = catalogue.closed() => None,
            };
            match event {
                Some(Event::Asked(asked)) => {
                    let host = asked.asker.host;
                    if let Err(asked) = self.turns.push(host, *asked) {
                        // Whoever asked may have left.
                        let _ = asked.answer.send(Err(SearchError::Busy));
                    }
                }
                Some(Event::Done { reader, made }) => {
                    self.idle.push(reader);
                    if let Some(Made { asker, question, kept }) = made.map(|made| *made) {
                        self.orders.keep(asker.host, question, kept, Instant::now());
                    }
                }
                None => return,
            }
            self.serve();
        }
    }

    /// Gives the idle readers what comes next, except what nobody waits for any more.
    fn serve(&mut self) {
        while !self.idle.is_empty()
            && let Some(asked) = self.turns.pop()
        {
            if !asked.answer.is_closed()
                && let Some(reader) = self.idle.pop()
            {
                let job = self.prepare(asked);
                reader.work(job);
            }
        }
    }

    fn prepare(&mut self, asked: Asked) -> Job {
        let now = Instant::now();
        let frozen = asked.order.as_deref().and_then(|name| self.orders.get(name, &asked.question, now));
        let is_frozen = frozen.is_some();
        let known = frozen.or_else(|| self.orders.latest(&asked.question, now));
        let broader = self.orders.broader(&asked.question, now);
        Job { asked, known, is_frozen, broader, number: self.orders.number() }
    }
}

/// Whether an order that was made for somebody else may be given to others, though the catalogue has changed since. By
/// name, making another takes little; by anything else, many items take long to sort.
pub(super) fn may_share(question: &Question, kept: &Kept) -> bool {
    /// Items that are sorted in no time.
    const FEW: usize = 20_000;
    question.sort != ItemSort::Name && kept.order.len() > FEW && kept.made.elapsed() <= SHARED
}
