//! The catalogue's task itself.

use std::{collections::HashSet, sync::Arc, time::Instant};

use peerpool_catalogue::{Catalogue, Input, LinkEvent, Output, SessionId};
use peerpool_wire::{channel::Refusal, id::InfoHash};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Asked, Work, probe::Probes};
use crate::{
    clock::Clock,
    links::Ways,
    members::{MembersHandle, Untold},
    metrics::Metrics,
    sessions::{Outgoing, Sessions},
    store::StoreHandle,
};

/// Inputs taken at once.
const BATCH: usize = 256;

/// Owns the catalogue.
pub(super) struct CatalogueTask {
    pub(super) catalogue: Catalogue,
    pub(super) store: StoreHandle,
    /// None in an open pool.
    pub(super) members: Option<MembersHandle>,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    /// Sessions whose peers were sent to other nodes.
    pub(super) away: HashSet<SessionId>,
    /// None where the tracker is no node.
    pub(super) ways: Option<Ways>,
    pub(super) probes: Probes,
    pub(super) metrics: Arc<Metrics>,
    pub(super) out: Vec<Output>,
}

impl CatalogueTask {
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Work>,
        mut lost: mpsc::Receiver<InfoHash>,
        shutdown: CancellationToken,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut sights = self.members.as_ref().map(|members| members.sights.watch());
        loop {
            let timeout = self.catalogue.next_timeout().map(|at| self.clock.instant(at));
            tokio::select! {
                () = shutdown.cancelled() => break,
                taken = inbox.recv_many(&mut batch, BATCH) => if taken == 0 { break },
                Some(info_hash) = lost.recv() => {
                    let now = self.clock.now();
                    self.catalogue.handle(now, Input::Unstored { info_hash }, &mut self.out);
                }
                () = changed(&mut sights) => {}
                () = sleep_until(timeout) => {}
            }
            // Before what was sent since: it may rely on it.
            self.hear_sights();
            let begun = Instant::now();
            self.metrics.catalogue.inputs.increment(batch.len() as u64);
            for work in batch.drain(..) {
                self.handle(work);
            }
            self.catalogue.handle_timeout(self.clock.now(), &mut self.out);
            self.perform().await;
            self.metrics.catalogue.batch_seconds.record(begun.elapsed());
        }
        self.sessions.close_all();
    }

    /// Takes up what members have to say of who sees what.
    fn hear_sights(&mut self) {
        let Some(members) = &self.members else { return };
        if let Some(input) = members.sights.take(|session| self.sessions.has(session)) {
            self.catalogue.handle(self.clock.now(), input, &mut self.out);
        }
    }

    fn handle(&mut self, work: Work) {
        let now = self.clock.now();
        match work {
            Work::Open { session, hello, endpoints, key, viewer, queue } => {
                self.sessions.add(session, queue);
                let connected = Input::Connected { session, hello, endpoints, key, viewer };
                self.catalogue.handle(now, connected, &mut self.out);
                self.hear_sights();
            }
            Work::Input(input) => {
                if let Input::Disconnected { session } = input {
                    self.sessions.remove(session);
                    // The node that it comes to takes it over, and says so; or it is silent, and its lease ends.
                    if self.away.remove(&session) {
                        return;
                    }
                }
                self.catalogue.handle(now, input, &mut self.out);
            }
            Work::Announce { announce, endpoints, viewer, answer } => {
                let Self { catalogue, out, .. } = self;
                let answered = catalogue.handle_announce(now, &announce, endpoints, &viewer, out);
                match &answered {
                    Ok(_) => self.metrics.announces.answered.increment(1),
                    Err(_) => self.metrics.announces.refused.increment(1),
                }
                // Whoever asked may have left; so with every answer here.
                let _ = answer.send(answered);
            }
            Work::Scrape { hashes, viewer, answer } => {
                self.metrics.announces.scrapes.increment(1);
                let _ = answer.send(self.catalogue.scrape(now, &hashes, &viewer, &mut self.out));
            }
            Work::SendAway { most, answer } => {
                for session in self.sessions.some(most) {
                    self.away.insert(session);
                    self.sessions.close(session, Some(Refusal::ShuttingDown));
                }
                let _ = answer.send(self.sessions.len());
            }
            Work::Reply { session, message } => self.out.push(Output::Send { session, message }),
            Work::Linked(linked) => {
                let Self { catalogue, ways, out, .. } = self;
                if let Some(ways) = ways {
                    ways.handle(now, linked, catalogue, out);
                }
            }
            Work::Ask(question) => {
                let Self { catalogue, clock, out, .. } = self;
                question(&mut Asked { catalogue, clock: *clock, out });
            }
        }
    }

    /// Does what the catalogue wants done. A peer that is given up meanwhile is an input of its own.
    async fn perform(&mut self) {
        loop {
            let mut given_up = Vec::new();
            for output in std::mem::take(&mut self.out) {
                let (session, outgoing) = match output {
                    Output::Store(change) => {
                        if let Some(members) = &self.members {
                            members.item_changed(&change).await;
                        }
                        self.store.keep(change).await;
                        continue;
                    }
                    Output::Heard(change) => {
                        if let Some(members) = &self.members {
                            members.item_changed(&change).await;
                        }
                        continue;
                    }
                    Output::Close { session, reason } => {
                        self.sessions.close(session, reason);
                        continue;
                    }
                    Output::Probe(probe) => {
                        // Of what there is no room for, nothing is known.
                        let _ = self.probes.try_send(probe);
                        continue;
                    }
                    Output::Tell { to, news } => {
                        if let Some(ways) = &mut self.ways {
                            ways.tell(to, news);
                        }
                        continue;
                    }
                    Output::Ping { session } => (session, Outgoing::Ping),
                    Output::Send { session, message } => (session, Outgoing::Message(Box::new(message))),
                    Output::SendMetainfo { session, request, info_hash } => {
                        (session, Outgoing::Metainfo { request, info_hash })
                    }
                };
                if !self.sessions.send(session, outgoing) {
                    given_up.push(session);
                }
            }
            for session in given_up {
                tracing::warn!(session = session.0, "a peer does not read what it is sent: disconnected");
                self.catalogue.handle(self.clock.now(), Input::Disconnected { session }, &mut self.out);
            }
            for link in self.ways.as_mut().map(Ways::flush).unwrap_or_default() {
                let lost = Input::Link { link, event: LinkEvent::Lost };
                self.catalogue.handle(self.clock.now(), lost, &mut self.out);
            }
            if self.out.is_empty() {
                return;
            }
        }
    }
}

async fn sleep_until(instant: Option<tokio::time::Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Returns when members have something to say, or never.
async fn changed(sights: &mut Option<watch::Receiver<Untold>>) {
    let is_told = match sights {
        Some(sights) => sights.changed().await.is_ok(),
        None => false,
    };
    if !is_told {
        std::future::pending().await
    }
}
