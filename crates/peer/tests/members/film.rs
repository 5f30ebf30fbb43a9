//! Beside a real tracker: a film that somebody fetches.

use std::{net::SocketAddr, path::Path};

use peerpool_access::Invite;
use peerpool_api::{
    Allow, Changed, LimitRates, Limits, MadeInvite, MakeInvite, Right, Role, TrackerUrl, What, paths,
};
use peerpool_peer::{
    Config, Peer,
    membership::{Memberships, TrackerConnection},
};
use peerpool_tracker::Tracker;
use peerpool_wire::{id::InfoHash, magnet::Magnet};
use tempfile::TempDir;

use crate::pool::{Fetching, Folder, Joined, LOOPBACK, bytes};

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
    async fn start(&self, tracker: &TrackerUrl, folder: Folder) -> Joined {
        let membership = self.device.membership(&self.device.at(tracker).unwrap().unwrap()).unwrap();
        let config = Config {
            repository: folder.path().to_owned(),
            tracker: Some(tracker.clone()),
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
}

/// A pool of Ann, who shares a film, and Bob, who fetches it slowly.
pub(crate) struct Film {
    pub(crate) url: TrackerUrl,
    pub(crate) ann: Member,
    pub(crate) bob: Member,
    pub(crate) item: InfoHash,
    pub(crate) fetching: Fetching,
    pub(crate) tracker: Tracker,
    /// The tracker's data folder.
    pub(crate) data: TempDir,
    /// Ann's, and Bob's.
    pub(crate) peers: [Joined; 2],
}

impl Film {
    pub(crate) async fn on_its_way() -> Self {
        let data = tempfile::tempdir().unwrap();
        let tracker = start_tracker(LOOPBACK, data.path()).await;
        let url = TrackerUrl::from(tracker.addr());
        let first = tracker.invite().unwrap();
        let first =
            Invite { tracker: tracker.addr().to_string(), root: first.root, code: first.code.clone() };
        let ann = Member::new(&first, "ann").await;
        let sharing = ann.start(&url, Folder::with("film", &bytes(32 << 20, 40))).await;
        let invite = MakeInvite { role: Some(Role::Member), ..MakeInvite::default() };
        let made: MadeInvite = ann_asks(&ann, &url).await.post(paths::INVITES, &invite).await.unwrap();
        let bob = Member::new(&made.link.parse().unwrap(), "bob").await;
        let peer = bob.start(&url, Folder::new()).await;
        let rates = LimitRates { down: Some(1 << 20), ..LimitRates::default() };
        peer.client.set_limits(&Limits { rates, schedules: Vec::new() }).await.unwrap();
        let item = sharing.shares("film").await;
        let mut fetching = peer.get(What::Magnet(Magnet::new(item).to_string())).await;
        fetching.has(1).await;
        Self { url, ann, bob, item, fetching, tracker, data, peers: [sharing, peer] }
    }

    /// Ann lets somebody have the film. From then on nobody else may, but herself.
    pub(crate) async fn allow(&self, subject: &str, until: Option<u64>) -> Changed {
        let allow = Allow {
            item: Some(self.item),
            pattern: None,
            right: Right::Get,
            subject: subject.to_owned(),
            until,
        };
        ann_asks(&self.ann, &self.url).await.post(paths::ACCESS, &allow).await.unwrap()
    }
}

/// A tracker of a pool for members, with its data in a folder.
pub(crate) async fn start_tracker(listen: SocketAddr, data: &Path) -> Tracker {
    let config = peerpool_tracker::Config {
        listen,
        data: Some(data.to_owned()),
        database: None,
        name: Some("pool".to_owned()),
        announce_on_lan: false,
        hosts: Vec::new(),
        members: true,
        certificate: None,
        convert: false,
    };
    Tracker::start(config).await.unwrap()
}

async fn ann_asks(ann: &Member, url: &TrackerUrl) -> TrackerConnection {
    let joined = ann.device.at(url).unwrap().unwrap();
    joined.reach(&ann.device.identity().unwrap()).await.unwrap()
}
