//! Questions of a peer that the catalogue's task need not answer.

use peerpool_catalogue::{SessionId, Viewer};
use peerpool_wire::{
    channel::{ItemSearch, ItemsFound, Page, RequestId, ToPeer, ToTracker},
    host::Host,
};
use tokio::task::JoinSet;

use super::Channels;
use crate::{
    catalogue_task::Closed,
    files,
    search::{Asker, SearchError},
};

/// Questions of one session that are answered at a time. It is not read while it waits for the answers to so many.
const MAX_OPEN: usize = 4;

/// The open questions of a session; dropped, they end.
pub(super) struct Questions {
    host: Host,
    /// The number of the member who asks, in a pool for members.
    member: Option<u32>,
    session: SessionId,
    channels: Channels,
    open: JoinSet<Result<(), Closed>>,
}

impl Questions {
    pub(super) fn new(host: Host, session: SessionId, member: Option<u32>, channels: Channels) -> Self {
        Self { host, member, session, channels, open: JoinSet::new() }
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
        let (host, member, session) = (self.host, self.member, self.session);
        let channels = self.channels.clone();
        self.open.spawn(async move {
            let viewer = match (&channels.members, member) {
                (None, _) => Viewer::All,
                (Some(members), Some(member)) => members.viewer(member).await?,
                (Some(_), None) => Viewer::nobody(),
            };
            let asker = Asker { host, session: Some(session), viewer };
            let Some(answer) = answer(asker, &channels, message).await? else { return Ok(()) };
            channels.catalogue.reply(session, answer).await
        });
        None
    }
}

async fn answer(asker: Asker, channels: &Channels, question: ToTracker) -> Result<Option<ToPeer>, Closed> {
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
            match files::files(&channels.catalogue, &channels.store, search, asker.viewer).await? {
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
