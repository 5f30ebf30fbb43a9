//! stub

use peerpool_wire::id::InfoHash;

#[derive(Debug)]
pub(crate) enum Message {
    Swarm { item: InfoHash, event: crate::swarm_task::Event },
}
