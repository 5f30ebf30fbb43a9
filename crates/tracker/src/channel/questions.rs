//! Questions of a peer that the catalogue's task need not answer.

use peerpool_catalogue::SessionId;
use peerpool_wire::{
    channel::{ItemSearch, ItemsFound, Page, RequestId, ToPeer, ToTracker},
    host::Host,
};
use tokio::task::JoinSet;

use super::Channels;
use crate::{
    catalogue_task::Closed,
    files,
    onlooker::Onlooker,
    search::{Asker, SearchError},
};

/// Questions of one session that are answered at a time. It is not read while it waits for the answers to so many.
const MAX_OPEN: usize = 4;

/// The open questions of a session; dropped, they end.
pub(super) struct Questions {
    host: Host,
    onlooker: Onlooker,
    session: SessionId,
    channels: Channels,
    open: JoinSet<Result<(), Closed>>,
}

impl Questions {
    pub(super) fn new(host: Host, session: SessionId, onlooker: Onlooker, channels: Channels) -> Self {
        Self { host, onlooker, session, channels, open: JoinSet::new() }
    }

    /// Answers a question soon. Gives back what is none of these.
    pub(super) async fn take(&mut self, message: ToTracker) -> Option<ToTracker> {
        if !matches!(message, ToTracker::List { .. } | ToTracker::Search { .. } | ToTracker::Files { .. }) {
            return Some(message);
        }
        while self.open.try_join_next().is_some() {}
        if self.open.len() >= MAX_OPEN {
            self.open.join_next().await;
        }
        let (host, session) = (self.host, self.session);
        let (onlooker, channels) = (self.onlooker.clone(), self.channels.clone());
        self.open.spawn(async move {
            let asker = Asker { host, session: Some(session), viewer: onlooker.viewer().await? };
            let answer = answer(asker, &onlooker, &channels, message).await?;
            let Some(answer) = answer else { return Ok(()) };
            channels.catalogue.reply(session, answer).await
        });
        None
    }
}

async fn answer(
    asker: Asker,
    onlooker: &Onlooker,
    channels: &Channels,
    question: ToTracker,
) -> Result<Option<ToPeer>, Closed> {
    let answer = match question {
        ToTracker::List { request, query, cursor, limit, offline } => {
            let search = ItemSearch { text: query, cursor, limit, offline, ..ItemSearch::default() };
            match channels.search.page(asker, search).await {
                Ok(page) => {
                    let ItemsFound { items, next, .. } = page.into();
                    ToPeer::Listed { request, page: Page { items, next } }
                }
                // A peer of an earlier version, which knows no facets, does not know this failure either.
                Err(SearchError::Query(_) | SearchError::CursorElsewhere) => {
                    ToPeer::Listed { request, page: Page::default() }
                }
                Err(error) => failed(request, error),
            }
        }
        ToTracker::Search { request, search } => match channels.search.page(asker, search).await {
            Ok(page) => ToPeer::Found { request, page: page.into() },
            Err(error) => failed(request, error),
        },
        ToTracker::Files { request, search } => {
            match files::files(&channels.catalogue, &channels.store, search, (onlooker, asker.viewer)).await?
            {
                Ok(page) => ToPeer::FileList { request, page },
                Err(error) => ToPeer::Failed { request, error },
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn failed(request: RequestId, error: SearchError) -> ToPeer {
    ToPeer::Failed { request, error: error.into() }
}
