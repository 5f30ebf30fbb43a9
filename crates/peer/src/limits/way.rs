//! One direction of payload: whoever moves some asks for leave while it is limited.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use peerpool_api::{LimitRates, LimitsNow};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior},
};

use super::pacer::{Pacer, Rates, Turn, Who};
use crate::{
    budget,
    clock::{Clock, sleep_until},
};

/// Asks that wait for the task: each connection has one at a time.
const ASKS: usize = budget::CONNECTIONS;
/// How often those of whom nothing need be known are forgotten.
const SWEEP: Duration = Duration::from_secs(1);

/// Somebody wants to move payload.
#[derive(Debug)]
struct Ask {
    who: Who,
    bytes: u32,
    grant: oneshot::Sender<()>,
}

/// Where leave is asked for. Cheap to clone. While there is no limit nothing is asked, and whoever looks pays for
/// reading a flag that does not change.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    limited: Arc<AtomicBool>,
    changes: watch::Receiver<LimitsNow>,
    asks: mpsc::Sender<Ask>,
}

impl Way {
    /// A way under the limits in force, and the future that gives leave.
    pub(crate) fn new(
        clock: Clock,
        now: &watch::Receiver<LimitsNow>,
        rates_of: fn(&LimitRates) -> Rates,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (asks, inbox) = mpsc::channel(ASKS);
        let rates = rates_of(&now.borrow().rates);
        let limited = Arc::new(AtomicBool::new(rates.limit_something()));
        let way = Self { limited: limited.clone(), changes: now.clone(), asks };
        let limits = InForce { now: now.clone(), rates_of, limited };
        (way, give_leave(clock, limits, inbox))
    }

    /// One without limits, for ever.
    #[cfg(test)]
    pub(crate) fn open() -> Self {
        let (_, changes) = watch::channel(LimitsNow::default());
        Self { limited: Arc::default(), changes, asks: mpsc::channel(1).0 }
    }

    /// Whether leave is to be asked for.
    pub(crate) fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    /// Waits until limits change; for ever once they cannot any more.
    pub(crate) async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// Waits until so many bytes may be moved. Whoever gives up waiting has moved nothing.
    pub(crate) async fn leave(&self, who: Who, bytes: u32) {
        let (grant, granted) = oneshot::channel();
        // Without anybody to ask the peer ends.
        if self.asks.send(Ask { who, bytes, grant }).await.is_ok() {
            let _ = granted.await;
        }
    }
}

/// The limits of one direction.
struct InForce {
    now: watch::Receiver<LimitsNow>,
    rates_of: fn(&LimitRates) -> Rates,
    limited: Arc<AtomicBool>,
}

impl InForce {
    fn rates(&mut self) -> Rates {
        let rates = (self.rates_of)(&self.now.borrow_and_update().rates);
        self.limited.store(rates.limit_something(), Ordering::Relaxed);
        rates
    }
}

/// Gives leave until nobody can ask for it any more.
async fn give_leave(clock: Clock, mut limits: InForce, mut asks: mpsc::Receiver<Ask>) {
    let mut pacer = Pacer::new(limits.rates(), clock.now());
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let wake = grant_all(&mut pacer, &clock);
        tokio::select! {
            ask = asks.recv() => match ask {
                Some(Ask { who, bytes, grant }) => pacer.ask(who, bytes, grant, clock.now()),
                None => return,
            },
            () = sleep_until(wake) => {}
            changed = limits.now.changed() => match changed {
                Ok(()) => pacer.set_rates(limits.rates(), clock.now()),
                Err(_) => return,
            },
            _ = sweep.tick(), if limits.limited.load(Ordering::Relaxed) => pacer.forget_idle(clock.now()),
        }
    }
}

/// Grants whatever may be granted now; gives when more may be.
fn grant_all(pacer: &mut Pacer<oneshot::Sender<()>>, clock: &Clock) -> Option<Instant> {
    loop {
        match pacer.next(clock.now()) {
            Turn::Now { who, bytes, grant } => {
                if grant.send(()).is_err() {
                    pacer.give_back(&who, bytes);
                }
            }
            Turn::At(at) => return Some(clock.instant(at)),
            Turn::Idle => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_api::Priority;
    use peerpool_wire::id::{InfoHash, PeerId, Sha256Hash};

    use super::*;

    const RATE: u64 = 1_250_000;
    const BLOCK: u32 = 16 * 1024;

    fn who(item: u8, peer: u8) -> Who {
        Who {
            item: InfoHash::v2_only(Sha256Hash([item; 32])),
            peer: PeerId::new([peer; 12]),
            priority: Priority::Normal,
        }
    }

    fn up(rates: &LimitRates) -> Rates {
        Rates { all: rates.up, item: None, peer: None }
    }

    fn limited(rate: Option<u64>) -> LimitsNow {
        LimitsNow { rates: LimitRates { up: rate, ..LimitRates::default() }, between: None }
    }

    #[tokio::test(start_paused = true)]
    async fn many_that_ask_share_ten_megabits_within_three_percent() {
        let (_now, watched) = watch::channel(limited(Some(RATE)));
        let (way, giving) = Way::new(Clock::start(), &watched, up);
        tokio::spawn(giving);
        let (moved_in, mut moved) = mpsc::channel(1000);
        for peer in 0..9 {
            let (way, moved_in) = (way.clone(), moved_in.clone());
            tokio::spawn(async move {
                loop {
                    // One item has one connection, the other eight.
                    way.leave(who(u8::from(peer == 0), peer), BLOCK).await;
                    if moved_in.send(peer == 0).await.is_err() {
                        return;
                    }
                }
            });
        }
        let (begun, mut bytes) = (Instant::now(), [0_u64; 2]);
        while begun.elapsed() < Duration::from_secs(10) {
            bytes[usize::from(moved.recv().await.unwrap())] += u64::from(BLOCK);
        }
        let all = (bytes[0] + bytes[1]) as f64;
        assert!((all / (10 * RATE) as f64 - 1.0).abs() < 0.03, "{all} bytes in 10 s");
        assert!(bytes[0].abs_diff(bytes[1]) < 10 * u64::from(BLOCK), "the two items got {bytes:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_is_lifted_lets_those_go_on_that_wait() {
        let (now, watched) = watch::channel(limited(Some(1024)));
        let (mut way, giving) = Way::new(Clock::start(), &watched, up);
        tokio::spawn(giving);
        way.leave(who(1, 1), 1 << 30).await;
        let waiting = tokio::spawn({
            let way = way.clone();
            async move { way.leave(who(1, 1), 1).await }
        });
        tokio::task::yield_now().await;
        assert!(way.is_limited() && !waiting.is_finished());
        now.send_replace(limited(None));
        way.changed().await;
        waiting.await.unwrap();
        assert!(!way.is_limited());
    }
}
