//! The threads that search.

use std::{io, sync::Arc, thread, time::Instant};

use peerpool_catalogue::{Eyes, Order, Sorting, cursor_of};
use peerpool_wire::channel::ItemSort;
use tokio::sync::mpsc;

use super::{
    Page,
    orders::{Kept, Question, name},
    task::{Asked, Event, Made, may_share},
};
use crate::{
    catalogue_task::{CatalogueHandle, Searched},
    machine::give_way,
};

/// Threads at most.
const MAX_READERS: usize = 4;

/// A question whose turn has come.
pub(super) struct Job {
    pub(super) asked: Asked,
    /// An order that may answer it.
    pub(super) known: Option<Kept>,
    /// Whether it is that which the question wants to go on in.
    pub(super) is_frozen: bool,
    /// An order of a [broader](peerpool_catalogue::Query::broader) question.
    pub(super) broader: Option<Kept>,
    /// The number of a new order.
    pub(super) number: u64,
}

/// The way to an idle thread. It goes with the job, and comes back with [`Event::Done`].
pub(super) struct Reader(mpsc::Sender<Work>);

struct Work {
    job: Job,
    reader: Reader,
}

impl Reader {
    pub(super) fn work(self, job: Job) {
        let jobs = self.0.clone();
        // An idle thread has room for one.
        let _ = jobs.try_send(Work { job, reader: self });
    }
}

/// Starts the threads: half as many as there are cores, since announces need the others.
pub(super) fn start(catalogue: &CatalogueHandle, events: &mpsc::Sender<Event>) -> io::Result<Vec<Reader>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let number = |number: usize| {
        let (jobs, inbox) = mpsc::channel(1);
        let (catalogue, events) = (catalogue.clone(), events.downgrade());
        thread::Builder::new()
            .name(format!("search {number}"))
            .spawn(move || read(inbox, &catalogue, &events))?;
        Ok(Reader(jobs))
    };
    (1..=(cores / 2).clamp(1, MAX_READERS)).map(number).collect()
}

/// Searches until the task has ended.
fn read(mut inbox: mpsc::Receiver<Work>, catalogue: &CatalogueHandle, events: &mpsc::WeakSender<Event>) {
    give_way();
    while let Some(Work { job, reader }) = inbox.blocking_recv() {
        let begun = Instant::now();
        let made = serve(job, catalogue).map(Box::new);
        catalogue.metrics.searches.seconds.record(begun.elapsed());
        let Some(events) = events.upgrade() else { return };
        if events.blocking_send(Event::Done { reader, made }).is_err() {
            return;
        }
    }
}

/// Answers a question; returns the order if the question had none.
fn serve(job: Job, catalogue: &CatalogueHandle) -> Option<Made> {
    let Job { asked, known, is_frozen, broader, number } = job;
    let holder = asked.question.query.holder().map(str::to_owned);
    let searched = match catalogue.index(asked.asker.session, holder) {
        Ok(searched) => searched,
        Err(closed) => {
            // Whoever asked may have left; so with every answer here.
            let _ = asked.answer.send(Err(closed.into()));
            return None;
        }
    };
    let Searched { index, held, own } = &searched;
    let answers = |kept: &Kept| {
        // What only one session sees is in no order of others.
        if own.is_some() {
            return false;
        }
        let is_current = held.is_none() && index.is_current(&kept.order, asked.question.sort);
        is_frozen || is_current || (asked.asker.session.is_none() && may_share(&asked.question, kept))
    };
    let (kept, is_new) = match known.filter(answers) {
        Some(kept) => (kept, false),
        None => {
            // An order of others lacks what only this session sees.
            let broader = broader.filter(|_| own.is_none());
            let order = find(&asked, &searched, broader.as_ref())?;
            // Most keys that people press in the middle of a word leave as many: it is the same order.
            let is_same = |kept: &Kept| {
                kept.order.len() == order.len() && index.is_current(&kept.order, asked.question.sort)
            };
            let same = broader.filter(is_same);
            let made = || Kept { number, order: Arc::new(order), made: Instant::now() };
            (same.unwrap_or_else(made), own.is_none())
        }
    };
    let mut page = page(&asked, &searched, &kept);
    let viewer = &asked.question.viewer;
    if !viewer.is_all() {
        let rows = std::mem::take(&mut page.rows);
        match catalogue.rows_seen(rows, viewer.clone(), asked.asker.session) {
            Ok(rows) => page.rows = rows,
            Err(closed) => {
                let _ = asked.answer.send(Err(closed.into()));
                return None;
            }
        }
    }
    let _ = asked.answer.send(Ok(page));
    is_new.then_some(Made { asker: asked.asker, question: asked.question, kept })
}

/// `None` when nobody waits for the answer any more.
fn find(asked: &Asked, searched: &Searched, broader: Option<&Kept>) -> Option<Order> {
    let Question { query, sort, desc, .. } = &asked.question;
    let (held, among) = (searched.held.as_ref(), broader.map(|kept| &*kept.order));
    let eyes = eyes(asked, searched);
    searched
        .index
        .find(query, held, eyes, Sorting { by: *sort, desc: *desc }, among, || !asked.answer.is_closed())
}

fn eyes<'a>(asked: &'a Asked, searched: &'a Searched) -> Eyes<'a> {
    Eyes { viewer: &asked.question.viewer, own: searched.own.as_ref() }
}

fn page(asked: &Asked, searched: &Searched, kept: &Kept) -> Page {
    let (part, order, index, eyes) = (&asked.part, &kept.order, &searched.index, eyes(asked, searched));
    let behind = part.cursor.as_ref().map_or(0, |cursor| index.place(order, cursor));
    let mut from = behind.saturating_add(part.offset);
    let mut rows = index.rows(order, from, part.limit, eyes);
    // Where everything is gone, the page begins with what is left.
    while rows.is_empty() && from < order.len() {
        from += part.limit;
        rows = index.rows(order, from, part.limit, eyes);
    }
    let is_by_name = asked.question.sort == ItemSort::Name && !asked.question.desc;
    let last = rows.last().filter(|_| is_by_name && from + part.limit < order.len());
    Page {
        order: name(kept.number),
        total: order.len() as u32,
        offset: from.min(u32::MAX as usize) as u32,
        next: last.map(|row| cursor_of(&row.facts)),
        rows,
    }
}
