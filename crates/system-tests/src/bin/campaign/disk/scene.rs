//! A small pool for one case after the other, and what is right in all of them.

use std::{fs, time::Duration};

use peerpool_api::{DownloadState, Error, Get, What};
use peerpool_system_tests::{Content, Ended, Folder, PATIENCE, Peer, Pool, until, witness};

use crate::leftovers;

pub(crate) const FILM: &str = "film.mkv";
pub(crate) const ALBUM: &str = "album";
const HOLDER: &str = "holder";
const READER: &str = "reader";
/// How long a peer may be silent before it is believed to have said all that it has.
const SILENCE: Duration = Duration::from_millis(200);

/// A tracker, a holder's repository, and what is to be fetched.
pub(crate) struct Scene {
    pub(crate) pool: Pool,
    pub(crate) film: Content,
    pub(crate) album: Folder,
    pub(crate) extra: Folder,
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        let pool = Pool::new();
        let film = pool.random_file(FILM, 40_000_000, seed);
        let album = pool.random_folder(ALBUM, 40, 60_000, seed);
        let extra = pool.random_folder("extra", 30, 60_000, !seed);
        let scene = Self { pool, film, album, extra };
        drop(scene.pool.peer(HOLDER).with(&scene.film).with_folder(&scene.album).start());
        scene
    }

    /// The holder, to be started; it has both items.
    pub(crate) fn holder(&self, through: &[String]) -> Result<Peer<'_>, Ended> {
        self.pool.peer(HOLDER).through(through.iter().map(String::as_str)).try_start()
    }

    /// The holder without any fault, sharing both items.
    pub(crate) fn sound_holder(&self) -> Peer<'_> {
        let holder = self.holder(&[]).unwrap_or_else(|ended| panic!("the holder does not start: {ended:?}"));
        holder.shares(2);
        holder
    }

    /// The reader in the repository that the case before left, or in a new one.
    pub(crate) fn reader(&self, through: &[String]) -> Result<Peer<'_>, Ended> {
        self.pool.peer(READER).through(through.iter().map(String::as_str)).try_start()
    }

    pub(crate) fn sound_reader(&self) -> Peer<'_> {
        self.reader(&[]).unwrap_or_else(|ended| panic!("the reader does not start: {ended:?}"))
    }

    /// Removes what the reader has.
    pub(crate) fn forget_reader(&self) {
        let repository = self.pool.path(READER);
        if repository.exists() {
            fs::remove_dir_all(repository).unwrap();
        }
    }

    /// Fetches both items, or goes on with them, with a reader and a holder that have no fault, and compares.
    pub(crate) fn complete(&self, reader: &Peer<'_>) {
        for item in [FILM, ALBUM] {
            self.go_on(reader, item);
        }
        for item in [FILM, ALBUM] {
            until(&format!("{item} is fetched"), PATIENCE, || {
                let status = reader.status();
                let download = status.downloads.iter().find(|download| download.name == item);
                match download.map(|download| &download.state) {
                    Some(DownloadState::Complete) | None if reader.path(item).exists() => Ok(()),
                    Some(DownloadState::Failed { cause, .. }) => {
                        panic!("{item} fails without a fault: {cause}")
                    }
                    _ => Err(status),
                }
            });
        }
        self.film.assert_equal(&reader.path(FILM));
        self.album.assert_equal(&reader.path(ALBUM));
    }

    /// Goes on with a download, or begins it; whether it can is for the end to show.
    pub(crate) fn go_on(&self, reader: &Peer<'_>, item: &str) {
        let status = reader.status();
        let rests = |state: &DownloadState| !state.is_active() && *state != DownloadState::Complete;
        match status.downloads.iter().find(|download| download.name == item) {
            Some(download) if rests(&download.state) => drop(reader.resume(download)),
            Some(_) => {}
            None => drop(reader.begin(item)),
        }
    }

    /// Ends a reader that is complete, and looks that it leaves nothing.
    pub(crate) fn end(&self, reader: Peer<'_>) {
        let repository = self.pool.path(reader.name());
        let log = reader.terminate().stderr;
        assert!(!log.contains("panicked"), "{log}");
        leftovers::assert_none(&repository, &[FILM, ALBUM]);
    }

    /// Has everything asked for that the reader announces of the film while nobody else has anything.
    pub(crate) fn examine(&self, reader: &Peer<'_>, holder: &Peer<'_>) {
        let item = holder.item(FILM, |item| item.seeds > 0);
        holder.freeze();
        self.go_on(reader, FILM);
        witness(reader.address(), &item, &self.film, SILENCE);
        holder.thaw();
    }
}

/// What somebody asks for by name.
pub(crate) fn asked(name: &str) -> Get {
    Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None }
}

/// Panics unless the message says why, and where.
pub(crate) fn assert_told(message: &str, reasons: &[&str]) {
    assert!(!message.contains("panicked"), "{message}");
    let why = reasons.iter().any(|reason| message.to_lowercase().contains(&reason.to_lowercase()));
    let whereabouts = message.contains('/') || message.contains(FILM) || message.contains(ALBUM);
    assert!(why && whereabouts, "neither why ({reasons:?}) nor where, or one of them: `{message}`");
}

/// Panics unless a process that ended by itself said why, where, and that it failed.
pub(crate) fn assert_ended_well(ended: &Ended, reasons: &[&str]) {
    assert!(
        ended.code.is_some_and(|code| code != 0 && code != 101),
        "it ended with {:?}: {ended:?}",
        ended.code
    );
    assert_told(&ended.stderr, reasons);
}

/// What a refusal says; an answer that did not come gives `None`.
pub(crate) fn refusal<T>(answer: Result<T, Error>) -> Result<T, Option<String>> {
    answer.map_err(|error| match error {
        Error::Refused(refused) => Some(refused.detail),
        _ => None,
    })
}
