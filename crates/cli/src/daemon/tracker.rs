//! `peerpool tracker --daemon`.

use std::{fs, io, net::SocketAddr, path::Path};

use peerpool_access::Invite;
use peerpool_api::{ApiError, Reloaded};
use peerpool_tls::private_file;
use peerpool_tracker::{Process, Tracker, default_data_folder};

use super::{Means, Service};
use crate::{args, config::Config, exit::Failure, gateway::Gateway, signals::Signals};

/// The invite of the first administrator, in the data folder of a pool for members that nobody keeps yet.
const FIRST_INVITE: &str = "first-invite";

/// Runs a tracker until it is to end. `said` is what the command line and the environment say.
pub(crate) async fn run(mut means: Means, config: Config, said: args::Tracker) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let (asks, asked) = super::reloads();
    let in_force = config.complete_tracker(said.clone());
    let listen: Option<SocketAddr> = in_force.listen;
    let process = Process { socket: means.sockets.take(listen), reloads: Some(asks) };
    means.sockets.close_rest();
    let tracker = tokio::select! {
        started = Tracker::start_in(process, in_force.clone().try_into()?) => started?,
        _ = signals.end.recv() => return Ok(()),
    };
    if let Some(data) = in_force.data.clone().or_else(default_data_folder) {
        leave_invite(&data.join(FIRST_INVITE), tracker.invite())?;
    }
    let gateway = Gateway::open(&tracker, &in_force).await?;
    super::run(Daemon { means, said, config, in_force, tracker, gateway }, signals, asked).await
}

/// Writes the invite where its owner alone reads it, since a service's output is kept in a journal. One that nobody needs any
/// more goes.
fn leave_invite(path: &Path, invite: Option<&Invite>) -> Result<(), Failure> {
    let Some(invite) = invite else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::file("remove", path)(error))
            }
            _ => Ok(()),
        };
    };
    private_file::replace(path, format!("{invite}\n").as_bytes()).map_err(Failure::file("write", path))?;
    tracing::warn!(
        "nobody keeps this pool yet: the first administrator's invite is in {}, good once and for 7 days; whoever may read \
         it joins with `peerpool join --file {}`",
        path.display(),
        path.display()
    );
    Ok(())
}

struct Daemon {
    means: Means,
    said: args::Tracker,
    config: Config,
    /// What the tracker was told, as it is now.
    in_force: args::Tracker,
    tracker: Tracker,
    gateway: Option<Gateway>,
}

impl Service for Daemon {
    async fn responds(&self) -> bool {
        self.tracker.responds().await
    }

    async fn status(&self) -> String {
        match self.tracker.counts().await {
            Some((items, peers)) => {
                format!("{} items of {} peers, on port {}", items, peers, self.tracker.addr().port())
            }
            None => "ending".to_owned(),
        }
    }

    async fn reload(&mut self) -> Result<Reloaded, ApiError> {
        let config = self.means.read_config()?;
        let wanted = config.complete_tracker(self.said.clone());
        let mut reloaded = Reloaded::default();
        let key = |name: &str| format!("tracker_server.{name}");
        let now = &mut self.in_force;
        if now.name != wanted.name {
            self.tracker.rename(wanted.name.clone()).await;
            now.name = wanted.name;
            reloaded.changed.push(key("name"));
        }
        for (name, is_same) in [
            ("hosts", now.hosts == wanted.hosts),
            ("members", now.members == wanted.members),
            ("acme", now.acme == wanted.acme),
            ("oidc", now.oidc == wanted.oidc),
            ("gateway", now.gateway == wanted.gateway),
            ("listen", now.listen == wanted.listen),
            ("data", now.data == wanted.data),
            ("advertise", now.advertise == wanted.advertise),
            ("database", now.database == wanted.database),
        ] {
            if !is_same {
                reloaded.needs_restart.push(key(name));
            }
        }
        if now.sites != wanted.sites {
            reloaded.needs_restart.push("site".to_owned());
        }
        self.means.reload_logs(&mut self.config, &config, &mut reloaded);
        Ok(reloaded)
    }

    async fn ended(&self) {
        self.tracker.wait().await;
    }

    async fn shut_down(self) {
        if let Some(gateway) = self.gateway {
            gateway.close().await;
        }
        self.tracker.shutdown().await;
    }
}
