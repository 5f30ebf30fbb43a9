//! A tracker with a gateway gives content to whoever has no peer, and keeps no more of it than it was told.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use peerpool_system_tests::{Content, PATIENCE, Peer, Pool, until};

struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

/// What the tracker answers a browser's request; `headers` are further lines.
fn get(pool: &Pool, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(pool.tracker()).unwrap();
    let host = pool.tracker();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase();
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, headers, body: answer.split_off(end + 4) }
}

/// The path of an item's content.
fn path(holder: &Peer<'_>, name: &str) -> String {
    format!("/api/v1/content/{}", holder.item(name, |item| item.seeds > 0).hash)
}

fn bytes(content: &Content) -> Vec<u8> {
    fs::read(&content.path).unwrap()
}

/// What the gateway has of items, complete or on their way.
fn kept(pool: &Pool) -> Vec<String> {
    let names = fs::read_dir(pool.path("tracker/gateway")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn files_ranges_and_folders_come_out_of_the_pool() {
    let pool = Pool::with_options(&["--gateway", "64M"]);
    let (film, album) =
        (pool.random_file("film.mkv", 3_000_000, 1), pool.random_folder("album", 5, 50_000, 2));
    let one = pool.peer("one").with(&film).with_folder(&album).start();
    let _other = pool.peer("other").with(&film).start();
    let film_path = path(&one, "film.mkv");

    let part = get(&pool, &format!("{film_path}/film.mkv?inline"), "range: bytes=1000000-1999999\r\n");
    assert_eq!(part.status, 206, "{}", part.headers);
    assert!(part.headers.contains("content-range: bytes 1000000-1999999/3000000"), "{}", part.headers);
    assert!(part.headers.contains("content-disposition: inline"), "{}", part.headers);
    assert_eq!(part.body, bytes(&film)[1_000_000..2_000_000]);

    let whole = get(&pool, &format!("{film_path}/"), "");
    assert_eq!((whole.status, whole.body == bytes(&film)), (200, true), "{}", whole.headers);
    assert!(whole.headers.contains("content-security-policy: sandbox;"), "{}", whole.headers);

    let zip = get(&pool, &format!("{}.zip", path(&one, "album")), "");
    assert_eq!(zip.status, 200, "{}", zip.headers);
    assert!(zip.headers.contains(&format!("content-length: {}", zip.body.len())), "{}", zip.headers);
    assert!(zip.body.starts_with(b"PK\x03\x04"));

    let health = get(&pool, "/api/v1/health", "");
    assert!(String::from_utf8(health.body).unwrap().contains("\"gateway\":true"));
    let foreign = get(&pool, &format!("{film_path}/"), "origin: http://other.example\r\n");
    assert_eq!(foreign.status, 403, "{}", foreign.headers);
}

#[test]
fn what_was_read_longest_ago_makes_room() {
    let pool = Pool::with_options(&["--gateway", "1M"]);
    let files = ["a", "b", "c"].map(|name| pool.random_file(name, 400_000, 3));
    let large = pool.random_file("large", 2_000_000, 4);
    let holder = pool.peer("holder").with(&files[0]).with(&files[1]).with(&files[2]).with(&large).start();
    let read = |name: &str| get(&pool, &format!("{}/", path(&holder, name)), "");
    for file in &files {
        assert!(read(&file.name).body == bytes(file), "{}", file.name);
        until("the item is in its place", PATIENCE, || match kept(&pool).contains(&file.name) {
            true => Ok(()),
            false => Err(kept(&pool)),
        });
    }
    assert_eq!(kept(&pool), ["b", "c"]);
    assert!(read("a").body == bytes(&files[0]));

    let refused = read("large");
    assert_eq!(refused.status, 413, "{}", refused.headers);
    assert!(String::from_utf8(refused.body).unwrap().contains("1048576 at most"));
}

#[test]
fn there_is_no_content_without_a_gateway() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 1000, 1);
    let holder = pool.peer("holder").with(&film).start();
    let refused = get(&pool, &format!("{}/", path(&holder, "film.mkv")), "");
    assert_eq!(refused.status, 404, "{}", refused.headers);
    assert!(!String::from_utf8(get(&pool, "/api/v1/health", "").body).unwrap().contains("gateway"));
}

#[test]
fn a_pool_for_members_has_no_gateway() {
    let pool = Pool::new();
    let data = pool.path("other");
    let args = ["tracker", "--members", "--gateway", "1M", "--data", data.to_str().unwrap()];
    let ended = pool.run(args);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}
