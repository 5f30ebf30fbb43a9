//! Stock clients, which announce themselves to whichever node answers.

use std::{net::IpAddr, time::Duration};

use peerpool_catalogue::{Endpoints, Viewer};
use peerpool_wire::{
    announce::{Announce, Event as Announced},
    id::PeerId,
    time::Time,
};
use rand::RngExt;

use super::{
    node::{ITEMS, facts},
    world::{Event, World},
};

#[derive(Debug)]
pub(super) struct Client {
    pub(super) number: u8,
    /// How often it has been started; each time with another peer id and key.
    start: u8,
    pub(super) is_running: bool,
    node: usize,
    pub(super) item: u8,
    v2: bool,
    pub(super) is_done: bool,
    pub(super) announced: Time,
}

impl Client {
    pub(super) fn new(number: u8) -> Self {
        Self {
            number,
            start: 0,
            is_running: false,
            node: number as usize,
            item: 0,
            v2: false,
            is_done: false,
            announced: Time::ZERO,
        }
    }

    pub(super) fn id(&self) -> PeerId {
        let mut id = [b'c'; 20];
        (id[1], id[2]) = (self.number, self.start);
        PeerId(id)
    }

    fn announce(&self, event: Announced) -> Option<Announce> {
        let names = facts(self.item).info_hash;
        Some(Announce {
            info_hash: if self.v2 { names.v2_wire() } else { names.v1_wire() }?,
            peer_id: self.id(),
            port: 7000 + u16::from(self.number),
            left: Some(u64::from(!self.is_done)),
            event,
            numwant: None,
            key: Some(u64::from(self.start)),
            compact: true,
            no_peer_id: true,
        })
    }
}

impl World {
    /// A client's next step.
    pub(super) fn client(&mut self, at: usize) {
        let time = if self.clients[at].is_running { 29_000 } else { 10_000 };
        let time = time + self.rng.random_range(0..2000);
        self.plan(Duration::from_millis(time), Event::Client(at));
        if !self.clients[at].is_running {
            if !self.is_calm {
                let (item, v2, is_done) =
                    (self.rng.random_range(0..ITEMS), self.rng.random(), self.rng.random_bool(0.3));
                let client = &mut self.clients[at];
                client.start += 1;
                (client.is_running, client.item, client.v2, client.is_done) = (true, item, v2, is_done);
                self.announce(at, Announced::Started);
            }
            return;
        }
        if self.is_calm {
            return self.announce(at, Announced::Regular);
        }
        if self.rng.random_bool(0.2) {
            self.clients[at].node = self.rng.random_range(0..self.nodes.len());
        }
        match self.rng.random_range(0..10) {
            0 => {
                self.announce(at, Announced::Stopped);
                self.gone(at);
            }
            1 => self.gone(at),
            2 | 3 => {
                self.clients[at].is_done = true;
                self.announce(at, Announced::Completed);
            }
            _ => self.announce(at, Announced::Regular),
        }
    }

    fn gone(&mut self, at: usize) {
        let client = &mut self.clients[at];
        client.is_running = false;
        let (id, item) = (client.id(), client.item);
        self.end_holder(id, item);
    }

    /// It announces itself to the first node that answers, from the one that answered last on.
    fn announce(&mut self, at: usize, event: Announced) {
        let count = self.nodes.len();
        let first = self.clients[at].node;
        let well = (first..first + count).map(|node| node % count).find(|&node| self.nodes[node].is_well());
        let Some(node) = well else { return };
        // Of a hybrid, clients announce both names.
        let other_name = !self.is_calm && self.rng.random_bool(0.3);
        let client = &mut self.clients[at];
        client.v2 ^= other_name;
        client.node = node;
        client.announced = self.now;
        let Some(announce) = client.announce(event) else { return };
        let remote: IpAddr = [10, 2, client.number, 1].into();
        let endpoints = Endpoints { remote, local: [10, 200, 0, node as u8].into() };
        let place = &mut self.nodes[node];
        let clock = place.clock(self.now);
        let Some(catalogue) = &mut place.catalogue else { return };
        if catalogue.handle_announce(clock, &announce, endpoints, &Viewer::All, &mut place.out).is_err() {
            self.broken("served", format!("node {node} refused client {at}"));
        }
        self.perform(node);
    }
}
