//! Uploads: items that somebody brings piece by piece, and goes on with after an interruption.
//!
//! Each has a folder below `uploads` in the folder for unfinished data. Its bytes come in order, file by file; what was
//! taken is on disk. An upload that is complete is moved into the repository by a rename that replaces nothing. There are
//! at most [`MAX_UPLOADS`] at a time, and one that nobody goes on with for [`MAX_REST`] is removed.

mod error;
mod plan;
mod session;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use self::session::Session;
pub use self::{
    error::UploadError,
    plan::{Plan, PlannedFile},
};
use crate::{beneath::Directory, error::Result};

/// Most uploads that are not complete.
pub const MAX_UPLOADS: usize = 64;
/// Most files of one upload.
pub const MAX_FILES: usize = 100_000;
/// How long an upload may rest.
pub const MAX_REST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How many that are complete are remembered, for whoever did not hear of it.
const REMEMBERED: usize = 64;
/// The folder of all uploads.
const FOLDER: &str = "uploads";

/// What an upload is known by: 128 random bits, written in 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadId(pub u128);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is no id of an upload.
#[derive(Debug, thiserror::Error)]
#[error("an upload's id has 32 hexadecimal digits")]
pub struct ParseUploadIdError;

impl FromStr for UploadId {
    type Err = ParseUploadIdError;

    fn from_str(text: &str) -> Result<Self, ParseUploadIdError> {
        let plain = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| plain);
        number.map(Self).ok_or(ParseUploadIdError)
    }
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Which one.
    pub id: UploadId,
    /// What it is to bring.
    pub plan: Plan,
    /// How many bytes of each of its files are there.
    pub offsets: Vec<u64>,
}

impl Begun {
    /// How many bytes are there.
    pub fn offset(&self) -> u64 {
        self.offsets.iter().sum()
    }
}

/// What became of bytes that were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many bytes of the file are there.
    pub offset: u64,
    /// The name of the item that the upload became, when these were its last bytes.
    pub item: Option<String>,
}

/// An upload, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// Something is missing.
    Begun(Begun),
    /// It became an item.
    Complete {
        /// The name that it was to have.
        name: String,
        /// Its bytes.
        length: u64,
        /// The item's name.
        item: String,
    },
}

/// An upload of which all is there.
#[derive(Debug)]
pub(crate) struct Whole<'s>(&'s Session);

impl Whole<'_> {
    /// The name that it is to have.
    pub(crate) fn name(&self) -> &str {
        self.0.plan().name()
    }

    /// Moves it to a name in `root`, durably; false when something has that name.
    pub(crate) fn move_to(&self, root: &Directory, name: &str) -> Result<bool> {
        self.0.move_to(root, name)
    }
}

/// The uploads of a repository.
#[derive(Debug)]
pub(crate) struct Uploads {
    folder: Directory,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: BTreeMap<UploadId, Arc<Mutex<Session>>>,
    /// Those that are complete, and the items that they became; the latest last.
    complete: VecDeque<(UploadId, Upload)>,
}

impl Uploads {
    /// Takes up what earlier runs left in the folder for unfinished data. What cannot be understood is removed.
    pub(crate) fn open(work: &Directory) -> Result<Self> {
        let folder = work.create_private_folder(Path::new(FOLDER))?;
        let mut known = Known::default();
        for entry in folder.entries()? {
            let path = Path::new(&entry.name);
            let id: Option<UploadId> = entry.name.to_str().and_then(|name| name.parse().ok());
            let session = match id {
                Some(id) => folder.folder(path).and_then(|folder| Session::found(id, folder))?,
                None => None,
            };
            match (id, session) {
                (Some(id), Some(session)) => drop(known.sessions.insert(id, Arc::new(Mutex::new(session)))),
                _ => folder.remove_whatever(path)?,
            }
        }
        Ok(Self { folder, known: Mutex::new(known) })
    }

