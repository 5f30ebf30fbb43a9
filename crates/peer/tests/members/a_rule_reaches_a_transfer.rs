//! Beside a real tracker: what it decides stops what is going on.

use std::time::Duration;

use peerpool_api::Changed;

use crate::{
    film::Film,
    pool::{AT_ONCE, now},
};

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
