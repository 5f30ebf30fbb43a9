//! One download.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use peerpool_api::{Code, Priority};
use peerpool_repository::{PartialItem, Wanted};
use peerpool_wire::{
    bitfield::Bitfield,
    channel::{Have, Holder},
    id::{InfoHash, PeerId},
    metainfo::{Info, Metainfo},
};
use tokio::sync::oneshot;

use super::{
    activity::Activity,
    curve::Curve,
    journal::{Entry, OnRestart},
    selection::Selection,
    stage::{After, Next, Stage},
    succession::Succession,
};
use crate::swarm_task::{Progress, SourceProgress};

/// A download under way or at rest.
#[derive(Debug)]
pub(crate) struct Download {
    /// Counts up; for the order in which downloads were begun.
    pub(super) number: u64,
    /// What it is saved under.
    pub(super) name: String,
    pub(super) metainfo: Arc<Metainfo>,
    pub(super) selection: Selection,
    pub(super) stage: Stage,
    /// Who waits for it to have stopped.
    stopped: Vec<oneshot::Sender<()>>,
    /// There while it runs.
    partial: Option<Arc<PartialItem>>,
    /// Verified pieces, as of the end of the last run.
    have: Bitfield,
    pub(super) holders: Holders,
    pub(super) activity: Activity,
    curve: Curve,
    pub(super) priority: Priority,
    /// When it was begun, or taken up after a restart.
    begun: SystemTime,
    /// What each source gave in runs before this one.
    pub(super) given: BTreeMap<PeerId, SourceProgress>,
    pub(super) succession: Succession,
}

/// Who has an item, as the tracker said last.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// How many they are; `None` when it could not be asked.
    pub(super) count: Option<usize>,
    /// Those that have all of it.
    pub(super) seeds: BTreeSet<PeerId>,
}

/// What moved in the run of a swarm.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    /// Payload bytes that came.
    pub(crate) received: u64,
    /// Payload bytes that were given.
    pub(crate) given: u64,
    /// Whether anybody is connected.
    pub(crate) connected: bool,
}

/// What is to be done after a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Due {
    /// Look for further holders.
    pub(crate) holders: bool,
    /// Look up what the name means by now.
    pub(crate) successor: bool,
}

