//! A pool for members whose database changes its server. `./test cluster` runs it.

use std::time::{Duration, Instant};

use super::*;
use crate::store::server::Server;

/// Long enough for any machine; only a broken test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

async fn pool(folder: &std::path::Path, servers: &[&Server]) -> Pool {
    let urls: Vec<_> = servers.iter().map(|server| server.url("pool")).collect();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: Some(folder.to_owned()),
        database: Some(urls.join(",").parse().unwrap()),
        advertise: None,
        name: Some("home".to_owned()),
        announce_on_lan: false,
        hosts: Vec::new(),
        sites: Default::default(),
        members: true,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    };
    let tracker = Tracker::start(config).await.unwrap();
    Pool { tracker, slots: Slots::as_many_as_files(), headers: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn what_members_were_told_is_kept_through_a_failover_and_the_rest_is_refused() {
    let Some(primary) = Server::start() else { return };
    let standby = primary.follower();
    let folder = tempfile::tempdir().unwrap();
    let pool_of_two = pool(folder.path(), &[&primary, &standby]).await;
    let code = pool_of_two.tracker.invite().unwrap().code.clone();
    pool_of_two.join(ANN, "ann", &code).await;
    let (mut groups, mut refused) = (Groups { pool: &pool_of_two, told: Vec::new(), asked: 0 }, 0);

    // A server that is away refuses, and goes on when it is back.
    while groups.told.len() < 20 {
        assert!(groups.add().await, "refused while everything runs");
    }
    primary.kill();
    while refused < 20 {
        assert!(!groups.add().await, "told to be kept, and no server runs");
        refused += 1;
    }
    primary.begin();
    groups.add_until(40).await;

    // One that is lost in the middle of a change leaves no doubt about it.
    let lost = tokio::task::spawn_blocking(move || {
        primary.kill();
        standby.promote();
        (primary, standby)
    });
    while !lost.is_finished() {
        groups.add().await;
    }
    let (_primary, standby) = lost.await.unwrap();
    let told = groups.told.len();
    groups.add_until(told + 20).await;
    let mut told = groups.told;
    pool_of_two.tracker.shutdown().await;

    let again = pool(folder.path(), &[&standby]).await;
    let groups: Vec<api::Group> = again.answer(ANN, "GET", "groups", None).await;
    let mut kept: Vec<_> = groups.into_iter().map(|group| group.name).collect();
    kept.sort();
    told.sort();
    assert_eq!(kept, told);
}

/// Adds one group after the other.
struct Groups<'a> {
    pool: &'a Pool,
    /// Those that ann was told are there.
    told: Vec<String>,
    asked: u32,
}

impl Groups<'_> {
    /// Whether the next one is there.
    async fn add(&mut self) -> bool {
        self.asked += 1;
        let name = format!("g{}", self.asked);
        let (status, answer) =
            self.pool.ask(Some(ANN), "POST", "groups", Some(json!({ "name": name }))).await;
        // Whoever only looks is answered meanwhile.
        let members: Vec<api::Member> = self.pool.answer(ANN, "GET", "members", None).await;
        assert_eq!(members.len(), 1);
        match status {
            StatusCode::SERVICE_UNAVAILABLE => assert!(answer["retry_after"].is_u64(), "{answer}"),
            status => assert!(status.is_success(), "{status}: {answer}"),
        }
        self.told.extend(status.is_success().then_some(name));
        status.is_success()
    }

    async fn add_until(&mut self, told: usize) {
        let begun = Instant::now();
        while self.told.len() < told {
            self.add().await;
            assert!(begun.elapsed() < PATIENCE, "changes are kept again in time");
        }
    }
}
