//! One refresh: scans items, hashes what is unknown, and shares what is ready.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use peerpool_wire::{
    canonical::{self, CanonicalError, FileHashes},
    metainfo::Metainfo,
};

use super::{Repository, RepositoryError};
use crate::{
    hashing::{self, Job, Listener, Meter},
    index::{Compared, HashIndex, Known, Tail},
    local_names::LocalNames,
    problem::{Cause, Problem},
    refresh::{Cancel, Event, Refresh, Scope},
    scan::{self, Found, FoundFile},
    shared::{ReadError, SharedItem},
    stamp::Stamp,
    verify::{self, VerifyError},
    writers::Writers,
};

/// How long a running refresh may keep new hashes only in memory.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// A running refresh.
pub(crate) struct Offering<'a> {
    repository: &'a Repository,
    cancel: &'a Cancel,
    report: &'a (dyn Fn(Event) + Sync),
    outcome: Mutex<Refresh>,
    saved: Mutex<Instant>,
    /// The files open for writing; listed once there is something to hash.
    writers: OnceLock<Writers>,
}

/// An item that waits for the hashes of some of its files.
struct Pending {
    found: Found,
    piece_length: u32,
    name: Arc<str>,
    /// The files to be hashed, as indexes into those that were found.
    unknown: Vec<usize>,
    left: AtomicUsize,
    failed: AtomicBool,
}

impl<'a> Offering<'a> {
    pub(crate) fn new(
        repository: &'a Repository,
        cancel: &'a Cancel,
        report: &'a (dyn Fn(Event) + Sync),
    ) -> Self {
        let saved = Mutex::new(Instant::now());
        let writers = OnceLock::new();
        Self { repository, cancel, report, outcome: Mutex::default(), saved, writers }
    }

    pub(crate) fn run(self, scope: &Scope) -> Result<Refresh, RepositoryError> {
        let names = self.names(scope)?;
        let full = *scope == Scope::Everything;
        if full {
            self.index().begin_full_scan();
            self.repository.problems_of_state().into_iter().for_each(|problem| self.problem(problem));
        }
        let pending: Vec<Pending> = names.iter().filter_map(|name| self.look_at(name)).collect();
        if full {
            self.withdraw_all_but(&names);
        }
        self.hash(&pending);
        let mut outcome = std::mem::take(&mut *self.outcome());
        outcome.cancelled = self.cancel.is_cancelled();
        outcome.shared = names.iter().filter(|name| self.repository.shared_item(name).is_some()).count();
        let mut index = self.repository.index();
        if full && !outcome.cancelled {
            index.forget_missing();
        }
        index.save(self.repository.state())?;
        Ok(outcome)
    }

    fn names(&self, scope: &Scope) -> Result<Vec<String>, RepositoryError> {
        let names = match scope {
            Scope::Names(names) | Scope::Stirred(names) => {
                names.iter().filter(|name| !scan::is_hidden(name)).cloned().collect()
            }
            Scope::Everything => {
                let (names, problems) = scan::names(self.repository.directory())?;
                problems.into_iter().for_each(|problem| self.problem(problem));
                names
            }
        };
        Ok(names)
    }

    /// Shares an item at once when all its hashes are known; otherwise says what to hash.
    fn look_at(&self, name: &str) -> Option<Pending> {
        if self.cancel.is_cancelled() {
            return None;
        }
        if self.repository.is_kept_out(name) {
            self.withdraw(name);
            self.report_altered(name);
            return None;
        }
        let mut left_out = Vec::new();
        let found = scan::item(self.repository.directory(), name, &mut left_out);
        left_out.into_iter().for_each(|problem| self.problem(problem));
        match found {
            Ok(Some(found)) => {
                self.outcome().found += 1;
                self.offer(found)
            }
            Ok(None) => {
                self.withdraw(name);
                None
            }
            Err(problem) => {
                self.withdraw(name);
                self.outcome().found += 1;
                self.problem(problem);
                None
            }
        }
    }

