//! What the catalogue is still to be told of who sees what: sets and no queue, so that the members' task never waits for the
//! catalogue's, which waits for it. The catalogue's task takes all of it before whatever else it does next.

use std::{collections::BTreeMap, sync::Arc};

use peerpool_catalogue::{Audience, Input, SessionId, Viewer};
use peerpool_wire::id::InfoHash;
use tokio::sync::watch;

/// What is to be told, from the members' task to the catalogue's. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sights(Arc<watch::Sender<Untold>>);

/// Items with their audiences and sessions with what they see, each as it stands now.
#[derive(Debug, Default)]
pub(crate) struct Untold {
    items: BTreeMap<InfoHash, Audience>,
    viewers: BTreeMap<SessionId, Viewer>,
}

impl Sights {
    /// Has the catalogue told of these, all at once.
    pub(super) fn tell(&self, items: Vec<(InfoHash, Audience)>, viewers: Vec<(SessionId, Viewer)>) {
        if !items.is_empty() || !viewers.is_empty() {
            self.0.send_modify(|untold| {
                untold.items.extend(items);
                untold.viewers.extend(viewers);
            });
        }
    }

    /// A session has ended.
    pub(super) fn left(&self, session: SessionId) {
        self.0.send_if_modified(|untold| {
            untold.viewers.remove(&session);
            false
        });
    }

    /// Follows whether there is something to tell.
    pub(crate) fn watch(&self) -> watch::Receiver<Untold> {
        self.0.subscribe()
    }

    /// What the catalogue is to be told now. Sessions that it does not know yet are told of later.
    pub(crate) fn take(&self, is_known: impl Fn(SessionId) -> bool) -> Option<Input> {
        let mut told = None;
        self.0.send_if_modified(|untold| {
            let items: Vec<_> = std::mem::take(&mut untold.items).into_iter().collect();
            let (now, later) =
                std::mem::take(&mut untold.viewers).into_iter().partition(|(session, _)| is_known(*session));
            untold.viewers = later;
            let viewers: Vec<_> = BTreeMap::into_iter(now).collect();
            if !items.is_empty() || !viewers.is_empty() {
                told = Some(Input::Sight { items, viewers });
            }
            false
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_of_once_the_catalogue_knows_it() {
        let sights = Sights::default();
        sights.tell(Vec::new(), [1, 2, 3].map(|id| (SessionId(id), Viewer::nobody())).into());
        let told = |known: &[u32]| match sights.take(|session| known.contains(&session.0)) {
            Some(Input::Sight { viewers, .. }) => viewers.into_iter().map(|(session, _)| session.0).collect(),
            _ => Vec::new(),
        };
        assert_eq!(told(&[1]), [1]);
        sights.left(SessionId(3));
        assert_eq!(told(&[1, 2, 3]), [2]);
        assert_eq!(told(&[1, 2, 3]), [0; 0]);
    }
}
