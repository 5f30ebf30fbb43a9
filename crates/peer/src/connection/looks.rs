//! When the writers of a swarm look at what has arrived: all at the same moments, for which there is one timer. The runtime
//! wakes itself for each timer that begins.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};
use tokio_util::task::AbortOnDropHandle;

/// From one look to the next …
const SOON: Duration = Duration::from_millis(2);
/// … unless nothing arrives for a while: the other side is slow, or gone.
const LATER: Duration = Duration::from_millis(50);

/// The moments to look. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Looks {
    wanted: Arc<Notify>,
    now: Arc<Notify>,
    _timer: Arc<AbortOnDropHandle<()>>,
}

impl Looks {
    /// The timer runs while somebody waits.
    pub(crate) fn start() -> Self {
        let (wanted, now) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let timer = tokio::spawn(run(wanted.clone(), now.clone()));
        Self { wanted, now, _timer: Arc::new(AbortOnDropHandle::new(timer)) }
    }

    /// Waits for the next moment, given whether something has arrived lately.
    pub(super) fn next(&self, moves: bool) -> impl Future<Output = ()> + Send + use<> {
        let (wanted, now) = (self.wanted.clone(), self.now.clone());
        async move {
            if moves {
                let now = now.notified();
                wanted.notify_one();
                now.await;
            } else {
                sleep(LATER).await;
            }
        }
    }
}

async fn run(wanted: Arc<Notify>, now: Arc<Notify>) {
    loop {
        wanted.notified().await;
        sleep(SOON).await;
        now.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_looks_when_others_do() {
        let looks = Looks::start();
        let (one, other) = (looks.next(true), looks.next(true));
        let late = async {
            sleep(Duration::from_millis(1)).await;
            other.await;
            Instant::now()
        };
        let begun = Instant::now();
        let early = async {
            one.await;
            Instant::now()
        };
        let (early, late) = tokio::join!(early, late);
        assert_eq!(early, late);
        assert!(early - begun <= SOON + Duration::from_millis(1), "after {:?}", early - begun);
    }

    #[tokio::test(start_paused = true)]
    async fn a_side_from_which_nothing_arrives_is_looked_at_rarely() {
        let looks = Looks::start();
        let begun = Instant::now();
        looks.next(false).await;
        assert_eq!(begun.elapsed(), LATER);
    }
}