    pub(crate) fn begin(&self, id: UploadId, plan: Plan, now: SystemTime) -> Result<Begun, UploadError> {
        self.expire(now);
        let mut known = self.known();
        if known.sessions.len() >= MAX_UPLOADS {
            return Err(UploadError::TooMany);
        }
        let length = plan.length();
        if let Some(free) = self.folder.free()?.filter(|free| length > *free) {
            return Err(UploadError::NoRoom { name: plan.name().to_owned(), length, free });
        }
        let folder = self.folder.create_private_folder(Path::new(&id.to_string()))?;
        let session = Session::begin(id, plan, folder, now)?;
        let begun = session.progress();
        known.sessions.insert(id, Arc::new(Mutex::new(session)));
        Ok(begun)
    }

    pub(crate) fn find(&self, id: UploadId) -> Result<Upload, UploadError> {
        let session = {
            let known = self.known();
            if let Some(complete) = known.became(id) {
                return Ok(complete);
            }
            known.session(id)?
        };
        Ok(Upload::Begun(lock(&session).progress()))
    }

    pub(crate) fn all(&self) -> Vec<Begun> {
        let sessions: Vec<_> = self.known().sessions.values().cloned().collect();
        sessions.iter().map(|session| lock(session).progress()).collect()
    }

    /// Takes the next bytes of a file; with the last of all, `place` gives the upload its place, and tells its name there.
    pub(crate) fn write(
        &self,
        (id, file, offset): (UploadId, usize, u64),
        bytes: &[u8],
        now: SystemTime,
        place: impl FnOnce(&Whole<'_>) -> Result<String, UploadError>,
    ) -> Result<Written, UploadError> {
        let session = self.known().session(id)?;
        let mut session = lock(&session);
        // Whoever held it a moment ago may have completed or removed it.
        self.known().session(id)?;
        let offset = session.write(file, offset, bytes, now)?;
        if !session.is_whole() {
            return Ok(Written { offset, item: None });
        }
        let item = place(&Whole(&session))?;
        let (name, length) = (session.plan().name().to_owned(), session.plan().length());
        self.known().complete(id, Upload::Complete { name, length, item: item.clone() });
        self.clear(id);
        Ok(Written { offset, item: Some(item) })
    }

    pub(crate) fn abandon(&self, id: UploadId) -> Result<(), UploadError> {
        let session = self.known().session(id)?;
        let _quiet = lock(&session);
        self.known().sessions.remove(&id);
        Ok(self.folder.remove_tree(Path::new(&id.to_string()))?)
    }

    /// Removes those that nobody goes on with. One that is being written is not one of them.
    pub(crate) fn expire(&self, now: SystemTime) {
        let rests =
            |session: &Session| now.duration_since(session.touched()).is_ok_and(|rest| rest > MAX_REST);
        let mut known = self.known();
        let resting =
            known.sessions.iter().filter(|(_, session)| session.try_lock().is_ok_and(|it| rests(&it)));
        let resting: Vec<UploadId> = resting.map(|(id, _)| *id).collect();
        for id in resting {
            known.sessions.remove(&id);
            self.clear(id);
        }
    }

    /// Removes the folder of an upload that is known no longer. The next start removes what stays.
    fn clear(&self, id: UploadId) {
        if let Err(error) = self.folder.remove_tree(Path::new(&id.to_string())) {
            tracing::warn!(%error, "the rest of an upload stays on disk");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn session(&self, id: UploadId) -> Result<Arc<Mutex<Session>>, UploadError> {
        self.sessions.get(&id).cloned().ok_or(UploadError::Unknown(id))
    }

    fn became(&self, id: UploadId) -> Option<Upload> {
        self.complete.iter().find(|(complete, _)| *complete == id).map(|(_, became)| became.clone())
    }

    fn complete(&mut self, id: UploadId, became: Upload) {
        self.sessions.remove(&id);
        self.complete.push_back((id, became));
        if self.complete.len() > REMEMBERED {
            self.complete.pop_front();
        }
    }
}

fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}
