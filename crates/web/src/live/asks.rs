//! The questions of a connection that are on their way, one of a window at most.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, BoxFuture, abortable},
    stream::FuturesUnordered,
};
use peerpool_api::ApiError;

use super::{
    message::WindowId,
    source::{Answer, Ask, View},
};

/// What came of a question.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) id: WindowId,
    pub(super) question: u64,
    pub(super) answer: Result<Answer, ApiError>,
}

#[derive(Default)]
pub(super) struct Asks {
    running: FuturesUnordered<BoxFuture<'static, Option<Answered>>>,
    handles: BTreeMap<WindowId, AbortHandle>,
}

impl Asks {
    /// Asks in place of what was asked for the window before.
    pub(super) fn ask<V: View>(&mut self, view: Arc<V>, id: WindowId, question: u64, ask: Ask) {
        self.withdraw(id);
        let asking = async move { Answered { id, question, answer: view.answer(ask).await } };
        let (asking, handle) = abortable(asking);
        self.handles.insert(id, handle);
        self.running.push(asking.map(Result::ok).boxed());
    }

    pub(super) fn withdraw(&mut self, id: WindowId) {
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
    }

    /// The next answer; none comes while nothing is asked.
    pub(super) async fn next(&mut self) -> Answered {
        loop {
            match self.running.next().await {
                Some(Some(answered)) => return answered,
                Some(None) => {}
                None => std::future::pending().await,
            }
        }
    }
}
