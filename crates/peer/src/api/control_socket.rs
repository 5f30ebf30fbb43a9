//! The control socket: it is made anew when somebody deletes it, and a repository that goes away is told of.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use peerpool_api::{Problem, ProblemCode, socket};
use tokio::net::UnixListener;

use crate::node::{NodeHandle, Origin};

/// How often the socket is looked after.
pub(super) const GLANCE: Duration = Duration::from_secs(5);
/// What finds the problem.
const REPOSITORY: Origin = Origin::Part("repository");

/// A bound socket.
#[derive(Debug)]
pub(super) struct ControlSocket {
    pub(super) listener: UnixListener,
    at: socket::SocketPath,
    repository: PathBuf,
}

impl ControlSocket {
    pub(super) fn open(repository: &Path) -> io::Result<Self> {
        let at = socket::bind_path(repository)?;
        let listener = listen(&at)?;
        Ok(Self { listener, at, repository: repository.to_owned() })
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        self.at.path()
    }

    /// Whether the repository's path still leads to the folder in which the socket stands.
    fn is_at_its_place(&self) -> bool {
        let id = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
        let folder = self.at.path().parent().and_then(id);
        folder.is_some() && folder == id(&self.repository.join(socket::FOLDER))
    }
}

/// For this user alone.
fn listen(socket: &socket::SocketPath) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(socket.path())?;
    fs::set_permissions(socket.path(), fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Looks after the socket while clients are let in.
#[derive(Debug)]
pub(super) struct Caretaker {
    pub(super) socket: ControlSocket,
    node: NodeHandle,
    /// The repository is not where it was, which was told.
    moved: bool,
}

impl Caretaker {
    pub(super) fn new(socket: ControlSocket, node: NodeHandle) -> Self {
        Self { socket, node, moved: false }
    }

    /// To be called now and then.
    pub(super) async fn look(&mut self) {
        let moved = !self.socket.is_at_its_place();
        if moved != std::mem::replace(&mut self.moved, moved) {
            self.tell(moved).await;
        }
        if !moved && self.socket.path().symlink_metadata().is_err() {
            match listen(&self.socket.at) {
                Ok(listener) => self.socket.listener = listener,
                Err(error) => tracing::debug!(%error, "cannot recreate the control socket"),
            }
        }
    }

    async fn tell(&self, moved: bool) {
        let problem = Problem {
            code: ProblemCode::Repository,
            path: None,
            message: format!(
                "{} was moved or deleted while its peer (process {}) runs: end that, and start it where the folder is",
                self.socket.repository.display(),
                std::process::id()
            ),
        };
        let told = self.node.with(move |node| match moved {
            true => node.report_problem(REPOSITORY, problem),
            false => node.forget_problems(|origin| *origin == REPOSITORY),
        });
        // A peer that ends needs not know.
        let _ = told.await;
    }
}
