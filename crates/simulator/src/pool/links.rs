//! Links: one connection between each two nodes, which carries news both ways in order.

use std::{collections::VecDeque, time::Duration};

use peerpool_catalogue::{Input, LinkEvent, LinkId, SnapshotCursor};
use peerpool_wire::{link::News, time::Time};
use rand::RngExt;

use super::world::{Event, World};

/// Silence after which a link counts as lost.
pub(super) const SILENCE: Duration = Duration::from_secs(3);
/// News in one part of a snapshot: few, so that much happens between two parts.
const PART: usize = 3;

/// The way between two nodes.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) nodes: [usize; 2],
    /// Nothing gets through.
    pub(super) is_cut: bool,
    /// How long a message takes.
    pub(super) delay: Duration,
    /// Numbers the connections.
    pub(super) number: u32,
    pub(super) connection: Option<Connection>,
}

#[derive(Debug)]
pub(super) struct Connection {
    /// What is sent is lost.
    pub(super) is_dead: bool,
    pub(super) ends: [End; 2],
}

/// One end of a connection.
#[derive(Debug)]
pub(super) struct End {
    /// Its process.
    pub(super) process: LinkId,
    /// Whether its node knows of the connection.
    pub(super) is_open: bool,
    /// On the way to it.
    incoming: VecDeque<(Time, Message)>,
    /// What is left of its own snapshot.
    cursor: Option<SnapshotCursor>,
    /// Since when it has the other end's snapshot.
    pub(super) complete: Option<Time>,
}

#[derive(Debug)]
enum Message {
    News(News),
    Complete,
    /// Members were changed.
    Members,
}

impl Wire {
    pub(super) fn new(nodes: [usize; 2], delay: Duration) -> Self {
        Self { nodes, is_cut: false, delay, number: 0, connection: None }
    }

    /// Which end of it a node is.
    pub(super) fn side(&self, node: usize) -> Option<usize> {
        self.nodes.iter().position(|&of| of == node)
    }
}

impl World {
    /// One node dials the other, unless there is a connection, which it tries again later.
    pub(super) fn dial(&mut self, at: usize) {
        let wire = &mut self.wires[at];
        let [a, b] = wire.nodes;
        let can =
            !wire.is_cut && wire.connection.is_none() && self.nodes[a].is_well() && self.nodes[b].is_well();
        if !can {
            if wire.connection.is_none() {
                let pause = self.rng.random_range(200..1000);
                self.plan(Duration::from_millis(pause), Event::Dial(at));
            }
            return;
        }
        let end = |process| End {
            process,
            is_open: true,
            incoming: VecDeque::new(),
            cursor: Some(SnapshotCursor::default()),
            complete: None,
        };
        wire.number += 1;
        let ends = [end(self.nodes[a].process), end(self.nodes[b].process)];
        wire.connection = Some(Connection { is_dead: false, ends });
        let number = wire.number;
        for side in [0, 1] {
            let address = [10, 200, 0, self.wires[at].nodes[1 - side] as u8].into();
            self.tell_node(at, side, LinkEvent::Up { address });
            self.plan(Duration::from_millis(1), Event::Pump { at, number, side });
            self.send(at, side, Message::Members);
        }
    }

    /// Sends the next part of a node's snapshot.
    pub(super) fn pump(&mut self, at: usize, number: u32, side: usize) {
        let wire = &mut self.wires[at];
        let Some(connection) = wire.connection.as_mut().filter(|_| wire.number == number) else { return };
        let Some(cursor) = connection.ends[side].cursor.filter(|_| connection.ends[side].is_open) else {
            return;
        };
        let node = &self.nodes[wire.nodes[side]];
        let Some(catalogue) = node.catalogue.as_ref().filter(|_| node.hung.is_none()) else {
            return self.plan(Duration::from_millis(100), Event::Pump { at, number, side });
        };
        let (news, next) = catalogue.snapshot(cursor, PART);
        connection.ends[side].cursor = next;
        let mut messages: Vec<Message> = news.into_iter().map(Message::News).collect();
        match next {
            Some(_) => self.plan(Duration::from_millis(5), Event::Pump { at, number, side }),
            None => messages.push(Message::Complete),
        }
        messages.into_iter().for_each(|message| self.send(at, side, message));
    }

    /// A node tells others.
    pub(super) fn tell(&mut self, node: usize, to: Option<LinkId>, news: &News) {
        for at in 0..self.wires.len() {
            let wire = &self.wires[at];
            let (Some(side), Some(connection)) = (wire.side(node), &wire.connection) else { continue };
            let wanted = to.is_none_or(|to| connection.ends[1 - side].process == to);
            if connection.ends[side].is_open && wanted {
                self.send(at, side, Message::News(news.clone()));
            }
        }
    }