    fn offer(&self, found: Found) -> Option<Pending> {
        let current = self.repository.shared_item(&found.name).filter(|item| is_still(item, &found));
        if let Some((metainfo, local_names)) = self.own_torrent(&found, current.is_some()) {
            local_names.problems(&found.name).into_iter().for_each(|problem| self.problem(problem));
            if current.is_none_or(|item| item.info_hash() != metainfo.info.hash()) {
                self.share(&found, metainfo, local_names);
            }
            return None;
        }
        let current = current.filter(|item| has_same_attributes(item, &found));
        let piece_length = canonical::piece_length(found.length(), found.files.len() as u64);
        let unknown = self.unknown_files(&found, piece_length);
        if current.is_none() && !unknown.is_empty() {
            self.withdraw(&found.name);
        }
        if unknown.is_empty() {
            // It was shared by its own torrent, which it no longer matches.
            let own = self.repository.torrents().adopted(&found.name);
            if current.is_none_or(|item| own == Some(item.info_hash())) {
                self.describe_and_share(&found, piece_length);
            }
            return None;
        }
        if self.is_being_written(&found, &unknown) {
            return None;
        }
        let name = found.name.as_str().into();
        let left = AtomicUsize::new(unknown.len());
        Some(Pending { found, piece_length, name, unknown, left, failed: AtomicBool::new(false) })
    }

    /// The files to be hashed, as indexes into those that were found.
    fn unknown_files(&self, found: &Found, piece_length: u32) -> Vec<usize> {
        let tail = tail_of(found);
        let mut index = self.index();
        let files = found.files.iter().enumerate();
        let unknown =
            files.filter(|(_, file)| !index.knows(&found.path_of(file), &file.stamp, piece_length, tail));
        unknown.map(|(nth, _)| nth).collect()
    }

    /// Whether somebody has one of these files open for writing. The item is then scanned again later.
    fn is_being_written(&self, found: &Found, files: &[usize]) -> bool {
        let writers = self.writers.get_or_init(Writers::look);
        let held = files.iter().find(|nth| writers.hold(&found.files[**nth].stamp, found.seen_ns));
        let Some(held) = held else { return false };
        self.outcome().unsettled.insert(found.name.clone());
        let path = found.path_of(&found.files[*held]);
        self.withhold_for(found, &path, Cause::BeingWritten);
        true
    }

    /// The item's own torrent, if it has one and matches it. Reads the item again if its stamps differ from the last
    /// comparison.
    fn own_torrent(&self, found: &Found, is_shared: bool) -> Option<(Arc<Metainfo>, LocalNames)> {
        let hash = self.repository.torrents().adopted(&found.name)?;
        let Some(metainfo) = self.repository.torrents().load(hash).map(Arc::new) else {
            self.problem(Problem::new(&found.name, Path::new(&found.name), Cause::TorrentLost));
            return None;
        };
        let local_names = self.repository.torrents().local_names(hash);
        let files = || metainfo.info.files().iter().filter(|file| file.is_stored());
        let stamps: Option<Vec<Stamp>> =
            files().map(|file| found.stamp(&local_names.local(&file.path))).collect();
        let others = stored_pads(&metainfo, found);
        let stamps = stamps.filter(|stamps| stamps.len() + others == found.files.len())?;
        if !files().map(|file| file.length).eq(stamps.iter().map(|stamp| stamp.size)) {
            return None;
        }
        let mut index = self.index();
        let suspected = index.take_suspects_of(&found.name);
        let done = index.compared(&found.name).filter(|done| done.info_hash == hash && done.stamps == stamps);
        if let Some(done) = done.filter(|_| !suspected) {
            return done.agrees.then(|| (metainfo.clone(), local_names));
        }
        drop(index);
        if !is_shared {
            self.withdraw(&found.name);
        }
        let agrees = self.compare(found, &metainfo, &local_names)?;
        self.index().set_compared(&found.name, Compared { info_hash: hash, stamps, agrees });
        agrees.then_some((metainfo, local_names))
    }