impl Download {
    pub(super) fn new(
        number: u64,
        entry: Entry,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
        have: Bitfield,
    ) -> Self {
        Self {
            number,
            name: entry.name,
            selection: Selection::new(&metainfo.info, wanted),
            have,
            metainfo,
            stage: Stage::Stopped,
            stopped: Vec::new(),
            partial: None,
            holders: Holders::default(),
            activity: Activity::new(Instant::now()),
            curve: Curve::default(),
            priority: entry.priority,
            begun: SystemTime::now(),
            given: BTreeMap::new(),
            succession: Succession::new(entry.asked),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How it counts beside others.
    pub(crate) fn priority(&self) -> Priority {
        self.priority
    }

    pub(crate) fn set_priority(&mut self, priority: Priority) {
        self.priority = priority;
    }

    /// When it was begun, or taken up after a restart.
    pub(crate) fn begun(&self) -> SystemTime {
        self.begun
    }

    pub(crate) fn info(&self) -> &Info {
        &self.metainfo.info
    }

    pub(crate) fn metainfo(&self) -> &Arc<Metainfo> {
        &self.metainfo
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What it is written to, while it runs.
    pub(crate) fn partial(&self) -> Option<&Arc<PartialItem>> {
        self.partial.as_ref()
    }

    /// Verified pieces, as of the end of the last run.
    pub(crate) fn have(&self) -> &Bitfield {
        &self.have
    }

    /// The item's name in the pool, when it was asked for by that.
    pub(crate) fn asked(&self) -> Option<&String> {
        self.succession.asked.as_ref()
    }

    /// Whether it fetches.
    pub(crate) fn is_fetching(&self) -> bool {
        self.stage == Stage::Running
    }

    /// Whether its swarm runs, or is about to.
    pub(crate) fn is_running(&self) -> bool {
        self.stage.is_running()
    }

    /// Whether it is in its place.
    pub(crate) fn is_complete(&self) -> bool {
        self.stage == Stage::Complete
    }

    /// Whether it is in its place, or on its way there.
    pub(crate) fn is_placed(&self) -> bool {
        matches!(self.stage, Stage::Completing | Stage::Complete)
    }

    /// Whether it has to be opened before it goes on. What was changed in its place does not run, either.
    pub(crate) fn is_at_rest(&self) -> bool {
        match self.stage {
            Stage::Stopped | Stage::Failed { .. } => true,
            Stage::Complete => self.partial.is_none(),
            _ => false,
        }
    }

    /// Whether it is to be paused as soon as its files are open.
    pub(crate) fn opens_paused(&self) -> bool {
        self.stage == Stage::Opening { paused: true }
    }

    /// Whether everything wanted is there.
    pub(crate) fn is_done(&self) -> bool {
        self.selection.is_within(&self.have)
    }

    /// More of the item is wanted: what is fetched from now on is what `partial` is to hold.
    pub(crate) fn want_more(&mut self, partial: &PartialItem) {
        self.selection = Selection::new(&self.metainfo.info, partial.wanted());
        self.have = partial.verified();
        if self.stage == Stage::Complete {
            self.stage = Stage::Running;
        }
    }

    pub(crate) fn save_as(&mut self, name: String) {
        self.name = name;
    }

    /// Its files are being opened. Returns what is to be opened.
    pub(crate) fn open(&mut self, paused: bool) -> (Arc<Metainfo>, Wanted) {
        self.stage = Stage::Opening { paused };
        (self.metainfo.clone(), self.selection.wanted().clone())
    }

    /// Its files are open, and it fetches; false when something else was asked for while they were being opened.
    pub(crate) fn run(&mut self, partial: Arc<PartialItem>) -> bool {
        if let Stage::Stopping { .. } = self.stage {
            return false;
        }
        self.have = partial.verified();
        self.partial = Some(partial);
        self.go_on();
        true
    }

    pub(crate) fn pause(&mut self) -> Next {
        self.stage.pause()
    }

    pub(crate) fn resume(&mut self) -> Next {
        let next = self.stage.resume();
        if next == Next::Resume {
            self.begin_run();
        }
        next
    }

    /// Stops it; the receiver hears when it has. `None` when there is nothing to stop.
    pub(crate) fn stop(&mut self) -> Option<oneshot::Receiver<()>> {
        self.stage.stop().then(|| {
            let (stopped, hears) = oneshot::channel();
            self.stopped.push(stopped);
            hears
        })
    }

    /// Has it stop, and do something then.
    pub(crate) fn stop_then(&mut self, then: After) {
        self.stage = Stage::Stopping { then };
    }

    /// It has stopped. Returns what comes now; `None` when it was not to stop.
    pub(crate) fn end(&mut self) -> Option<After> {
        let then = self.stage.end()?;
        self.partial = None;
        self.tell_stopped();
        Some(then)
    }

    /// It cannot be opened.
    pub(crate) fn fail(&mut self, code: Code, cause: String) {
        self.stage = Stage::Failed { code, cause };
        self.tell_stopped();
    }

    /// Nothing of what is in its place is read any more.
    pub(crate) fn close(&mut self) {
        self.partial = None;
    }

    /// Everything wanted is verified: it is to be put in its place. `None` when that is under way, or it does not run.
    pub(crate) fn begin_completing(&mut self) -> Option<Arc<PartialItem>> {
        let (Some(partial), Stage::Running | Stage::Paused) = (&self.partial, &self.stage) else {
            return None;
        };
        self.stage = Stage::Completing;
        Some(partial.clone())
    }

    /// It is in its place.
    pub(super) fn complete(&mut self) {
        self.stage = Stage::Complete;
    }

    /// The item is in the repository, which serves it from now on.
    pub(crate) fn complete_item(&mut self) {
        self.partial = None;
        self.complete();
    }

    /// The wanted files are in the repository. More may have been asked for meanwhile.
    pub(crate) fn complete_files(&mut self, have: &Bitfield) {
        match self.selection.is_within(have) {
            true => self.complete(),
            false => self.go_on(),
        }
    }

    /// Remembers what a run came to.
    pub(crate) fn keep(&mut self, progress: &Progress) {
        if let Some(have) = &progress.have {
            self.have = Bitfield::clone(have);
        }
        for source in &progress.sources {
            let given = self.given.entry(source.peer_id).or_insert_with(|| SourceProgress {
                bytes: 0,
                connected: false,
                rate: 0,
                sent: 0,
                rate_up: 0,
                ..source.clone()
            });
            given.bytes += source.bytes;
            if !source.client.is_empty() {
                given.client.clone_from(&source.client);
            }
        }
    }

    /// The tracker named these.
    pub(crate) fn note_holders(&mut self, holders: &[Holder]) {
        let seeds = holders.iter().filter(|holder| holder.have == Have::All);
        self.holders = Holders {
            count: Some(holders.len()),
            seeds: seeds.filter_map(|holder| holder.peer_id).collect(),
        };
    }

    /// The tracker cannot be asked.
    pub(crate) fn forget_holder_count(&mut self) {
        self.holders.count = None;
    }

    /// How fast it came and went lately.
    pub(crate) fn curve(&self) -> &Curve {
        &self.curve
    }

    /// A tick has passed while it fetched; so much came and went in this run.
    pub(crate) fn tick(&mut self, passed: Duration, moved: Moved) -> Due {
        let Moved { received, given, connected } = moved;
        self.curve.note(Instant::now(), received, given);
        Due {
            holders: self.activity.tick(Instant::now(), passed, received),
            successor: self.succession.tick(connected),
        }
    }

    /// Nobody has it, and its name means another version by now.
    pub(crate) fn supersede(&mut self, by: InfoHash) {
        self.succession.by = Some(by);
    }

    /// What a restart must know of it.
    pub(super) fn entry(&self) -> Entry {
        let on_restart = match &self.stage {
            Stage::Paused | Stage::Opening { paused: true } => OnRestart::Pause,
            Stage::Stopped | Stage::Failed { .. } => OnRestart::Stay,
            Stage::Stopping { then } if *then != After::Resume => OnRestart::Stay,
            _ => OnRestart::Resume,
        };
        let asked = self.succession.asked.clone();
        Entry { name: self.name.clone(), on_restart, asked, priority: self.priority }
    }

    fn go_on(&mut self) {
        self.stage = Stage::Running;
        self.begin_run();
    }

    fn begin_run(&mut self) {
        self.activity.restart(Instant::now());
        self.curve.restart();
    }

    fn tell_stopped(&mut self) {
        for waiting in self.stopped.drain(..) {
            // Whoever waited may have given up.
            let _ = waiting.send(());
        }
    }
}