    /// A node tells all others that it has changed members.
    pub(super) fn tell_members(&mut self, node: usize) {
        for at in 0..self.wires.len() {
            let wire = &self.wires[at];
            let (Some(side), Some(connection)) = (wire.side(node), &wire.connection) else { continue };
            if connection.ends[side].is_open {
                self.send(at, side, Message::Members);
            }
        }
    }

    fn send(&mut self, at: usize, from: usize, message: Message) {
        let jitter = Duration::from_millis(self.rng.random_range(0..20));
        let wire = &mut self.wires[at];
        let (number, time) = (wire.number, self.now + wire.delay + jitter);
        let Some(connection) = wire.connection.as_mut().filter(|connection| !connection.is_dead) else {
            return;
        };
        let incoming = &mut connection.ends[1 - from].incoming;
        // In order, whatever the delay was before.
        let time = incoming.back().map_or(time, |&(last, _)| last.max(time));
        incoming.push_back((time, message));
        self.plan(time.since(self.now), Event::Deliver { at, number, side: 1 - from });
    }

    /// What has arrived at one end.
    pub(super) fn deliver(&mut self, at: usize, number: u32, side: usize) {
        let now = self.now;
        let wire = &mut self.wires[at];
        let Some(connection) = wire.connection.as_mut().filter(|_| wire.number == number) else { return };
        if connection.is_dead || !connection.ends[side].is_open {
            return;
        }
        let end = &mut connection.ends[side];
        let mut news = Vec::new();
        let (mut is_complete, mut has_heard) = (false, false);
        while let Some((_, message)) = end.incoming.pop_front_if(|(time, _)| *time <= now) {
            match message {
                Message::News(told) => news.push(told),
                Message::Members => has_heard = true,
                Message::Complete => {
                    is_complete = true;
                    end.complete = Some(now);
                    break;
                }
            }
        }
        let of = self.wires[at].nodes[side];
        let clock = self.nodes[of].clock(now);
        if let Some(known) = self.nodes[of].members.as_mut().filter(|_| has_heard) {
            known.hear(clock);
            self.see(of);
        }
        for told in &news {
            self.outcome.news += 1;
            self.digest(told);
        }
        if !news.is_empty() {
            self.tell_node(at, side, LinkEvent::News(news));
        }
        if is_complete {
            self.tell_node(at, side, LinkEvent::Complete);
            self.deliver(at, number, side);
        }
    }

    /// A connection carries nothing any more. Each end learns it at once, or by the silence.
    pub(super) fn sever(&mut self, at: usize, is_silent: bool) {
        let wire = &mut self.wires[at];
        let number = wire.number;
        let Some(connection) = wire.connection.as_mut().filter(|connection| !connection.is_dead) else {
            return;
        };
        connection.is_dead = true;
        for side in [0, 1] {
            let time = if is_silent { SILENCE } else { Duration::ZERO };
            let more = Duration::from_millis(self.rng.random_range(1..100));
            self.plan(time + more, Event::Lost { at, number, side });
        }
    }

    /// One end learns that its connection is gone.
    pub(super) fn lost(&mut self, at: usize, number: u32, side: usize) {
        let wire = &mut self.wires[at];
        let Some(connection) = wire.connection.as_mut().filter(|_| wire.number == number) else { return };
        if std::mem::replace(&mut connection.ends[side].is_open, false) {
            self.tell_node(at, side, LinkEvent::Lost);
        }
        let ends = self.wires[at].connection.as_ref().map(|connection| &connection.ends);
        if ends.is_some_and(|ends| ends.iter().all(|end| !end.is_open)) {
            self.wires[at].connection = None;
            let pause = self.rng.random_range(50..1000);
            self.plan(Duration::from_millis(pause), Event::Dial(at));
        }
    }

    /// Something happens at one end.
    fn tell_node(&mut self, at: usize, side: usize, event: LinkEvent) {
        let wire = &self.wires[at];
        let node = wire.nodes[side];
        if let Some(connection) = &wire.connection {
            let link = connection.ends[1 - side].process;
            if connection.ends[side].process == self.nodes[node].process {
                self.input(node, Input::Link { link, event });
            }
        }
    }

    /// Since when a node has had all that another one says; `None` while it has not.
    pub(super) fn hears(&self, node: usize, other: usize) -> Option<Time> {
        let wire = self.wires.iter().find(|wire| wire.side(node).is_some() && wire.side(other).is_some())?;
        let connection = wire.connection.as_ref().filter(|connection| !connection.is_dead)?;
        connection.ends[wire.side(node)?].complete
    }

    /// The number of the connection between two nodes, while it carries something.
    pub(super) fn connection(&self, node: usize, other: usize) -> Option<u32> {
        let wire = self.wires.iter().find(|wire| wire.side(node).is_some() && wire.side(other).is_some())?;
        wire.connection.as_ref().filter(|connection| !connection.is_dead).map(|_| wire.number)
    }
}