    /// Whether every byte matches the torrent; `None` when that cannot be decided now.
    fn compare(&self, found: &Found, metainfo: &Arc<Metainfo>, local_names: &LocalNames) -> Option<bool> {
        let item: Arc<str> = found.name.as_str().into();
        let progress = |done, total| (self.report)(Event::Hashing { item: item.clone(), done, total });
        let root = self.repository.shared_directory();
        match verify::compare(metainfo, local_names, found, &root, self.cancel, &progress) {
            Ok(compared) => {
                self.outcome().hashed_bytes += found.length();
                Some(compared.is_exact())
            }
            Err(VerifyError::Read(ReadError::Changed { .. })) => {
                self.outcome().unsettled.insert(found.name.clone());
                None
            }
            Err(_) => None,
        }
    }

    fn hash(&self, pending: &[Pending]) {
        let mut jobs = Vec::new();
        let mut owners = Vec::new();
        let mut meter_total = 0u64;
        for item in pending {
            for file in item.unknown.iter().map(|nth| &item.found.files[*nth]) {
                if file.stamp.is_fresh(item.found.seen_ns) {
                    self.outcome().unsettled.insert(item.found.name.clone());
                }
                meter_total = meter_total.saturating_add(file.stamp.size);
                let path = item.found.path_of(file);
                jobs.push(Job { path, stamp: file.stamp, piece_length: item.piece_length });
                owners.push(item);
            }
        }
        if jobs.is_empty() {
            return;
        }
        let listener =
            Hashed { offering: self, jobs: &jobs, owners: &owners, meter: Meter::new(meter_total) };
        hashing::hash_files(self.repository.directory(), &jobs, self.cancel, &listener);
        self.outcome().hashed_bytes += listener.meter.done();
    }

    /// Makes the canonical info dictionary of an item whose hashes are all known, and shares it.
    fn describe_and_share(&self, found: &Found, piece_length: u32) {
        let hashes_of = |file: &FoundFile| self.index().hashes(&file.stamp, piece_length);
        let Some(builder) = found.describe(piece_length, hashes_of) else {
            return self.withhold(found, Cause::Vanished);
        };
        match builder.finish(&found.name) {
            Ok(metainfo) => self.share(found, Arc::new(metainfo), LocalNames::default()),
            Err(CanonicalError::Empty { .. }) => self.withhold(found, Cause::Empty),
            Err(error) => self.withhold(found, Cause::Unfit(error.to_string())),
        }
    }

    fn share(&self, found: &Found, metainfo: Arc<Metainfo>, local_names: LocalNames) {
        match self.repository.share_as(&found.name, metainfo, local_names, |path| found.stamp(path)) {
            Ok(item) => (self.report)(Event::Shared(item)),
            Err(reason) => self.withhold(found, Cause::Unfit(reason)),
        }
    }

    fn withhold(&self, found: &Found, cause: Cause) {
        self.withhold_for(found, Path::new(&found.name), cause);
    }

    fn withhold_for(&self, found: &Found, path: &Path, cause: Cause) {
        self.withdraw(&found.name);
        self.problem(Problem::new(&found.name, path, cause));
    }

    /// Withdraws items that are no longer what is shared, before hashing what they are now.
    pub(crate) fn withdraw_stirred(&self, names: &BTreeSet<String>) {
        for name in names {
            let shared = self.repository.shared_item(name);
            if shared.is_some_and(|item| matches!(item.check(), Err(ReadError::Changed { .. }))) {
                self.withdraw(name);
            }
            self.report_altered(name);
        }
    }

    fn report_altered(&self, name: &str) {
        for item in self.repository.altered_downloads(name) {
            (self.report)(Event::Altered(item));
        }
    }

    fn withdraw(&self, name: &str) {
        if self.repository.withdraw(name) {
            (self.report)(Event::Withdrawn(name.to_owned()));
        }
    }

    fn withdraw_all_but(&self, names: &[String]) {
        for item in self.repository.shared() {
            let listed = names.binary_search_by(|name| name.as_str().cmp(item.name())).is_ok();
            // A download may have completed since the names were listed.
            if !listed && !self.repository.directory().exists(Path::new(item.name())).unwrap_or(false) {
                self.withdraw(item.name());
            }
        }
    }

