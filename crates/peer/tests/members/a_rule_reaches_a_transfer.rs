//! Beside a real tracker: what it decides stops what is going on.

use std::time::Duration;

use peerpool_access::Invite;
use peerpool_api::{
    Allow, Changed, LimitRates, Limits, MadeInvite, MakeInvite, Right, Role, TrackerUrl, What, paths,
};
use peerpool_peer::{
    Config, Peer,
    membership::{Memberships, TrackerConnection},
};
use peerpool_tls::Expected;
use peerpool_tracker::Tracker;
use peerpool_wire::{id::InfoHash, magnet::Magnet};
use tempfile::TempDir;

use crate::pool::{AT_ONCE, Fetching, Folder, Joined, LOOPBACK, bytes, now};

/// A member with a device of its own.
struct Member {
    device: Memberships,
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
struct Film {
    url: TrackerUrl,
    ann: Member,
    item: InfoHash,
    fetching: Fetching,
    _tracker: Tracker,
    _peers: [Joined; 2],
}

impl Film {
    async fn on_its_way() -> Self {
        let tracker = Tracker::start_in_memory(peerpool_tracker::Config {
            listen: LOOPBACK,
            data: None,
            database: None,
            name: Some("pool".to_owned()),
            announce_on_lan: false,
            hosts: Vec::new(),
            members: true,
            certificate: None,
            convert: false,
        });
        let tracker = tracker.await.unwrap();
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
        Self { url, ann, item, fetching, _tracker: tracker, _peers: [sharing, peer] }
    }

    /// Ann lets somebody have the film. From then on nobody else may, but herself.
    async fn allow(&self, subject: &str, until: Option<u64>) -> Changed {
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

async fn ann_asks(ann: &Member, url: &TrackerUrl) -> TrackerConnection {
    let joined = ann.device.at(url).unwrap().unwrap();
    let trackers = joined.keyset().trackers.clone();
    let identity = ann.device.identity().unwrap();
    TrackerConnection::open(url, &identity, Expected::OneOf(trackers)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_rule_stops_a_transfer_within_five_seconds() {
    let mut film = Film::on_its_way().await;
    let asked = std::time::Instant::now();
    let Changed { mut confirmed, .. } = film.allow("role:guest", None).await;
    confirmed.sort();
    assert_eq!(confirmed, ["ann (laptop)", "bob (laptop)"]);
    tokio::time::timeout(AT_ONCE, film.fetching.is_alone()).await.expect("it is to stop");
    assert!(asked.elapsed() < AT_ONCE);
    assert!(!film.fetching.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_expires_stops_a_transfer_within_five_seconds() {
    let mut film = Film::on_its_way().await;
    let until = now() + Duration::from_secs(4);
    film.allow("member:bob", Some(until.0)).await;
    film.allow("role:guest", None).await;
    film.fetching.is_alone().await;
    assert!((until.0..=until.0 + AT_ONCE.as_secs()).contains(&now().0), "not when the grant ended");
    assert!(!film.fetching.is_complete());
}
