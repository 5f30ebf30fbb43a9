//! A gateway: content for browsers that ask a tracker, which has none. A peer in the tracker's process fetches what they
//! read, and keeps as much of it as it may.

mod cache;

use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    extract::{Path, Query, RawPathParams, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use peerpool_api::{Code, Get, Remove, What};
use peerpool_web::body::while_sent;
use peerpool_wire::{
    channel::{CatalogueItem, Failure, Target},
    id::InfoHash,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};

use self::cache::{Cache, NoRoom, Seat};
use super::{
    App, content,
    refusal::{Refusal, as_problems},
    remove::remove,
    routes,
};
use crate::{channel::AskError, get::GetError};

/// Requests that wait for the task.
const INBOX: usize = 64;
/// Pause between two looks at who reads.
const GLANCE: Duration = Duration::from_secs(5);

/// What is asked of the task that owns the cache.
enum Ask {
    /// Somebody wants to read an item, if it is here.
    Enter { item: InfoHash, answer: oneshot::Sender<Option<Seat>> },
    /// Somebody wants to read an item that is to come.
    Add { item: InfoHash, length: u64, answer: oneshot::Sender<Result<Seat, Refusal>> },
}

/// Lets readers in.
#[derive(Debug, Clone)]
struct Gateway {
    app: App,
    asks: mpsc::Sender<Ask>,
}

/// Starts a gateway that keeps at most `room` bytes; its routes are those of content, for whoever may ask.
pub(crate) fn start(app: App, room: u64) -> Router {
    let (asks, inbox) = mpsc::channel(INBOX);
    let keeper = Keeper { app: app.clone(), cache: Cache::new(room) };
    tokio::spawn(app.shutdown.clone().run_until_cancelled_owned(keeper.run(inbox)));
    let gateway = Gateway { app: app.clone(), asks };
    routes::content()
        .route_layer(from_fn_with_state(gateway, admit))
        .layer(from_fn(as_problems))
        .with_state(app)
}

/// Has an item here, or on its way, before it is read, and keeps it for as long as it is.
async fn admit(
    State(gateway): State<Gateway>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    // The hash comes first, alone or with the ending of an archive.
    let named =
        params.iter().next().map(|(_, value)| value.strip_suffix(content::ZIP_ENDING).unwrap_or(value));
    let item = named.and_then(|hash| hash.parse().ok());
    let item = item.ok_or_else(|| Refusal::new(Code::BadRequest, "this path names no info-hash"))?;
    let seat = gateway.enter(item).await?;
    let keep = move || {
        let _ = &seat;
    };
    Ok(while_sent(next.run(request).await, keep))
}

impl Gateway {
    async fn enter(&self, item: InfoHash) -> Result<Seat, Refusal> {
        let item = self.app.node(move |node| node.identify(&item)).await?;
        let seat = match self.ask(|answer| Ask::Enter { item, answer }).await? {
            Some(seat) if self.app.node(move |node| node.is_here_or_coming(&item)).await? => return Ok(seat),
            Some(seat) => seat,
            None => {
                let CatalogueItem { info_hash: item, length, .. } = self.find(item).await?;
                self.ask(|answer| Ask::Add { item, length, answer }).await??
            }
        };
        self.fetch(item).await?;
        Ok(seat)
    }

    async fn find(&self, item: InfoHash) -> Result<CatalogueItem, Refusal> {
        let unknown = || Refusal::new(Code::NotFound, format!("the pool has no item {item}"));
        match self.app.channel.locate(Target::InfoHash(item)).await {
            Ok((found, _)) => found.ok_or_else(unknown),
            Err(AskError::Failed(Failure::NotFound { .. })) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }

    /// Has an item fetched that is not, under another name where its own is taken.
    async fn fetch(&self, item: InfoHash) -> Result<(), Refusal> {
        let get = |save_as| Get { what: What::Item(item.to_string()), files: Vec::new(), save_as };
        let got = match self.app.getter.get(get(None)).await {
            Err(GetError::Taken { free: Some(free), .. }) => self.app.getter.get(get(Some(free))).await,
            got => got,
        };
        Ok(got.map(|_| ())?)
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(question(answer)).await.map_err(|_| Refusal::ending())?;
        answered.await.map_err(|_| Refusal::ending())
    }
}

/// Owns the cache.
struct Keeper {
    app: App,
    cache: Cache,
}

impl Keeper {
    async fn run(mut self, mut inbox: mpsc::Receiver<Ask>) {
        let mut glance = tokio::time::interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ask = tokio::select! {
                ask = inbox.recv() => ask,
                _ = glance.tick() => {
                    self.look().await;
                    continue;
                }
            };
            match ask {
                // Whoever asked may have left.
                Some(Ask::Enter { item, answer }) => {
                    let _ = answer.send(self.cache.enter(&item, Instant::now()));
                }
                Some(Ask::Add { item, length, answer }) => {
                    let _ = answer.send(self.add(item, length).await);
                }
                None => return,
            }
        }
    }

    async fn add(&mut self, item: InfoHash, length: u64) -> Result<Seat, Refusal> {
        if let Some(seat) = self.cache.enter(&item, Instant::now()) {
            return Ok(seat);
        }
        for gone in self.cache.make_room(length)? {
            self.evict(gone).await?;
        }
        Ok(self.cache.add(item, length, Instant::now()))
    }

    async fn evict(&mut self, item: InfoHash) -> Result<(), Refusal> {
        // What could not be begun left nothing behind.
        if self.app.node(move |node| node.view_download(&item).is_some()).await? {
            let everything = Query(Remove { data: true });
            let Json(_) = remove(State(self.app.clone()), Path(item), everything).await?;
        }
        tracing::debug!(%item, "made room");
        self.cache.remove(&item);
        Ok(())
    }

    /// Stops what nobody reads any more.
    async fn look(&mut self) {
        let items = self.cache.items();
        let fetched = self.app.node(move |node| {
            items.into_iter().filter(|item| node.is_fetched(item)).collect::<Vec<InfoHash>>()
        });
        let Ok(fetched) = fetched.await else { return };
        let given_up = self.cache.look(Instant::now(), |item| fetched.contains(item));
        for item in given_up {
            tracing::debug!(%item, "nobody reads it any more");
            // One that has just come is not to be stopped.
            let _ = self.app.node(move |node| node.stop(&item).is_ok()).await;
        }
    }
}

impl From<NoRoom> for Refusal {
    fn from(error: NoRoom) -> Self {
        let code = match error {
            NoRoom::TooLarge { .. } => Code::TooLarge,
            NoRoom::Busy => Code::Busy,
        };
        Self::new(code, error.to_string())
    }
}
