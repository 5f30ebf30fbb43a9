//! What the tracker has, for those who follow a peer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use peerpool_api::ApiError;
use peerpool_web::live::{Answer, Ask, Fresh, Key, Page, Row, Rows};

/// How often the tracker is asked for one window, however often that is looked at.
const PACE: Duration = Duration::from_secs(1);

/// A window that the tracker is asked for.
#[derive(Debug, Default)]
pub(super) struct Relay(Mutex<Option<Shown>>);

/// What the window shows.
#[derive(Debug, Clone)]
struct Shown {
    /// Its order, and its places in it.
    order: String,
    from: u64,
    count: u32,
    rows: BTreeMap<Key, Option<Row>>,
    asked: Instant,
    /// Whether it is to be looked how far the order has aged, once the tracker may be asked again.
    recounts: bool,
}

/// A part of a list that the tracker is asked for.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The order to take it from; a new one, if there is none.
    pub(super) order: Option<String>,
    pub(super) from: u64,
    pub(super) count: u32,
}

impl Relay {
    /// Answers with what `fetch` gets of the tracker, or got a moment ago.
    pub(super) async fn answer<F: Future<Output = Result<Page, ApiError>>>(
        &self,
        ask: Ask,
        fetch: impl FnOnce(Part) -> F,
    ) -> Result<Answer, ApiError> {
        match ask {
            Ask::Page { order, from, count } => {
                let order = order.map(|order| order.name.to_string());
                let page = fetch(Part { order, from, count }).await?;
                self.show(from, count, &page);
                Ok(Answer::Page(page))
            }
            Ask::Rows { keys, recount } => {
                self.with(|shown| shown.recounts |= recount.is_some());
                let fresh = self.look(fetch).await?;
                Ok(Answer::Rows(Rows { rows: keys.iter().map(|key| self.row(key)).collect(), fresh }))
            }
        }
    }

    /// Asks how the rows stand, if it is time. What is asked in the order of now has most of them, too.
    async fn look<F: Future<Output = Result<Page, ApiError>>>(
        &self,
        fetch: impl FnOnce(Part) -> F,
    ) -> Result<Option<Fresh>, ApiError> {
        let due = self.with(|shown| (shown.asked.elapsed() >= PACE).then(|| shown.clone()));
        let Some(Shown { order, from, count, recounts, .. }) = due.flatten() else { return Ok(None) };
        let order = (!recounts).then_some(order);
        let page = fetch(Part { order: order.clone(), from, count }).await?;
        self.with(|shown| {
            let is_whole = order.is_some_and(|order| *order == *page.order.name);
            for (key, row) in &mut shown.rows {
                match page.rows.iter().find(|(found, _)| found == key) {
                    Some((_, found)) => row.clone_from(found),
                    // In the window's own order it would be there.
                    None if is_whole => *row = None,
                    None => {}
                }
            }
            (shown.asked, shown.recounts) = (Instant::now(), false);
        });
        let keys = page.rows.into_iter().map(|(key, _)| key).collect();
        Ok(recounts.then_some(Fresh { total: page.total, keys }))
    }

    fn show(&self, from: u64, count: u32, page: &Page) {
        let order = page.order.name.to_string();
        let rows = page.rows.iter().cloned().collect();
        let shown = Shown { order, from, count, rows, asked: Instant::now(), recounts: false };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
    }

    fn row(&self, key: &Key) -> Option<Row> {
        self.with(|shown| shown.rows.get(key).cloned()).flatten().flatten()
    }

    /// A panic while the lock is held leaves nothing half done.
    fn with<T>(&self, call: impl FnOnce(&mut Shown) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(call)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use peerpool_web::live::{Order, Recount};
    use serde_json::json;

    use super::*;

    fn page(order: &str, rows: &[(&str, u32)]) -> Page {
        let row = |seeds: u32| Row::new(&json!({ "seeds": seeds })).ok();
        let rows = rows.iter().map(|(key, seeds)| (Key::from(*key), row(*seeds)));
        let order = Order { name: order.into(), keys: [].into() };
        Page { order, total: rows.len() as u64, rows: rows.collect() }
    }

    fn rows(keys: &[&str], recount: bool) -> Ask {
        let recount = recount.then_some(Recount { from: 0, count: 2 });
        Ask::Rows { keys: keys.iter().map(|key| Key::from(*key)).collect(), recount }
    }

    #[tokio::test]
    async fn the_tracker_is_asked_for_a_window_once_in_a_while() {
        let asked = RefCell::new(Vec::new());
        let fetch = |part: Part| {
            asked.borrow_mut().push(part.order);
            let times = asked.borrow().len() as u32;
            async move { Ok(page("first", &[("a", times), ("b", 0)])) }
        };
        let relay = Relay::default();
        let begin = Ask::Page { order: None, from: 0, count: 2 };
        relay.answer(begin, fetch).await.unwrap();
        for _ in 0..10 {
            relay.answer(rows(&["a", "b"], false), fetch).await.unwrap();
        }
        assert_eq!(*asked.borrow(), [None]);
        relay.with(|shown| shown.asked -= PACE);
        let Answer::Rows(answer) = relay.answer(rows(&["a", "b"], false), fetch).await.unwrap() else {
            panic!()
        };
        assert_eq!(answer.rows[0], page("first", &[("a", 2)]).rows[0].1);
        assert_eq!(*asked.borrow(), [None, Some("first".to_owned())]);
    }

    #[tokio::test]
    async fn a_row_that_another_order_does_not_show_stays_and_one_that_its_own_does_not_is_gone() {
        let relay = Relay::default();
        let begin = Ask::Page { order: None, from: 0, count: 2 };
        relay.answer(begin, |_| async { Ok(page("first", &[("a", 1), ("b", 1)])) }).await.unwrap();
        relay.with(|shown| shown.asked -= PACE);
        let fresh = |_| async { Ok(page("second", &[("c", 5), ("a", 2)])) };
        let Answer::Rows(answer) = relay.answer(rows(&["a", "b"], true), fresh).await.unwrap() else {
            panic!()
        };
        assert!(answer.rows.iter().all(Option::is_some));
        assert_eq!(answer.fresh.unwrap().keys, [Key::from("c"), Key::from("a")]);
        relay.with(|shown| shown.asked -= PACE);
        let own = |_| async { Ok(page("first", &[("a", 3)])) };
        let Answer::Rows(answer) = relay.answer(rows(&["a", "b"], false), own).await.unwrap() else {
            panic!()
        };
        assert_eq!((answer.rows[0].is_some(), answer.rows[1].is_some()), (true, false));
    }
}
