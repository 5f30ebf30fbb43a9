//! Beside a real tracker: somebody asks for a hybrid by one of its hashes before anybody has it.

use peerpool_api::What;
use peerpool_wire::{canonical, id::InfoHash, magnet::Magnet};

use crate::{
    pool::{Folder, bytes},
    real_pool::RealPool,
};

/// The hashes of an item of one file.
fn hashes(name: &str, content: &[u8]) -> InfoHash {
    let piece_length = canonical::piece_length(content.len() as u64, 1);
    let mut hasher = canonical::FileHasher::new(piece_length);
    hasher.update(content);
    let item = canonical::Builder::new(piece_length).file(vec![], hasher.finish()).finish(name).unwrap();
    item.info.hash()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hybrid_that_was_asked_for_by_one_hash_is_fetched_once_somebody_has_it() {
    let content = bytes(1 << 20, 60);
    let whole = hashes("film", &content);
    let pool = RealPool::new().await;
    let bob = pool.member("bob").await.start(&pool.url, Folder::new()).await;
    let half = InfoHash::v2_only(whole.v2().unwrap());
    bob.get(What::Magnet(Magnet::new(half).to_string())).await;
    let ann = pool.ann.start(&pool.url, Folder::with("film", &content)).await;
    assert_eq!(ann.shares("film").await, whole);
    // By then it is known by both.
    assert_eq!(bob.shares("film").await, whole);
    bob.get(What::Magnet(Magnet::new(whole).to_string())).await.complete().await;
    assert!(bob.read("film") == content);
}
