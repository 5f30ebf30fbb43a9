//! One window: what its client sees, and what is to be told.

use std::{sync::Arc, time::Duration};

use peerpool_wire::time::Time;

use super::{
    message::{Message, WindowId},
    places::out_of_place,
    row::{Key, Row},
    source::{Answer, Ask, Order, Page, Recount, Rows},
};

/// How often it is looked how far the order of a window has aged.
pub const RECOUNT: Duration = Duration::from_secs(2);

/// Rows of one view, from one place on.
#[derive(Debug)]
pub(super) struct Window {
    from: u64,
    count: u32,
    /// Where its rows come from; none when that is to be taken anew.
    order: Option<Order>,
    /// What its client sees; nothing until a snapshot was sent.
    shown: Option<Shown>,
    question: Question,
    /// When its order was taken, or compared with the order of then.
    recounted: Time,
    /// Whether its client was told that its rows cannot be had.
    failed: bool,
}

#[derive(Debug)]
struct Shown {
    keys: Arc<[Key]>,
    rows: Vec<Option<Row>>,
    total: u64,
    /// How many rows the order has, which does not change.
    frozen: u64,
    changed: u64,
}

/// Exactly one of these at any time.
#[derive(Debug)]
enum Question {
    /// Nothing is asked.
    None,
    /// Asked under this number, and not answered yet.
    Open(u64),
    /// Answered, and not told yet.
    Answered(Answer),
    /// It failed; asked again from then on.
    Rests(Time),
}

impl Window {
    pub(super) fn new(from: u64, count: u32) -> Self {
        Self {
            from,
            count,
            order: None,
            shown: None,
            question: Question::None,
            recounted: Time::ZERO,
            failed: false,
        }
    }

    /// Shows other rows of the same order.
    pub(super) fn move_to(&mut self, from: u64, count: u32) {
        (self.from, self.count) = (from, count);
        self.begin_anew();
    }

    /// Shows the same places of an order that is taken anew.
    pub(super) fn sort(&mut self) {
        self.order = None;
        self.begin_anew();
    }

    /// Forgets what its client sees, and what was asked for it: a snapshot is due.
    pub(super) fn begin_anew(&mut self) {
        self.shown = None;
        self.question = Question::None;
    }

    /// Rows that it may hold.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.question, Question::Open(_))
    }

    /// Whether it waits for the answer to this question.
    pub(super) fn waits_for(&self, question: u64) -> bool {
        matches!(self.question, Question::Open(open) if open == question)
    }

    pub(super) fn is_answered(&self) -> bool {
        matches!(self.question, Question::Answered(_))
    }

    pub(super) fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// When a snapshot can be asked for, if one is due.
    pub(super) fn snapshot_due(&self) -> Option<Time> {
        match self.question {
            Question::None if self.shown.is_none() => Some(Time::ZERO),
            Question::Rests(until) => Some(until),
            _ => None,
        }
    }

    /// What to ask now; it counts as asked under this number.
    pub(super) fn ask(&mut self, now: Time, number: u64) -> Option<Ask> {
        match self.question {
            Question::None => {}
            Question::Rests(until) if until <= now => {}
            _ => return None,
        }
        self.question = Question::Open(number);
        let (from, count) = (self.from, self.count);
        let Some(shown) = &self.shown else {
            return Some(Ask::Page { order: self.order.clone(), from, count });
        };
        let recount = now.since(self.recounted) >= RECOUNT;
        if recount {
            self.recounted = now;
        }
        Some(Ask::Rows { keys: shown.keys.clone(), recount: recount.then_some(Recount { from, count }) })
    }

    pub(super) fn handle_answer(&mut self, answer: Answer) {
        self.failed = false;
        self.question = Question::Answered(answer);
    }

    /// Its rows cannot be had for now. Returns whether that is news.
    pub(super) fn handle_failure(&mut self, until: Time) -> bool {
        self.shown = None;
        self.question = Question::Rests(until);
        !std::mem::replace(&mut self.failed, true)
    }

    /// What is to be told of the answer that came, if it changes anything. The client sees it from then on.
    pub(super) fn message(&mut self, now: Time, id: WindowId, seq: u64) -> Option<Message> {
        let Question::Answered(answer) = std::mem::replace(&mut self.question, Question::None) else {
            return None;
        };
        match answer {
            Answer::Page(page) => Some(self.snapshot(now, id, seq, page)),
            Answer::Rows(rows) => self.shown.as_mut()?.patch(id, seq, rows),
        }
    }

    fn snapshot(&mut self, now: Time, id: WindowId, seq: u64, page: Page) -> Message {
        let Page { order, total, mut rows } = page;
        rows.truncate(self.count as usize);
        if self.order.as_ref() != Some(&order) {
            self.recounted = now;
        }
        let (keys, shown): (Vec<_>, Vec<_>) = rows.iter().cloned().unzip();
        self.shown = Some(Shown { keys: keys.into(), rows: shown, total, frozen: total, changed: 0 });
        let name = order.name.clone();
        self.order = Some(order);
        Message::Snapshot { seq, id, order: name, total, from: self.from, rows }
    }

    /// Bytes of what it remembers.
    pub(super) fn bytes(&self) -> usize {
        let of_keys = |keys: &[Key]| keys.iter().map(|key| size_of::<Key>() + key.len()).sum::<usize>();
        let shown = self.shown.as_ref().map_or(0, |shown| {
            of_keys(&shown.keys) + shown.rows.iter().flatten().map(Row::bytes).sum::<usize>()
        });
        let order = self.order.as_ref().map_or(0, |order| of_keys(&order.keys));
        size_of::<Self>() + shown + order
    }
}

impl Shown {
    fn patch(&mut self, id: WindowId, seq: u64, now: Rows) -> Option<Message> {
        let mut changes = Vec::new();
        for ((key, was), is) in self.keys.iter().zip(&mut self.rows).zip(now.rows) {
            let change = match (&*was, &is) {
                (Some(was), Some(is)) => is.since(was).map(Some),
                (None, Some(is)) => Some(Some(is.clone())),
                (Some(_), None) => Some(None),
                (None, None) => None,
            };
            *was = is;
            changes.extend(change.map(|change| (key.clone(), change)));
        }
        let aged = now.fresh.is_some_and(|fresh| {
            let changed = out_of_place(&self.keys, &fresh.keys).max(self.frozen.abs_diff(fresh.total));
            let before = (self.total, self.changed);
            (self.total, self.changed) = (fresh.total, changed);
            before != (self.total, self.changed)
        });
        let Self { total, changed, .. } = *self;
        (aged || !changes.is_empty()).then_some(Message::Patch { seq, id, rows: changes, changed, total })
    }
}
