//! A search finds the same from a peer, from a tracker alone, and on the command line.

use peerpool_api::{FileKind, FileQuery, HolderQuery, ItemPage, ItemQuery, ItemSort, PeerQuery};
use peerpool_system_tests::Pool;

fn names(page: &ItemPage) -> Vec<&str> {
    page.items.iter().map(|item| item.name.as_str()).collect()
}

#[test]
fn words_without_accents_find_a_name_from_everywhere() {
    let pool = Pool::new();
    let lecture = pool.random_file("Bài giảng Đại số.pdf", 300_000, 1);
    let song = pool.random_file("bài hát.mp3", 200_000, 2);
    let course = pool.random_folder("Giáo trình", 5, 1000, 3);
    let holder = pool.peer("holder").with(&lecture).with(&song).with_folder(&course).start();
    let reader = pool.peer("reader").start();
    let folder = reader.item("Giáo trình", |item| item.seeds == 1);
    reader.item("bài hát.mp3", |item| item.seeds == 1);
    reader.item("Bài giảng Đại số.pdf", |item| item.seeds == 1);

    for (text, found) in [
        ("bai giang", "Bài giảng Đại số.pdf"),
        ("SO dai", "Bài giảng Đại số.pdf"),
        ("kind:folder holder:holder", "Giáo trình"),
        ("bai size:<250k", "bài hát.mp3"),
    ] {
        let query = ItemQuery { search: Some(text.to_owned()), ..ItemQuery::default() };
        let page = reader.control(async |client| client.items(&query).await).unwrap();
        assert_eq!((names(&page), page.total), (vec![found], Some(1)), "{text}");
        let tracker = pool.tracker().to_string();
        for ended in [
            reader.run(["search", text, "--json"]),
            pool.run(["search", text, "--json", "--tracker", &tracker]),
        ] {
            assert_eq!(ended.code, Some(0), "{text}: {}", ended.stderr);
            let page: ItemPage = serde_json::from_str(&ended.stdout.concat()).unwrap();
            assert_eq!(names(&page), [found], "{text}");
        }
    }

    let by_size =
        ItemQuery { sort: Some(ItemSort::Size), desc: true, limit: Some(2), ..ItemQuery::default() };
    let page = reader.control(async |client| client.items(&by_size).await).unwrap();
    assert_eq!((names(&page), page.total), (vec!["Bài giảng Đại số.pdf", "bài hát.mp3"], Some(3)));
    let rest = ItemQuery { order: page.order, offset: Some(2), ..by_size };
    let page = reader.control(async |client| client.items(&rest).await).unwrap();
    assert_eq!(names(&page), ["Giáo trình"]);

    let files =
        reader.control(async |client| client.files(&folder.hash, &FileQuery::default()).await).unwrap();
    assert!(files.total > 0 && files.entries.iter().all(|entry| entry.kind != FileKind::Link), "{files:?}");
    let detail = reader.control(async |client| client.item(&folder.hash).await).unwrap();
    assert_eq!((detail.item.name.as_str(), detail.holders.len()), ("Giáo trình", 1));
    assert!(detail.magnet.contains("xt=urn:btmh:1220"), "{}", detail.magnet);
    let holders =
        reader.control(async |client| client.holders(&folder.hash, &HolderQuery::default()).await).unwrap();
    assert_eq!((holders.total, holders.holders[0].name.as_deref()), (1, Some("holder")));
    let query = PeerQuery { search: Some("READ".into()), ..PeerQuery::default() };
    let peers = reader.control(async |client| client.peers(&query).await).unwrap();
    assert!(peers.total == 1 && peers.peers[0].this, "{peers:?}");
    drop(holder);
}

#[test]
fn a_search_that_makes_no_sense_says_so() {
    let pool = Pool::new();
    let reader = pool.peer("reader").start();
    let refused = reader.run(["search", "kind:song"]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("write `kind:file` or `kind:folder`"), "{}", refused.stderr);
}
