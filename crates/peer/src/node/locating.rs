//! What the tracker says, and what it is asked for downloads.

use std::{net::SocketAddr, time::Instant};

use peerpool_api as api;
use peerpool_swarm::HeardFrom;
use peerpool_wire::{
    channel::{Holder, ToTracker},
    id::InfoHash,
};

use super::{Node, Origin, downloads::Download, swarm_events::span};
use crate::{
    addresses::Place,
    channel::{Event, State},
    swarm_task::Order,
};

impl Node {
    pub(super) fn handle_channel(&mut self, event: Event) {
        match event {
            Event::State(state) => {
                if let State::Connected { kept, .. } = state {
                    self.forget_problems(|origin| matches!(origin, Origin::Tracker(_)));
                    self.forget_reachability();
                    if let Some(guarding) = &mut self.guarding {
                        guarding.stock.doubt(Instant::now());
                    }
                    match kept {
                        true => self.mark_unfinished(),
                        false => self.mark_everything(),
                    }
                    self.flush_registrations();
                    self.locate_all();
                    self.tell_transfers();
                }
                let tracker = self.view_tracker();
                self.emit(api::Event::Tracker { tracker });
            }
            Event::AskState { ask, deadline } => self.look_and_report(ask, deadline),
            Event::ItemRefused { item, reason } => {
                let problem = api::Problem {
                    code: api::ProblemCode::NotListed,
                    path: Some(self.name_of(&item)),
                    message: format!("the tracker does not list it: {reason}"),
                };
                // One for each item, however often it is told.
                self.forget_problems(|origin| *origin == Origin::Tracker(item));
                self.report_problem(Origin::Tracker(item), problem);
            }
            Event::NewHolders { item, holders } => self.add_holders(item, &holders),
            Event::ConnectOut { item, peers, key } => self.connect_out(item, peers, key),
            Event::Reachability { reachable, unreachable } => {
                self.note_reachability(&reachable, &unreachable);
            }
            Event::Keyset(statement) => self.follow_keyset(&statement),
            Event::Pass(statement) => self.take_pass(statement),
            Event::Access(access) => self.take_access(access),
            Event::Verify { item, piece } => self.verify_piece(item, piece),
            Event::SharesWanted { answer } => {
                let _ = answer.send(self.digest_shares());
            }
            Event::MetainfoWanted { items, answer } => {
                let _ = answer.send(items.iter().map(|item| self.metainfo(item)).collect());
            }
        }
    }

    /// Asks who has what is being downloaded.
    fn locate_all(&self) {
        let running = self.downloads.items(Download::is_running);
        for item in running.into_iter().chain(self.metadata.items()) {
            self.locate(item);
        }
    }

    /// Asks who has an item, and to be told who comes later.
    pub(super) fn locate(&self, info_hash: InfoHash) {
        let _entered = span(&info_hash).entered();
        let channel = self.pool.channel.clone();
        let asking = async move { channel.follow(info_hash).await };
        self.spawn_then(asking, move |node, answer| match answer {
            Ok(holders) => {
                if let Some(download) = node.downloads.get_mut(&info_hash) {
                    download.note_holders(&holders);
                }
                node.metadata.note_holders(&info_hash, holders.len());
                node.add_holders(info_hash, &holders);
            }
            Err(error) => {
                tracing::debug!(%error, "the tracker was not asked for holders");
                if let Some(download) = node.downloads.get_mut(&info_hash) {
                    download.forget_holder_count();
                }
            }
        });
    }

    /// Does not want to be told of holders any more.
    pub(super) fn unfollow(&self, info_hash: InfoHash) {
        self.pool.channel.try_tell(ToTracker::Unfollow { info_hash });
    }

    /// Lets a swarm know who has its item.
    pub(super) fn add_holders(&mut self, item: InfoHash, holders: &[Holder]) {
        for holder in holders {
            self.pool.names.remember(holder);
        }
        let places: Vec<Place> = holders.iter().map(Place::from).collect();
        self.metadata.add_candidates(&item, places.iter().cloned());
        self.swarms.order(&item, Order::Addresses(places));
        // Who has a name is connected to the tracker; anybody can announce any number of others.
        let (connected, announced): (Vec<&Holder>, Vec<&Holder>) =
            holders.iter().partition(|holder| holder.name.is_some());
        for (holders, heard_from) in [(connected, HeardFrom::Session), (announced, HeardFrom::Announce)] {
            let best = holders.iter().filter_map(|holder| holder.addresses.first().copied());
            let addrs: Vec<SocketAddr> = best.collect();
            if !addrs.is_empty() {
                self.swarms.order(&item, Order::Candidates(addrs, heard_from));
            }
        }
    }

    /// Lets a swarm, or whoever asks for the item's metadata, know where peers are.
    pub(crate) fn add_addresses(&mut self, item: InfoHash, addrs: Vec<SocketAddr>, heard_from: HeardFrom) {
        if !addrs.is_empty() {
            self.metadata.add_candidates(&item, addrs.iter().map(|addr| Place::from(*addr)));
            self.swarms.order(&item, Order::Candidates(addrs, heard_from));
        }
    }
}
