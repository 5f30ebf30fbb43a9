//! A pool with a real tracker, which Ann keeps.

use std::{net::SocketAddr, path::Path};

use peerpool_access::Invite;
use peerpool_api::{MadeInvite, MakeInvite, Role, TrackerUrl, paths};
use peerpool_peer::{
    Config, Peer,
    membership::{Memberships, TrackerConnection},
};
use peerpool_tracker::Tracker;
use tempfile::TempDir;

use crate::pool::{Folder, Joined, LOOPBACK};

/// The tracker, and who administers the pool.
pub(crate) struct RealPool {
    pub(crate) url: TrackerUrl,
    pub(crate) ann: Member,
    pub(crate) tracker: Tracker,
    /// The tracker's data folder.
    pub(crate) data: TempDir,
}

impl RealPool {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let tracker = start_tracker(LOOPBACK, data.path()).await;
        let url = TrackerUrl::from(tracker.addr());
        let first = tracker.invite().unwrap();
        let first =
            Invite { tracker: tracker.addr().to_string(), root: first.root, code: first.code.clone() };
        let ann = Member::new(&first, "ann").await;
        Self { url, ann, tracker, data }
    }

    /// Somebody whom Ann has invited.
    pub(crate) async fn member(&self, name: &str) -> Member {
        let invite = MakeInvite { role: Some(Role::Member), ..MakeInvite::default() };
        let made: MadeInvite = self.ann.asks(&self.url).await.post(paths::INVITES, &invite).await.unwrap();
        Member::new(&made.link.parse().unwrap(), name).await
    }
}

/// A member with a device of its own.
pub(crate) struct Member {
    pub(crate) device: Memberships,
    _folder: TempDir,
}

impl Member {
    /// Joins with an invite.
    async fn new(invite: &Invite, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let device = Memberships::in_folder(folder.path());
        device.join(invite, name.to_owned(), "laptop".to_owned()).await.unwrap();
        Self { device, _folder: folder }
    }

    /// Its peer in a folder.
    pub(crate) async fn start(&self, tracker: &TrackerUrl, folder: Folder) -> Joined {
        let membership = self.device.membership(&self.device.at(tracker).unwrap().unwrap()).unwrap();
        let config = Config {
            repository: folder.path().to_owned(),
            tracker: Some(tracker.clone().into()),
            listen: LOOPBACK,
            name: None,
            start: true,
            web: None,
            temporary: false,
            limits: None,
            membership: Some(membership),
        };
        Joined::new(Peer::start(config).await.unwrap(), folder).await
    }

    /// Its way to ask the tracker.
    pub(crate) async fn asks(&self, tracker: &TrackerUrl) -> TrackerConnection {
        let joined = self.device.at(tracker).unwrap().unwrap();
        joined.reach(&self.device.identity().unwrap()).await.unwrap()
    }
}

/// A tracker of a pool for members, with its data in a folder.
pub(crate) async fn start_tracker(listen: SocketAddr, data: &Path) -> Tracker {
    let config = peerpool_tracker::Config {
        listen,
        data: Some(data.to_owned()),
        database: None,
        advertise: None,
        name: Some("pool".to_owned()),
        announce_on_lan: false,
        sites: Default::default(),
        hosts: Vec::new(),
        members: true,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    };
    Tracker::start(config).await.unwrap()
}
