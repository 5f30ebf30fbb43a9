//! A daemon whose service is none.

use std::{cell::Cell, future::pending, rc::Rc};

use tokio::{sync::oneshot, time::Instant};

use super::*;

/// Does what a test wants of it.
#[derive(Clone)]
struct Nothing(Rc<State>);

struct State {
    reload: Result<Reloaded, ApiError>,
    reloading: Duration,
    ending: Duration,
    reloads: Cell<u32>,
    in_order: Cell<bool>,
}

impl Nothing {
    fn that(ending: Duration, reloading: Duration, reload: Result<Reloaded, ApiError>) -> Self {
        let (reloads, in_order) = (Cell::new(0), Cell::new(false));
        Self(Rc::new(State { reload, reloading, ending, reloads, in_order }))
    }
}

impl Service for Nothing {
    async fn responds(&self) -> bool {
        true
    }

    async fn status(&self) -> String {
        "doing nothing".to_owned()
    }

    async fn reload(&mut self) -> Result<Reloaded, ApiError> {
        tokio::time::sleep(self.0.reloading).await;
        self.0.reloads.set(self.0.reloads.get() + 1);
        self.0.reload.clone()
    }

    async fn ended(&self) {
        pending().await
    }

    async fn shut_down(self) {
        tokio::time::sleep(self.0.ending).await;
        self.0.in_order.set(true);
    }
}

/// A manager's hand on a daemon.
struct Hand {
    end: mpsc::Sender<()>,
    reload: mpsc::Sender<()>,
    ask: mpsc::Sender<ReloadRequest>,
}

fn hand() -> (Hand, Signals, mpsc::Receiver<ReloadRequest>) {
    let ((ends, end), (reloads, reload), (ask, asked)) = (mpsc::channel(2), mpsc::channel(1), reloads());
    (Hand { end: ends, reload: reloads, ask }, Signals { end, reload }, asked)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_daemon_ends_in_order() {
    let service = Nothing::that(3 * SECOND, SECOND, Ok(Reloaded::default()));
    let (hand, signals, asked) = hand();
    hand.end.send(()).await.unwrap();
    run(service.clone(), signals, asked).await.unwrap();
    assert!(service.0.in_order.get());
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_it_at_once() {
    let service = Nothing::that(3 * SECOND, SECOND, Ok(Reloaded::default()));
    let (hand, signals, asked) = hand();
    hand.end.send(()).await.unwrap();
    hand.end.send(()).await.unwrap();
    let begun = Instant::now();
    assert!(matches!(run(service.clone(), signals, asked).await, Err(Failure::Interrupted)));
    assert!(!service.0.in_order.get());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_takes_too_long_is_cut_off_within_10_s() {
    let service = Nothing::that(100 * SECOND, SECOND, Ok(Reloaded::default()));
    let (hand, signals, asked) = hand();
    hand.end.send(()).await.unwrap();
    let begun = Instant::now();
    assert_eq!(run(service, signals, asked).await.unwrap_err().exit(), Exit::Failed);
    assert!(begun.elapsed() < 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_signal_to_end_does_not_wait_for_a_reload() {
    let service = Nothing::that(SECOND, 100 * SECOND, Ok(Reloaded::default()));
    let (hand, signals, asked) = hand();
    hand.reload.send(()).await.unwrap();
    let begun = Instant::now();
    let end = async {
        tokio::time::sleep(SECOND).await;
        hand.end.send(()).await.unwrap();
    };
    let (ended, ()) = tokio::join!(run(service.clone(), signals, asked), end);
    ended.unwrap();
    assert_eq!((begun.elapsed(), service.0.reloads.get()), (2 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_a_reload_hears_what_became_of_it() {
    let wrong = ApiError::new(Code::BadRequest, "line 3");
    for outcome in [Ok(Reloaded { changed: vec!["name".to_owned()], ..Reloaded::default() }), Err(wrong)] {
        let service = Nothing::that(SECOND, SECOND, outcome.clone());
        let (hand, signals, asked) = hand();
        let ask = async {
            let (answer, answered) = oneshot::channel();
            hand.ask.send(answer).await.unwrap();
            let answered = answered.await.unwrap();
            hand.end.send(()).await.unwrap();
            answered
        };
        let (ended, answered) = tokio::join!(run(service, signals, asked), ask);
        ended.unwrap();
        assert_eq!(answered, outcome);
    }
}
