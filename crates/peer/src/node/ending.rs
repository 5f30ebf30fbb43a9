//! How a peer leaves.

use std::time::Duration;

use peerpool_control as control;
use tokio::sync::oneshot;

use super::Node;
use crate::swarm_task::Order;

/// How long swarms may take to record what they have.
const PATIENCE: Duration = Duration::from_secs(15);

impl Node {
    /// Closes all swarms, leaves the pool, and ends everything. Downloads that run are taken up at the next start.
    pub(crate) fn end(&mut self) {
        if self.leaving {
            return;
        }
        self.leaving = true;
        let closing: Vec<oneshot::Receiver<()>> = self
            .swarms
            .values()
            .map(|swarm| {
                let (stopped, hears) = oneshot::channel();
                swarm.order(Order::Stop(stopped));
                hears
            })
            .collect();
        let channel = self.channel.clone();
        let leaving = async move {
            let closed = async {
                for hears in closing {
                    let _ = hears.await;
                }
            };
            if tokio::time::timeout(PATIENCE, closed).await.is_err() {
                tracing::warn!("some swarms did not close in time");
            }
            channel.leave().await;
        };
        self.spawn_then(leaving, |node, ()| {
            node.emit(control::Event::Ending);
            node.facts.ending.cancel();
        });
    }
}
