//! What goes wrong, and how it is made good.

use std::time::Duration;

use peerpool_wire::time::Time;
use rand::RngExt;

use super::{
    links::SILENCE,
    world::{Event, World},
};

impl World {
    /// Something goes wrong; the next follows in a while.
    pub(super) fn fault(&mut self) {
        if self.is_calm {
            return;
        }
        let pause = self.rng.random_range(500..15_000);
        self.plan(Duration::from_millis(pause), Event::Fault);
        self.outcome.faults += 1;
        let node = self.rng.random_range(0..self.nodes.len());
        let wire = self.rng.random_range(0..self.wires.len());
        let is_silent = self.rng.random_bool(0.5);
        match self.rng.random_range(0..9) {
            0 | 1 => self.kill(node, is_silent),
            2 => self.hang(node),
            3 => self.sever(wire, is_silent),
            4 => self.sever(wire, false),
            5 => self.cut(wire),
            6 => {
                let of_node = |&at: &usize| self.wires[at].side(node).is_some();
                let all: Vec<usize> = (0..self.wires.len()).filter(of_node).collect();
                all.into_iter().for_each(|at| self.cut(at));
            }
            7 => {
                let delay = Duration::from_millis(self.rng.random_range(1..1500));
                self.wires[wire].delay = delay;
            }
            _ if !self.database.is_down => {
                self.database.is_down = true;
                let time = self.rng.random_range(1000..30_000);
                self.plan(Duration::from_millis(time), Event::DatabaseUp);
            }
            _ => {}
        }
    }

    /// Makes everything good. What was going to be made good later is nobody's matter any more.
    pub(super) fn calm_down(&mut self) {
        self.is_calm = true;
        self.database_up();
        for at in 0..self.wires.len() {
            self.wires[at].is_cut = false;
            self.wires[at].delay = self.wires[at].delay.min(Duration::from_millis(300));
        }
        for node in 0..self.nodes.len() {
            self.resume(node);
            self.start(node);
        }
    }

    fn cut(&mut self, at: usize) {
        self.wires[at].is_cut = true;
        self.sever(at, true);
        let time = self.rng.random_range(500..60_000);
        self.plan(Duration::from_millis(time), Event::Heal(at));
    }

    /// A process ends; silently, when its machine does, too.
    fn kill(&mut self, node: usize, is_silent: bool) {
        if self.nodes[node].catalogue.take().is_none() {
            return;
        }
        self.nodes[node].members = None;
        self.nodes[node].hung = None;
        self.nodes[node].unstored.clear();
        self.nodes[node].out.clear();
        self.leave_node(node, if is_silent { SILENCE } else { Duration::from_millis(50) });
        for at in 0..self.wires.len() {
            if self.wires[at].side(node).is_some() {
                self.sever(at, is_silent);
            }
        }
        let time = self.rng.random_range(500..40_000);
        self.plan(Duration::from_millis(time), Event::Start(node));
    }

    /// A process begins, when the database lets it.
    pub(super) fn start(&mut self, node: usize) {
        if self.nodes[node].catalogue.is_some() {
            return;
        }
        if self.database.is_down {
            return self.plan(Duration::from_secs(1), Event::Start(node));
        }
        let (process, seed) = (self.next_process(), self.rng.random());
        self.nodes[node].start(self.now, process, seed, &self.database);
        self.see(node);
    }

    /// A process stands still for a while.
    fn hang(&mut self, node: usize) {
        if !self.nodes[node].is_well() {
            return;
        }
        self.nodes[node].hung = Some(self.now);
        let time = Duration::from_millis(self.rng.random_range(100..30_000));
        self.plan(SILENCE, Event::Given { node, since: self.now });
        self.plan(time, Event::Resume(node));
    }

    /// Nobody waits for a node any longer that has stood still.
    pub(super) fn give_up(&mut self, node: usize, since: Time) {
        if self.nodes[node].hung != Some(since) {
            return;
        }
        self.leave_node(node, Duration::ZERO);
        for at in 0..self.wires.len() {
            if self.wires[at].side(node).is_some() {
                self.sever(at, false);
            }
        }
    }

    pub(super) fn resume(&mut self, node: usize) {
        if self.nodes[node].hung.take().is_none() {
            return;
        }
        self.nodes[node].resumed = self.now;
        for input in std::mem::take(&mut self.nodes[node].held) {
            self.input(node, input);
        }
    }

    pub(super) fn database_up(&mut self) {
        if std::mem::take(&mut self.database.is_down) {
            self.database.members.up = self.now;
        }
        for node in &mut self.nodes {
            let unstored = std::mem::take(&mut node.unstored);
            unstored.into_iter().for_each(|change| self.database.take(change));
        }
    }
}
