//! Several worlds whose catalogues are the nodes of one pool, with links that deliver at once.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_catalogue::{Input, LinkEvent, LinkId, Output, Policy, Pool, SnapshotCursor};
use peerpool_wire::{
    announce::{Announce, AnnounceAnswer},
    link::News,
};

use super::World;

pub(crate) struct Nodes {
    worlds: BTreeMap<usize, World>,
    /// Pairs whose link is up, both ways.
    links: BTreeSet<(usize, usize)>,
    /// Pieces of news that crossed a link.
    pub(crate) told: usize,
    /// News that do not arrive.
    pub(crate) late: fn(&News) -> bool,
}

impl Nodes {
    /// So many, each linked to each.
    pub(crate) fn new(count: usize) -> Self {
        let mut nodes = Self { worlds: BTreeMap::new(), links: BTreeSet::new(), told: 0, late: |_| false };
        (0..count).for_each(|_| nodes.add());
        for a in 0..count {
            (0..a).for_each(|b| nodes.connect(a, b));
        }
        nodes
    }

    /// One more, without links.
    pub(crate) fn add(&mut self) {
        self.add_with(Policy::default());
    }

    pub(crate) fn add_with(&mut self, policy: Policy) {
        let policy = Policy { pool: Some(Pool::new([3; 16])), ..policy };
        self.worlds.insert(self.worlds.len(), World::with(policy));
    }

    pub(crate) fn at(&self, node: usize) -> &World {
        &self.worlds[&node]
    }

    pub(crate) fn at_mut(&mut self, node: usize) -> &mut World {
        self.worlds.get_mut(&node).unwrap()
    }

    /// Makes a link both ways, and lets both snapshots through.
    pub(crate) fn connect(&mut self, a: usize, b: usize) {
        for (from, to) in [(a, b), (b, a)] {
            self.links.insert((from, to));
            self.event(to, from, LinkEvent::Up { address: [10, 255, 0, from as u8].into() });
        }
        for (from, to) in [(a, b), (b, a)] {
            let mut cursor = Some(SnapshotCursor::default());
            while let Some(at) = cursor {
                let (news, next) = self.at(from).catalogue.snapshot(at, 2);
                self.event(to, from, LinkEvent::News(news));
                cursor = next;
            }
            self.event(to, from, LinkEvent::Complete);
        }
        self.settle();
    }

    pub(crate) fn cut(&mut self, a: usize, b: usize) {
        for (from, to) in [(a, b), (b, a)] {
            if self.links.remove(&(from, to)) {
                self.event(to, from, LinkEvent::Lost);
            }
        }
        self.settle();
    }

    /// The node's process ends.
    pub(crate) fn kill(&mut self, node: usize) {
        self.worlds.remove(&node);
        let others: Vec<usize> = self.worlds.keys().copied().collect();
        for other in others {
            self.cut(node, other);
        }
    }

    /// Delivers what nodes tell each other, until nobody has anything to say.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut told: Vec<(usize, Option<LinkId>, News)> = Vec::new();
            for (&from, world) in &mut self.worlds {
                world.out.retain(|output| match output {
                    Output::Tell { to, news } => {
                        if !(self.late)(news) {
                            told.push((from, *to, news.clone()));
                        }
                        false
                    }
                    _ => true,
                });
            }
            if told.is_empty() {
                return;
            }
            for (from, addressed, news) in told {
                let links = self.links.iter().filter(|&&(sender, _)| sender == from).map(|&(_, to)| to);
                let ears = links.filter(|&to| addressed.is_none_or(|link| link == LinkId(to as u32)));
                for to in ears.collect::<Vec<_>>() {
                    self.told += 1;
                    self.event(to, from, LinkEvent::News(vec![news.clone()]));
                }
            }
        }
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.worlds.values_mut().for_each(|world| world.pass(1));
            self.settle();
        }
    }

    pub(crate) fn announce(&mut self, node: usize, announce: &Announce, from: &str) -> AnnounceAnswer {
        let answer = self.at_mut(node).announce(announce, from);
        self.settle();
        answer
    }

    fn event(&mut self, at: usize, from: usize, event: LinkEvent) {
        if let Some(world) = self.worlds.get_mut(&at) {
            world.handle(Input::Link { link: LinkId(from as u32), event });
        }
    }
}
