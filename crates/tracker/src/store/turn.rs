//! Members that others may change, too: whoever has the turn decides by what they have made of them.

use peerpool_access::{Moment, members::Change};
use tokio::sync::oneshot;

use super::{Store, StoreError};

/// What somebody sees who looks at the members that are kept.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// All that is kept of them, if others have changed something since the last look.
    pub(crate) others: Option<Vec<Change>>,
    /// The moment by the clock of all who change them; nothing where there is one alone.
    pub(crate) now: Option<Moment>,
}

/// That nobody else changes members until it is said what is to change of them.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) seen: Seen,
    /// Takes what is to be kept. Without it, nothing is changed.
    pub(crate) decided: oneshot::Sender<Vec<Change>>,
}

/// Whoever waits for the turn.
pub(crate) type Waiter = oneshot::Sender<Turn>;

/// Gives somebody the turn; what is to be kept, if anything is.
pub(super) async fn give(waiter: Waiter, seen: Seen) -> Option<Vec<Change>> {
    let (decided, decision) = oneshot::channel();
    waiter.send(Turn { seen, decided }).ok()?;
    decision.await.ok()
}

/// Changes members in a turn, as `decide` says, if it wants anything kept.
pub(crate) async fn change_in_turn(
    store: &mut impl Store,
    decide: impl FnOnce(Seen) -> Option<Vec<Change>>,
) -> Result<(), StoreError> {
    let (waiter, turn) = oneshot::channel();
    let deciding = async {
        if let Ok(Turn { seen, decided }) = turn.await
            && let Some(changes) = decide(seen)
        {
            // Whether it is kept, the store says.
            let _ = decided.send(changes);
        }
    };
    tokio::join!(store.change_members(waiter), deciding).0
}

/// The turn where nobody else takes one.
pub(super) async fn change_alone(store: &mut impl Store, waiter: Waiter) -> Result<(), StoreError> {
    match give(waiter, Seen::default()).await {
        Some(changes) => store.commit_members(changes).await,
        None => Ok(()),
    }
}
