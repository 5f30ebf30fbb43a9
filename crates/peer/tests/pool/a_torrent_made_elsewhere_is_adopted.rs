use std::path::Path;

use peerpool_api::{Code, Error, Get, Share, What, torrent_to_base64};
use peerpool_wire::{
    canonical::{Builder, FileHasher},
    magnet::Magnet,
    metainfo::Metainfo,
};

use crate::world::{Folder, Member, bytes, get, tracker};

/// A torrent of this file that nobody here would make: v1 alone.
pub(crate) fn foreign(name: &str, content: &[u8]) -> Metainfo {
    let mut hasher = FileHasher::new(32768);
    hasher.update(content);
    let hybrid = Builder::new(32768).file(Vec::new(), hasher.finish()).finish(name).unwrap();
    hybrid.v1_form().unwrap()
}

fn share(path: Option<&Path>, torrent: &Metainfo) -> Share {
    Share {
        path: path.map(|path| path.to_str().unwrap().to_owned()),
        torrent: Some(torrent_to_base64(&torrent.to_torrent(&[]))),
    }
}

fn get_magnet(torrent: &Metainfo, holder: Option<&Member>) -> Get {
    let mut magnet = Magnet::new(torrent.info.hash());
    magnet.peers = holder.map(|holder| holder.peer.listen_addr().to_string()).into_iter().collect();
    Get { what: What::Magnet(magnet.to_string()), files: Vec::new(), save_as: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_shared_under_the_identity_of_a_torrent_made_elsewhere() {
    let content = bytes(300_000, 70);
    let torrent = foreign("song.ogg", &content);
    let here = Folder::new().with("song.ogg", &content);
    let there = Folder::new();
    let tracker = tracker().await;
    let holder = here.join("holder", &tracker).await;
    assert_ne!(holder.shared("song.ogg").await.hash, Some(torrent.info.hash()));

    let shared = holder.client.share(&share(None, &torrent)).await.unwrap();
    assert_eq!(shared.hash, Some(torrent.info.hash()));

    let fetcher = there.join("fetcher", &tracker).await;
    let listed = fetcher.client.update().await.unwrap().items;
    assert_eq!(listed.iter().map(|item| item.hash).collect::<Vec<_>>(), [torrent.info.hash()]);
    assert_eq!(fetcher.fetch(&get("song.ogg")).await.hash, torrent.info.hash());
    assert!(there.read("song.ogg") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_identity_outlives_a_restart() {
    let content = bytes(300_000, 71);
    let torrent = foreign("song.ogg", &content);
    let here = Folder::new().with("song.ogg", &content);
    let holder = here.start("holder", None).await;
    holder.client.share(&share(Some(&here.file("song.ogg")), &torrent)).await.unwrap();
    holder.peer.shutdown().await;

    let holder = here.start("holder", None).await;

    assert_eq!(holder.shared("song.ogg").await.hash, Some(torrent.info.hash()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torrent_of_other_bytes_is_refused_and_the_item_stays_as_it_was() {
    let here = Folder::new().with("song.ogg", &bytes(300_000, 72));
    let holder = here.start("holder", None).await;
    let before = holder.shared("song.ogg").await.hash;

    let torrent = foreign("song.ogg", &bytes(300_000, 73));
    let refused = holder.client.share(&share(None, &torrent)).await.unwrap_err();

    assert!(matches!(&refused, Error::Refused(error) if error.code == Code::NotShareable), "{refused}");
    assert_eq!(holder.shared("song.ogg").await.hash, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_names_a_peer_needs_no_tracker() {
    let content = bytes(300_000, 74);
    let here = Folder::new().with("song.ogg", &content);
    let there = Folder::new();
    let holder = here.start("holder", None).await;
    let torrent = foreign("song.ogg", &content);
    holder.client.share(&share(None, &torrent)).await.unwrap();
    let fetcher = there.start("fetcher", None).await;

    let download = fetcher.fetch(&get_magnet(&torrent, Some(&holder))).await;

    assert_eq!(download.hash, torrent.info.hash());
    assert!(there.read("song.ogg") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_of_the_v1_form_serves_the_hybrid() {
    let content = bytes(300_000, 75);
    let here = Folder::new().with("song.ogg", &content);
    let there = Folder::new();
    let tracker = tracker().await;
    let lister = Folder::new().with("song.ogg", &content);
    let canonical = lister.join("lister", &tracker).await;
    let hybrid = canonical.shared("song.ogg").await.hash.unwrap();
    let torrent = tracker_form(tracker.addr(), &hybrid.to_string()).await;
    let holder = here.join("holder", &tracker).await;
    holder.client.share(&share(None, &torrent)).await.unwrap();
    canonical.peer.shutdown().await;

    let fetcher = there.join("fetcher", &tracker).await;
    let download = fetcher.fetch(&get("song.ogg")).await;

    assert_eq!(download.hash, hybrid);
    assert!(there.read("song.ogg") == content);
}

/// What the tracker gives to clients that know v1 alone.
async fn tracker_form(addr: std::net::SocketAddr, hash: &str) -> Metainfo {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request =
        format!("GET /items/{hash}.torrent?form=v1 HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    Metainfo::from_torrent(&answer[body..]).unwrap()
}
