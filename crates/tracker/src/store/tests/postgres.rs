//! What PostgreSQL keeps, on servers that the tests start. `./test cluster` runs them.

use peerpool_wire::link::PoolSecret;
use proptest::{prelude::*, test_runner::TestRunner};

use super::{any::Any, *};
use crate::{error::StartError, store::server::Server};

fn database(urls: &str) -> Database {
    urls.parse().unwrap()
}

async fn open(server: &Server) -> Postgres {
    Postgres::open(database(&server.url("pool")), TrackerId([1; 16]), None).await.unwrap()
}

/// Runs a suite of random steps, each case on an empty database.
fn compare<S: Strategy>(cases: u32, steps: S, suite: impl AsyncFn(Vec<Any>, S::Value)) {
    let Some(server) = Server::start() else { return };
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let outcome = runner.run(&steps, |steps| {
        runtime().block_on(async {
            server.sql("pool", "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            let folder = tempfile::tempdir().unwrap();
            let sqlite = Any::sqlite(folder.path().join("test.sqlite")).await;
            let postgres = Any::postgres(database(&server.url("pool"))).await;
            suite(vec![Any::Memory(Memory::default()), sqlite, postgres], steps).await;
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
#[ignore = "needs PostgreSQL: ./test cluster"]
fn postgresql_keeps_the_items_that_memory_and_sqlite_keep() {
    compare(64, items::steps(), items::all_keep_the_same);
}

#[test]
#[ignore = "needs PostgreSQL: ./test cluster"]
fn postgresql_keeps_the_members_that_memory_and_sqlite_keep() {
    compare(48, members::steps(), members::all_keep_the_same);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn postgresql_sums_up_what_passed_in_a_day_as_memory_does() {
    let Some(server) = Server::start() else { return };
    let postgres = Any::postgres(database(&server.url("pool"))).await;
    members::all_sum_up_alike(vec![Any::Memory(Memory::default()), postgres]).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn postgresql_is_of_one_tracker_at_a_time_and_keeps_its_first_id() {
    let Some(server) = Server::start() else { return };
    let first = open(&server).await;
    let second = Postgres::open(database(&server.url("pool")), TrackerId([2; 16]), None).await;
    let Err(error) = second else { panic!("opened") };
    assert!(matches!(error, StartError::DatabaseInUse { .. }), "{error}");
    drop(first);
    let third = Postgres::open(database(&server.url("pool")), TrackerId([3; 16]), None).await.unwrap();
    assert_eq!(third.id(), TrackerId([1; 16]));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn nodes_share_postgresql_and_nobody_else_does() {
    let Some(server) = Server::start() else { return };
    let open = async |node: Option<&str>| {
        let database = database(&server.url("pool"));
        Postgres::open(database, TrackerId([1; 16]), node.map(str::to_owned)).await
    };
    let mut first = open(Some("a:1")).await.unwrap();
    let mut second = open(Some("b:1")).await.unwrap();
    let joined = first.join("a:1", PoolSecret([1; 32]), None).await.unwrap();
    let other = second.join("b:1", PoolSecret([2; 32]), None).await.unwrap();
    assert_eq!(other.secret.0, joined.secret.0, "the first one is the pool's");
    let expected = Node { id: joined.node, address: "a:1".to_owned() };
    assert_eq!(second.other_nodes(other.node).await.unwrap(), [expected]);
    let (again, alone) = tokio::join!(open(Some("a:1")), open(None));
    assert!(matches!(again, Err(StartError::NodeInUse { .. })));
    assert!(matches!(alone, Err(StartError::DatabaseInUse { .. })));

    drop((first, second));
    let _alone = open(None).await.unwrap();
    assert!(matches!(open(Some("a:1")).await, Err(StartError::NodeInUse { .. })));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_node_that_starts_again_is_the_same_and_one_that_is_gone_for_a_day_is_not_listed() {
    let Some(server) = Server::start() else { return };
    let mut store = open(&server).await;
    let own = store.join("a:1", PoolSecret([1; 32]), None).await.unwrap().node;
    let other = store.join("b:1", PoolSecret([1; 32]), None).await.unwrap().node;
    assert_eq!(store.join("a:1", PoolSecret([1; 32]), None).await.unwrap().node, own);
    assert_eq!(store.other_nodes(own).await.unwrap().len(), 1);
    server.sql("pool", &format!("UPDATE node SET seen = seen - interval '25 hours' WHERE id = {other}"));
    assert_eq!(store.other_nodes(own).await.unwrap(), []);
    store.other_nodes(other).await.unwrap();
    assert_eq!(store.other_nodes(own).await.unwrap().len(), 1, "it runs again");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn rows_of_postgresql_that_are_damaged_count_as_missing_until_they_come_again() {
    let Some(server) = Server::start() else { return };
    let mut store = open(&server).await;
    let items = [item(2), item(3), item(4)];
    store.commit(items.clone().map(Change::Added).to_vec().into()).await.unwrap();
    server.sql("pool", r"UPDATE metainfo SET torrent = '\x00' WHERE item = 1");
    server.sql("pool", "UPDATE item SET name = 'mon 9' WHERE id = 2");
    assert_eq!(store.torrent(items[0].facts.info_hash).await.unwrap(), None);
    assert_eq!(loaded(&mut store).await, [items[0].facts.clone(), items[2].facts.clone()]);

    store.commit(items.clone().map(Change::Added).to_vec().into()).await.unwrap();
    assert_eq!(loaded(&mut store).await.len(), 3);
    for item in &items {
        assert_eq!(store.torrent(item.facts.info_hash).await.unwrap(), Some(item.torrent.clone()));
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn only_time_in_which_the_tracker_ran_makes_an_item_in_postgresql_old() {
    const DAY: i64 = 24 * 3600;
    let Some(server) = Server::start() else { return };
    let mut store = open(&server).await;
    store.commit(vec![Change::Added(item(1))].into()).await.unwrap();
    for (days, kept) in [(89, 1), (91, 0)] {
        drop(store);
        server.sql("pool", &format!("UPDATE tracker SET age = {}", days * DAY));
        store = open(&server).await;
        assert_eq!(loaded(&mut store).await.len(), kept, "after {days} days");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn postgresql_with_a_newer_step_is_opened_if_that_only_added() {
    let Some(server) = Server::start() else { return };
    drop(open(&server).await);
    server.sql("pool", "INSERT INTO step VALUES (1000, true)");
    drop(open(&server).await);
    server.sql("pool", "UPDATE step SET only_adds = false WHERE number = 1000");
    let opened = Postgres::open(database(&server.url("pool")), TrackerId([1; 16]), None).await;
    let Err(error) = opened else { panic!("opened") };
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_database_that_is_not_there_is_said_to_be_missing() {
    let Some(server) = Server::start() else { return };
    let opened = Postgres::open(database(&server.url("elsewhere")), TrackerId([1; 16]), None).await;
    let Err(error) = opened else { panic!("opened") };
    assert!(error.to_string().contains("\"elsewhere\" does not exist"), "{error}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn the_server_that_takes_changes_is_used_wherever_it_stands() {
    let Some(primary) = Server::start() else { return };
    let standby = primary.follower();
    let both = database(&format!("{},{}", standby.url("pool"), primary.url("pool")));
    let mut store = Postgres::open(both, TrackerId([1; 16]), None).await.unwrap();
    store.commit(vec![Change::Added(item(1))].into()).await.unwrap();

    primary.kill();
    assert!(store.commit(vec![Change::Added(item(2))].into()).await.is_err());
    assert!(!store.is_reachable());
    let refused = store.commit_members(peerpool_access::Members::founding()).await.unwrap_err();
    assert!(refused.to_string().contains("follows another server"), "{refused}");
    standby.promote();
    while store.commit(vec![Change::Added(item(2))].into()).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(loaded(&mut store).await, [item(1).facts, item(2).facts]);
}

/// The commands of docs/cluster.md that stand below a heading, in blocks.
fn commands_of_the_manual(heading: &str) -> Vec<String> {
    let manual =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cluster.md")).unwrap();
    let (_, chapter) = manual.split_once(&format!("\n## {heading}\n")).unwrap();
    let chapter = chapter.split("\n## ").next().unwrap();
    let blocks = chapter.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_backup_made_by_the_commands_of_the_manual_is_restored_by_them() {
    let Some(server) = Server::start() else { return };
    server.sql("postgres", "CREATE ROLE peerpool SUPERUSER LOGIN");
    server.sql("postgres", "CREATE DATABASE peerpool OWNER peerpool");
    let [back_up, restore] = commands_of_the_manual("Back up").try_into().unwrap();
    let open = async || {
        let url = server.url("peerpool").replace("pool@", "peerpool@");
        Postgres::open(database(&url), TrackerId([1; 16]), None).await.unwrap()
    };
    let mut store = open().await;
    store.commit(vec![Change::Added(item(1)), Change::Added(item(2))].into()).await.unwrap();
    server.shell(&back_up);
    store.commit(vec![Change::Removed(item(1).facts.info_hash)].into()).await.unwrap();
    drop(store);
    server.shell(&restore);
    let mut store = open().await;
    assert_eq!(loaded(&mut store).await, [item(1).facts, item(2).facts]);
    assert_eq!(store.torrent(item(1).facts.info_hash).await.unwrap(), Some(item(1).torrent));
}

/// What comes of opening a database; the reason why it cannot be used is in the error.
async fn opened(url: String) -> Result<Postgres, String> {
    let opening = Postgres::open(database(&url), TrackerId([1; 16]), None);
    match tokio::time::timeout(Duration::from_secs(4), opening).await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(_) => Err("it waits".to_owned()),
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_database_is_talked_to_by_tls_where_its_url_wants_it() {
    let Some(server) = Server::start() else { return };
    let [key, another] = [(), ()].map(|()| rcgen::KeyPair::generate().unwrap());
    let certificate = |key: &rcgen::KeyPair| {
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.self_signed(key).unwrap().pem()
    };
    let (right, other) = (certificate(&key), certificate(&another));
    let port = server.begin_with_tls(&right, &key.serialize_pem());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (right, other) = (file("right.pem", &right), file("other.pem", &other));
    let url = |security: &str| format!("postgres://pool@localhost:{port}/pool?{security}");

    for security in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={right}")] {
        let mut store = opened(url(&security)).await.unwrap();
        let encrypted = store.is_encrypted().await;
        assert!(encrypted, "{security}");
    }
    let missing = format!("sslmode=verify-full&sslrootcert={}", folder.path().join("none.pem").display());
    for security in [format!("sslmode=verify-full&sslrootcert={other}"), missing] {
        assert!(opened(url(&security)).await.is_err(), "{security}");
    }
    let by_address = format!("postgres://pool@127.0.0.1:{port}/pool?sslmode=verify-full&sslrootcert={right}");
    assert!(opened(by_address).await.is_err(), "the certificate is for a name");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./test cluster"]
async fn a_database_that_speaks_no_tls_is_not_used_where_the_url_wants_it() {
    let Some(server) = Server::start() else { return };
    let port = server.begin_on_a_port();
    let url = format!("postgres://pool@localhost:{port}/pool");
    drop(opened(url.clone()).await.unwrap());
    assert!(opened(format!("{url}?sslmode=require")).await.is_err());
}
