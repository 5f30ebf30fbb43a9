//! How a peer leaves.

use std::time::Duration;

use peerpool_api as api;

use super::{Node, error::NodeError};

/// How long swarms may take to record what they have: a daemon has 9 s to end in, the farewell takes 3 s at most, and
/// what is told before it [`TELLING`]. What is not recorded then is fetched again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the tracker may take to be told what passed last.
const TELLING: Duration = Duration::from_millis(500);

impl Node {
    /// Whether the peer is about to leave, and begins nothing any more.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Ends the peer of a command, so that another one takes its place.
    pub(crate) fn hand_over(&mut self) -> Result<(), NodeError> {
        let handed_over = self.facts.hand_over.clone().ok_or(NodeError::Stays)?;
        handed_over.cancel();
        self.shut_down(false);
        Ok(())
    }

    /// Closes all swarms, leaves the pool, and ends everything; `asked` when somebody said `end`. Downloads that run
    /// are taken up at the next start.
    pub(crate) fn shut_down(&mut self, asked: bool) {
        if self.leaving {
            return;
        }
        self.leaving = true;
        let closing = self.swarms.stop_all();
        let closing = async move {
            let closed = async {
                for hears in closing {
                    let _ = hears.await;
                }
            };
            if tokio::time::timeout(PATIENCE, closed).await.is_err() {
                tracing::warn!("some swarms did not close in time");
            }
        };
        // By then the node has heard what the swarms told at their end.
        self.spawn_then(closing, move |node, ()| {
            let channel = node.pool.channel.clone();
            let untold = node.take_all_untold();
            let leaving = async move {
                let telling = async {
                    for message in untold {
                        channel.tell(message).await;
                    }
                };
                if tokio::time::timeout(TELLING, telling).await.is_err() {
                    tracing::warn!("the tracker was not told all of what passed last");
                }
                channel.leave().await;
            };
            node.spawn_then(leaving, move |node, ()| {
                node.emit(api::Event::Ending { asked });
                node.facts.shutdown.cancel();
            });
        });
    }
}
