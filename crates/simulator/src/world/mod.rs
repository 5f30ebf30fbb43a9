//! The virtual world: it lets time pass.

mod cast;
mod crew;
mod line;
mod partition;
mod progress;
mod report;
mod rules;
mod text;
mod view;

pub use cast::CastError;
pub use report::{Curve, Report, Times};
pub use text::TABLE_HEAD;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use line::Line;
use partition::Partition;
use peerpool_wire::time::Time;
use progress::Progress;
use rules::Rules;

use crate::{
    mail::{Body, Mail, PeerNo},
    peer::{Surroundings, VirtualPeer},
    scenario::{Leaves, Scenario},
    trace::Trace,
    tracker::Tracker,
};

/// Nothing can be simulated in shorter steps.
const SHORTEST_WINDOW: Duration = Duration::from_micros(100);

/// So long after the last progress of anybody the run is given up.
const GIVE_UP: Duration = Duration::from_secs(120);

/// A world that runs one scenario.
pub struct World {
    scenario: Scenario,
    around: Arc<Surroundings>,
    peers: Vec<VirtualPeer>,
    /// When each peer has something to do.
    next: Vec<Option<Time>>,
    window: Duration,
    threads: usize,
    now: Time,
    tracker: Tracker,
    between: Between,
    planned: Planned,
    progress: Progress,
    curve: Curve,
    rules: Rules,
}

/// What lies between some peers and all others.
struct Between {
    /// The line that they share.
    line: Option<Line>,
    partition: Option<Partition>,
}

/// Who comes and goes when.
#[derive(Default)]
struct Planned {
    arrivals: BTreeSet<(Time, PeerNo)>,
    departures: BTreeSet<(Time, PeerNo)>,
}

impl World {
    /// A world at its beginning. The same scenario and seed make the same world.
    pub fn new(scenario: Scenario, seed: u64, words: bool) -> Result<Self, CastError> {
        cast::build(scenario, seed, words)
    }

    /// Runs until every honest peer has everything, or nobody gets on any more; on so many threads, which
    /// change nothing but how long it takes.
    pub fn run(&mut self, threads: usize) -> Report {
        self.threads = threads.max(1);
        while self.progress.waiting > 0 && self.now.since(self.progress.last) < GIVE_UP {
            let Some(start) = self.next_event() else { break };
            self.step(start);
        }
        self.look(true);
        Report::of(self)
    }

    fn next_event(&self) -> Option<Time> {
        let planned = [&self.planned.arrivals, &self.planned.departures];
        let planned = planned.into_iter().filter_map(|set| set.first()).map(|(time, _)| *time);
        self.next.iter().flatten().copied().chain(planned).min()
    }

    /// Lets one window pass, from `start`.
    fn step(&mut self, start: Time) {
        let end = start + self.window;
        self.now = start;
        self.let_arrive(start, end);
        self.let_leave(start, end);
        crew::run(&mut self.peers, &self.next, end, self.threads);
        for nth in 0..self.peers.len() {
            if self.next[nth].is_some_and(|next| next < end) {
                self.pass_on(nth);
                self.count_pieces(nth, end);
                self.count_finished(nth, end);
                self.answer_question(nth, start);
            }
        }
        let crossed = self.between.line.as_mut().map(Line::carry).unwrap_or_default();
        for (to, mail) in crossed {
            self.put(to, mail);
        }
        self.curve.sample(end, &self.peers);
        if self.rules.are_due(start) {
            self.look(false);
        }
    }

    fn let_arrive(&mut self, start: Time, end: Time) {
        while let Some((time, peer)) = self.planned.arrivals.pop_first() {
            if time >= end {
                self.planned.arrivals.insert((time, peer));
                break;
            }
            self.progress.last = self.progress.last.max(start);
            let now = time.max(start);
            let told = self.tracker.arrive(now, peer, self.left(peer));
            self.peers[peer.as_usize()].arrive(now);
            self.answer_of_tracker(now, peer, told);
        }
    }