    fn problem(&self, problem: Problem) {
        (self.report)(Event::Problem(problem.clone()));
        self.outcome().problems.push(problem);
    }

    fn outcome(&self) -> MutexGuard<'_, Refresh> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> MutexGuard<'_, HashIndex> {
        self.repository.index()
    }

    /// Keeps what is hashed so far, so that a killed peer does not hash it again.
    fn save_now_and_then(&self) {
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if saved.elapsed() >= SAVE_EVERY {
            if let Err(error) = self.index().save(self.repository.state()) {
                tracing::warn!(%error, "the hash index cannot be saved");
            }
            *saved = Instant::now();
        }
    }
}

/// Takes the results of the hashing threads.
struct Hashed<'a> {
    offering: &'a Offering<'a>,
    jobs: &'a [Job],
    owners: &'a [&'a Pending],
    meter: Meter,
}

impl Listener for Hashed<'_> {
    fn progress(&self, job: usize, bytes: u64) {
        if let Some(done) = self.meter.add(bytes) {
            let item = self.owners[job].name.clone();
            (self.offering.report)(Event::Hashing { item, done, total: self.meter.total() });
        }
    }

    fn finished(&self, job: usize, result: Result<FileHashes, Cause>) {
        let (job, owner) = (&self.jobs[job], self.owners[job]);
        match result {
            Ok(hashes) => {
                let known = Known { hashes, seen_ns: owner.found.seen_ns, only: None };
                self.offering.index().insert(&job.path, &job.stamp, job.piece_length, known);
            }
            Err(cause) => {
                owner.failed.store(true, Ordering::Relaxed);
                if matches!(cause, Cause::Changing | Cause::Vanished) {
                    self.offering.outcome().unsettled.insert(owner.found.name.clone());
                }
                self.offering.withdraw(&owner.found.name);
                self.offering.problem(Problem::new(&owner.found.name, &job.path, cause));
            }
        }
        if owner.left.fetch_sub(1, Ordering::AcqRel) == 1 && !owner.failed.load(Ordering::Relaxed) {
            self.offering.describe_and_share(&owner.found, owner.piece_length);
            self.offering.save_now_and_then();
        }
    }
}

/// Which form of the last piece's SHA-1 an item needs.
pub(crate) fn tail_of(found: &Found) -> Tail {
    if found.entries() > 1 { Tail::Filled } else { Tail::Short }
}

/// Whether the executable bits and links of what was found match a shared item.
fn has_same_attributes(item: &SharedItem, found: &Found) -> bool {
    let files = item.metainfo().info.files();
    let executable = |path: &[String]| found.file(path).is_some_and(|file| file.executable);
    let links = files.iter().filter_map(|file| Some((&file.path, file.symlink.as_ref()?)));
    files.iter().filter(|file| file.is_stored()).all(|file| file.executable == executable(&file.path))
        && links.eq(found.links.iter().map(|link| (&link.path, &link.target)))
}

/// Whether a shared item still consists of exactly these files.
fn is_still(item: &SharedItem, found: &Found) -> bool {
    let files = item.metainfo().info.files().iter().filter(|file| file.is_stored());
    let mut count = 0;
    let same = files.zip(item.stamps()).all(|(file, hashed)| {
        count += 1;
        found.stamp(&item.local_names().local(&file.path)).is_some_and(|stamp| stamp == *hashed)
    });
    same && count + stored_pads(item.metainfo(), found) == found.files.len()
}

/// How many files are pads of the torrent, which other clients store.
fn stored_pads(metainfo: &Metainfo, found: &Found) -> usize {
    let files = metainfo.info.files();
    let pads: BTreeSet<&[String]> =
        files.iter().filter(|file| file.pad).map(|file| file.path.as_slice()).collect();
    let stored: BTreeSet<&[String]> = match pads.is_empty() {
        true => BTreeSet::new(),
        false => files.iter().filter(|file| file.is_stored()).map(|file| file.path.as_slice()).collect(),
    };
    pads.difference(&stored).filter(|path| found.stamp(path).is_some()).count()
}
