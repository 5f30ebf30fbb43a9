//! One download, as the node keeps it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use peerpool_api::Code;
use peerpool_repository::{PartialItem, Wanted};
use peerpool_wire::{
    bitfield::Bitfield,
    id::{InfoHash, PeerId},
    metainfo::{Info, Metainfo},
};
use tokio::sync::oneshot;

use super::stalled::Heard;
use crate::{
    journal,
    swarm_task::{Progress, SourceProgress},
};

/// A download under way or at rest.
#[derive(Debug)]
pub(super) struct Download {
    /// Counts up; for the order in which downloads were begun.
    pub(super) number: u64,
    /// What it is saved under.
    pub(super) name: String,
    pub(super) metainfo: Arc<Metainfo>,
    pub(super) wanted: Wanted,
    pub(super) wanted_pieces: Bitfield,
    pub(super) stage: Stage,
    /// There while it runs.
    pub(super) partial: Option<Arc<PartialItem>>,
    /// Verified pieces, as of the end of the last run.
    pub(super) have: Bitfield,
    /// How many peers the tracker named last; `None` when it could not be asked.
    pub(super) holders: Option<usize>,
    /// Those of them that have all of it.
    pub(super) seeds: BTreeSet<PeerId>,
    /// When something came last.
    pub(super) heard: Heard,
    /// What each source gave in runs before this one.
    pub(super) given: BTreeMap<PeerId, SourceProgress>,
    /// Seconds that were spent fetching.
    pub(super) seconds: f64,
    /// Who waits for it to have stopped.
    pub(super) stopped: Vec<oneshot::Sender<()>>,
    /// Beats since somebody was looked for.
    pub(super) beats: u32,
    /// The item's name, when it was asked for by that.
    pub(super) asked: Option<String>,
    /// Beats since somebody was connected.
    pub(super) alone: u32,
    /// What its name means by now, while nobody has it.
    pub(super) superseded_by: Option<InfoHash>,
}

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its files are being opened.
    Opening {
        /// Whether it is held then.
        paused: bool,
    },
    /// It fetches.
    Running,
    /// It is held; it goes on serving.
    Paused,
    /// Its connections are being closed.
    Stopping {
        /// What comes after.
        then: After,
    },
    /// It rests.
    Stopped,
    /// Everything is there and is being put in its place.
    Completing,
    /// It is in its place.
    Complete,
    /// It cannot go on by itself.
    Failed { code: Code, cause: String },
}

/// What a download does once it has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    Rest,
    Resume,
    /// The tracker, the disk or something else ended it.
    Fail {
        code: Code,
        cause: String,
    },
}

impl Download {
    pub(super) fn new(
        number: u64,
        name: String,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
        have: Bitfield,
    ) -> Self {
        Self {
            number,
            name,
            wanted_pieces: wanted_pieces(&metainfo.info, &wanted),
            have,
            metainfo,
            wanted,
            stage: Stage::Stopped,
            partial: None,
            holders: None,
            seeds: BTreeSet::new(),
            heard: Heard::nothing(),
            given: BTreeMap::new(),
            seconds: 0.0,
            stopped: Vec::new(),
            beats: 0,
            asked: None,
            alone: 0,
            superseded_by: None,
        }
    }

    /// Wants these files, and the pieces they need, from now on.
    pub(super) fn want(&mut self, wanted: Wanted) {
        self.wanted_pieces = wanted_pieces(&self.metainfo.info, &wanted);
        self.wanted = wanted;
    }

    /// Whether its swarm runs, or is about to.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Opening { .. } | Stage::Running | Stage::Paused | Stage::Completing)
    }

    /// Whether it is to be held as soon as its files are open.
    pub(super) fn opens_paused(&self) -> bool {
        self.stage == Stage::Opening { paused: true }
    }

    /// Whether everything wanted is there.
    pub(super) fn is_done(&self) -> bool {
        !self.have.lacks_any_of(&self.wanted_pieces)
    }

    /// Remembers what a run came to.
    pub(super) fn keep(&mut self, progress: &Progress) {
        if let Some(have) = &progress.have {
            self.have = Bitfield::clone(have);
        }
        for source in &progress.sources {
            let given = self.given.entry(source.peer_id).or_insert_with(|| SourceProgress {
                bytes: 0,
                connected: false,
                rate: 0,
                ..source.clone()
            });
            given.bytes += source.bytes;
            if !source.client.is_empty() {
                given.client.clone_from(&source.client);
            }
        }
    }

    /// What a restart must know of it.
    pub(super) fn entry(&self) -> journal::Entry {
        let rests = match &self.stage {
            Stage::Paused | Stage::Opening { paused: true } => journal::Rest::Paused,
            Stage::Stopped | Stage::Failed { .. } => journal::Rest::Stopped,
            Stage::Stopping { then } if *then != After::Resume => journal::Rest::Stopped,
            _ => journal::Rest::No,
        };
        journal::Entry { name: self.name.clone(), rests, asked: self.asked.clone() }
    }
}

fn wanted_pieces(info: &Info, wanted: &Wanted) -> Bitfield {
    let geometry = info.geometry();
    let mut pieces = Bitfield::none(geometry.piece_count());
    for file in (0..info.files().len()).filter(|file| is_wanted(wanted, info, *file)) {
        for piece in geometry.pieces_of_file(file).filter_map(|index| geometry.piece(index)) {
            pieces.set(piece);
        }
    }
    pieces
}

/// Whether a file is among what is wanted.
pub(super) fn is_wanted(wanted: &Wanted, info: &Info, file: usize) -> bool {
    let pad = info.files().get(file).is_none_or(|file| file.pad);
    !pad && wanted.has_file(file)
}
