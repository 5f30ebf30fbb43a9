//! Which peers the file describes.

use std::path::{Path, PathBuf};

use peerpool_api::OpenDoor;

use super::{Config, Repository};
use crate::{
    args::PeerOptions,
    exit::{Exit, Failure},
};

impl Config {
    /// Fills in what was not said about a peer. The table of its repository goes before the rest of the file.
    pub fn complete(&self, options: PeerOptions) -> PeerOptions {
        let own = self.table_of(options.repository.as_deref());
        PeerOptions {
            repository: options.repository.clone().or_else(|| own.map(|own| own.path.clone())),
            tracker: options
                .tracker
                .or_else(|| own.and_then(|own| own.tracker.clone()))
                .or_else(|| self.tracker.clone()),
            listen: options.listen.or_else(|| own.and_then(|own| own.listen)).or(self.listen),
            name: options.name.or_else(|| own.and_then(|own| own.name.clone())).or_else(|| self.name.clone()),
            web: options.web.or_else(|| {
                let listen = own.and_then(|own| own.web).or(self.web)?;
                Some(OpenDoor { listen: Some(listen), anywhere: self.web_anywhere })
            }),
            limits: options
                .limits
                .or_else(|| own.and_then(|own| own.limits.clone()))
                .or_else(|| self.limits.clone()),
        }
    }

    /// What all peers of one process are told: one for the repository that was named, else one for each of the file.
    pub fn peers(&self, said: &PeerOptions) -> Vec<PeerOptions> {
        if said.repository.is_some() || self.repositories.len() < 2 {
            return vec![self.complete(said.clone())];
        }
        let paths = self.repositories.iter().map(|repository| repository.path.clone());
        paths.map(|path| self.complete(PeerOptions { repository: Some(path), ..said.clone() })).collect()
    }

    /// Refuses to choose one of several repositories.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when the file has several and these options name none.
    pub fn check_named(&self, options: &PeerOptions) -> Result<(), Failure> {
        if self.repositories.len() > 1 && options.repository.is_none() {
            let what = "the configuration has several repositories: name one by --repository DIR, or run all of them \
                        with `peerpool peer --daemon`";
            return Err(Failure::told(Exit::Usage, what));
        }
        Ok(())
    }

    /// The table of a repository; of the only one, or of the folder that this is, when none was named.
    fn table_of(&self, named: Option<&Path>) -> Option<&Repository> {
        self.repositories.get(self.number_of(named)?)
    }

    /// The place of that table among all.
    pub(super) fn number_of(&self, named: Option<&Path>) -> Option<usize> {
        match (named, self.repositories.as_slice()) {
            (None, [_]) => Some(0),
            (named, all) => all.iter().position(|one| is_same(&one.path, named.unwrap_or(Path::new(".")))),
        }
    }

    /// Two peers can share neither a folder nor a port.
    pub(super) fn check_peers(&self) -> Result<(), Failure> {
        let several = self.repositories.len() > 1;
        if several && self.listen.is_some_and(|listen| listen.port() != 0) {
            let what = "several repositories cannot listen on one port: give each a `listen` of its own";
            return Err(self.complain("listen", what));
        }
        if several && self.web.is_some_and(|web| web.port() != 0) {
            let what =
                "several repositories cannot let browsers in at one port: give each a `web` of its own";
            return Err(self.complain("web", what));
        }
        for (number, one) in self.repositories.iter().enumerate() {
            let before = &self.repositories[..number];
            if before.iter().any(|other| is_same(&other.path, &one.path)) {
                let what = format!("the repository {} stands here twice", one.path.display());
                return Err(self.complain(&format!("repository.{number}.path"), &what));
            }
            let port = |one: &Repository| one.listen.filter(|listen| listen.port() != 0);
            if port(one).is_some_and(|listen| before.iter().any(|other| port(other) == Some(listen))) {
                let what = "another repository listens there: choose another port";
                return Err(self.complain(&format!("repository.{number}.listen"), what));
            }
        }
        Ok(())
    }
}

/// Whether two paths name the same place, as far as that can be told without looking.
fn is_same(one: &Path, other: &Path) -> bool {
    let absolute = |path: &Path| -> PathBuf {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // `absolute` leaves a dot at the end alone.
        path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
    };
    absolute(one) == absolute(other)
}
