//! One refresh: looks at items, hashes what is not known, and shares what is ready.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use peerpool_wire::{
    canonical::{self, CanonicalError, FileHashes},
    metainfo::Metainfo,
};

use crate::{
    hashing::{self, Job, Listener, Meter},
    index::{HashIndex, Known, StoredStamp, Tail},
    refresh::{Cancel, Cause, Event, Problem, Refresh, Scope},
    repository::{Repository, RepositoryError},
    scan::{self, Found},
    shared::SharedItem,
};

/// How long hashes may stay in memory alone while a long refresh runs.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// A refresh on its way.
pub(crate) struct Offering<'a> {
    repository: &'a Repository,
    cancel: &'a Cancel,
    report: &'a (dyn Fn(Event) + Sync),
    outcome: Mutex<Refresh>,
    saved: Mutex<Instant>,
}

/// An item that waits for the hashes of some of its files.
struct Pending {
    found: Found,
    piece_length: u32,
    name: Arc<str>,
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
        Self { repository, cancel, report, outcome: Mutex::default(), saved }
    }

    pub(crate) fn run(self, scope: &Scope) -> Result<Refresh, RepositoryError> {
        let names = self.names(scope)?;
        let full = *scope == Scope::Everything;
        if full {
            self.index().begin_full_scan();
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
            index.forget_the_lost();
        }
        index.save(self.repository.state())?;
        Ok(outcome)
    }

    fn names(&self, scope: &Scope) -> Result<Vec<String>, RepositoryError> {
        let names = match scope {
            Scope::Names(names) => names.iter().filter(|name| !scan::is_hidden(name)).cloned().collect(),
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
        if let Some(metainfo) = self.adopted(&found) {
            if current.is_none_or(|item| item.info_hash() != metainfo.info.hash()) {
                self.share(&found, metainfo);
            }
            return None;
        }
        let current = current.filter(|item| has_same_attributes(item, &found));
        let piece_length = canonical::piece_length(found.length(), found.files.len() as u64);
        let unknown = self.unknown_files(&found, piece_length);
        if current.is_none() && unknown > 0 {
            self.withdraw(&found.name);
        }
        if unknown == 0 {
            if current.is_none() {
                self.describe_and_share(&found, piece_length);
            }
            return None;
        }
        let name = found.name.as_str().into();
        Some(Pending {
            found,
            piece_length,
            name,
            left: AtomicUsize::new(unknown),
            failed: AtomicBool::new(false),
        })
    }

    fn unknown_files(&self, found: &Found, piece_length: u32) -> usize {
        let tail = tail_of(found);
        let mut index = self.index();
        let unknown = found
            .files
            .iter()
            .filter(|file| !index.knows(&found.path_of(file), &file.stamp, piece_length, tail));
        unknown.count()
    }

    /// The torrent by which the item is shared, where it has one of its own and its files are as they were then.
    fn adopted(&self, found: &Found) -> Option<Arc<Metainfo>> {
        let adopted = self.index().adopted(&found.name)?.clone();
        let metainfo = self.repository.torrents().load(adopted.info_hash);
        let unchanged = metainfo.filter(|metainfo| {
            let files = metainfo.info.files().iter().filter(|file| file.is_stored());
            let stamps = files.map(|file| found.stamp(&file.path).map(StoredStamp::from));
            stamps.eq(adopted.stamps.iter().copied().map(Some)) && adopted.stamps.len() == found.files.len()
        });
        if unchanged.is_none() {
            self.index().set_adopted(&found.name, None);
            self.repository.torrents().remove(adopted.info_hash);
        }
        unchanged.map(Arc::new)
    }

    fn hash(&self, pending: &[Pending]) {
        let mut jobs = Vec::new();
        let mut owners = Vec::new();
        let mut meter_total = 0u64;
        for item in pending {
            let tail = tail_of(&item.found);
            let mut index = self.index();
            for file in &item.found.files {
                let path = item.found.path_of(file);
                if !index.knows(&path, &file.stamp, item.piece_length, tail) {
                    if file.stamp.is_fresh(item.found.seen_ns) {
                        self.outcome().unsettled.insert(item.found.name.clone());
                    }
                    meter_total = meter_total.saturating_add(file.stamp.size);
                    jobs.push(Job { path, stamp: file.stamp, piece_length: item.piece_length });
                    owners.push(item);
                }
            }
        }
        if jobs.is_empty() {
            return;
        }
        let listener =
            Hashed { offering: self, jobs: &jobs, owners: &owners, meter: Meter::new(meter_total) };
        hashing::hash_files(self.repository.directory(), &jobs, self.cancel, &listener);
        self.outcome().hashed_bytes = listener.meter.done();
    }

    /// Makes the canonical info dictionary of an item whose hashes are all known, and shares it.
    fn describe_and_share(&self, found: &Found, piece_length: u32) {
        let mut builder = canonical::Builder::new(piece_length);
        for file in &found.files {
            let Some(hashes) = self.index().hashes(&file.stamp, piece_length) else {
                return self.withhold(found, Cause::Vanished);
            };
            builder = match file.executable {
                true => builder.executable(file.path.clone(), hashes),
                false => builder.file(file.path.clone(), hashes),
            };
        }
        for link in &found.links {
            builder = builder.link(link.path.clone(), link.target.clone());
        }
        match builder.finish(&found.name) {
            Ok(metainfo) => self.share(found, Arc::new(metainfo)),
            Err(CanonicalError::Empty { .. }) => self.withhold(found, Cause::Empty),
            Err(error) => self.withhold(found, Cause::Unfit(error.to_string())),
        }
    }

    fn share(&self, found: &Found, metainfo: Arc<Metainfo>) {
        match self.repository.share_as(&found.name, metainfo, |path| found.stamp(path)) {
            Ok(item) => (self.report)(Event::Shared(item)),
            Err(reason) => self.withhold(found, Cause::Unfit(reason)),
        }
    }

    fn withhold(&self, found: &Found, cause: Cause) {
        self.withdraw(&found.name);
        self.problem(Problem::new(&found.name, Path::new(&found.name), cause));
    }

    fn withdraw(&self, name: &str) {
        if self.repository.withdraw(name) {
            (self.report)(Event::Withdrawn(name.to_owned()));
        }
    }

    fn withdraw_all_but(&self, names: &[String]) {
        for item in self.repository.shared() {
            let listed = names.binary_search_by(|name| name.as_str().cmp(item.name())).is_ok();
            // A download may have been completed since the names were listed.
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

/// Takes what the hashing threads find.
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

/// Whether the files of a shared item are executable, and its links lead where they do, as it says.
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
        found.stamp(&file.path).is_some_and(|stamp| stamp.same_content(hashed))
    });
    same && count == found.files.len()
}