    fn let_leave(&mut self, start: Time, end: Time) {
        while let Some((time, peer)) = self.planned.departures.pop_first() {
            if time >= end {
                self.planned.departures.insert((time, peer));
                break;
            }
            self.tracker.leave(start, peer);
            let silently = self.scenario.seed.silently && self.is_seed(peer);
            self.peers[peer.as_usize()].leave(start, silently);
            self.pass_on(peer.as_usize());
        }
    }

    /// Bytes that a peer says it still needs.
    fn left(&self, peer: PeerNo) -> u64 {
        let stats = self.peers[peer.as_usize()].swarm().stats();
        stats.bytes_wanted.saturating_sub(stats.bytes_done)
    }

    fn answer_of_tracker(&mut self, now: Time, to: PeerNo, told: Vec<PeerNo>) {
        let mail = Mail {
            at: now + crate::scenario::millis(self.scenario.network.tracker).max(self.window),
            from: to,
            seq: self.tracker.count_answer(),
            body: Body::Candidates(told),
        };
        self.put(to, mail);
    }

    fn put(&mut self, to: PeerNo, mail: Mail) {
        if mail.at < self.now + self.window {
            let early = format!("{:?} to {to:?} arrives before the window is over: {:?}", mail.from, mail);
            self.rules.note_broken("causality", early);
        }
        let next = &mut self.next[to.as_usize()];
        *next = Some(next.map_or(mail.at, |next| next.min(mail.at)));
        self.peers[to.as_usize()].deliver(mail);
    }

    /// Gives what a peer has sent to the receivers.
    fn pass_on(&mut self, nth: usize) {
        let mut sent = self.peers[nth].take_sent();
        for (to, mut mail) in sent.drain(..) {
            if let Some(partition) = &self.between.partition {
                partition.hold(to, &mut mail);
            }
            let mail = match &mut self.between.line {
                Some(line) => line.take(to, mail),
                None => Some(mail),
            };
            if let Some(mail) = mail {
                self.put(to, mail);
            }
        }
        self.peers[nth].give_back(sent);
        self.next[nth] = self.peers[nth].next_event();
    }

    fn is_seed(&self, peer: PeerNo) -> bool {
        peer.0 < self.scenario.seed.count
    }

    /// Takes account of what a peer has completed.
    fn count_pieces(&mut self, nth: usize, end: Time) {
        let no = self.peers[nth].no();
        if self.is_seed(no) {
            return;
        }
        let out = self.progress.add(end, self.peers[nth].drain_fresh());
        if out && self.scenario.seed.leaves == Some(Leaves::OneCopyOut) {
            self.planned.departures.insert((end, PeerNo(0)));
        }
    }

    /// Takes account of a peer that has everything, once.
    fn count_finished(&mut self, nth: usize, end: Time) {
        let peer = &self.peers[nth];
        if peer.ledger().completed.is_none() || !self.progress.finish(peer.no()) {
            return;
        }
        if self.is_seed(peer.no()) {
            return;
        }
        self.tracker.complete(end, peer.no());
        self.progress.waiting -= usize::from(peer.spec().behaviour.is_fair());
        if let Some(stays) = self.scenario.leaves_after {
            self.planned.departures.insert((end + Duration::from_secs_f64(stays), peer.no()));
        }
    }

    /// Lets the tracker answer a peer that looks for more neighbours.
    fn answer_question(&mut self, nth: usize, now: Time) {
        if self.peers[nth].take_question() && self.peers[nth].is_online() {
            let no = self.peers[nth].no();
            let told = self.tracker.ask_again(now, no, self.left(no));
            self.answer_of_tracker(now, no, told);
        }
    }

    /// The trace of everything that has happened so far.
    pub fn trace(&self) -> Trace {
        let mut all = if self.around.words { Trace::in_words() } else { Trace::default() };
        for peer in &self.peers {
            all.absorb(peer.no(), peer.trace());
        }
        all
    }

    /// Lets the checkers look.
    fn look(&mut self, over: bool) {
        let view = view::of(&self.peers, self.scenario.seed.count, self.now, over);
        self.rules.check(&view);
    }
}
