//! Files of items as browsers ask for them: parts, types, names and archives.

use peerpool_api::{Code, DownloadState, LimitRates, Limits};
use tokio::io::AsyncReadExt as _;

use crate::{
    asking::{Answer, ask, begin},
    world::{Folder, Pair, bytes, get},
};

/// A folder that is shared, and where its content is.
async fn sharing(folder: &Folder, item: &str) -> String {
    let member = folder.start("holder", None).await.leak();
    let hash = member.shared(item).await.hash.unwrap();
    format!("/api/v1/content/{hash}")
}

async fn read(folder: &Folder, path: &str, headers: &str) -> Answer {
    ask(folder.path(), "GET", path, headers, b"").await
}

/// Has the holder of a pair give so many bytes a second.
async fn slow_down(pair: &Pair, up: u64) {
    let rates = LimitRates { up: Some(up), ..LimitRates::default() };
    pair.holder.client.set_limits(&Limits { rates, ..Limits::default() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_range_of_a_file_is_answered_with_exactly_that() {
    let content = bytes(100_000, 1);
    let folder = Folder::new().with("film.mkv", &content);
    let base = sharing(&folder, "film.mkv").await;
    let path = format!("{base}/film.mkv");
    for (range, want, says) in [
        ("bytes=0-1", 0..2, "bytes 0-1/100000"),
        ("bytes=500-", 500..100_000, "bytes 500-99999/100000"),
        ("bytes=-3", 99_997..100_000, "bytes 99997-99999/100000"),
        ("bytes=99990-200000", 99_990..100_000, "bytes 99990-99999/100000"),
    ] {
        let answer = read(&folder, &path, &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.header("content-range")), (206, says), "{range}");
        assert_eq!(answer.header("content-length"), want.len().to_string(), "{range}");
        assert!(answer.body == content[want], "{range}");
    }
    for whole in ["", "Range: bytes=0-1,5-6\r\n", "Range: lines=0-1\r\n"] {
        let answer = read(&folder, &path, whole).await;
        assert_eq!((answer.status, answer.header("accept-ranges")), (200, "bytes"), "{whole}");
        assert!(answer.body == content, "{whole}");
    }
    let beyond = read(&folder, &path, "Range: bytes=100000-\r\n").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */100000"));
    let head = ask(folder.path(), "HEAD", &path, "", b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "100000", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_of_the_bytes_and_not_of_their_place() {
    let content = bytes(50_000, 2);
    let folder = Folder::new().with("a.txt", &content).with("folder/b.txt", &content);
    let member = folder.start("holder", None).await.leak();
    let file = format!("/api/v1/content/{}/", member.shared("a.txt").await.hash.unwrap());
    let tag = read(&folder, &file, "").await.header("etag").to_owned();
    assert!(tag.len() == 66 && tag.starts_with('"'), "{tag}");
    let other = format!("/api/v1/content/{}/b.txt", member.shared("folder").await.hash.unwrap());
    assert_eq!(read(&folder, &other, "").await.header("etag"), tag);

    let same = read(&folder, &other, &format!("Range: bytes=1-2\r\nIf-Range: {tag}\r\n")).await;
    assert_eq!(same.status, 206);
    let another = read(&folder, &other, "Range: bytes=1-2\r\nIf-Range: \"other\"\r\n").await;
    assert!(another.status == 200 && another.body == content);
    let known = read(&folder, &other, &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_runs_nothing_is_shown_and_only_when_asked() {
    let page = b"<script>alert(1)</script>";
    let folder = Folder::new().with("site/evil.html", page).with("site/tệp \"1\".txt", page);
    let base = sharing(&folder, "site").await;
    let (html, text) = (format!("{base}/evil.html"), format!("{base}/t%E1%BB%87p%20%221%22.txt"));
    for (path, kind, shown) in [
        (format!("{html}?inline"), "application/octet-stream", false),
        (html, "application/octet-stream", false),
        (format!("{text}?inline"), "text/plain; charset=utf-8", true),
        (text, "text/plain; charset=utf-8", false),
    ] {
        let answer = read(&folder, &path, "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none';"));
        let how = if shown { "inline; " } else { "attachment; " };
        assert!(answer.header("content-disposition").starts_with(how), "{path}");
    }
    let named = read(&folder, &format!("{base}/t%E1%BB%87p%20%221%22.txt"), "").await;
    assert!(named.header("content-disposition").ends_with("filename*=UTF-8''t%E1%BB%87p%20%221%22.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_here_is_refused_by_name() {
    let folder = Folder::new().with("album/one.flac", b"one");
    let base = sharing(&folder, "album").await;
    let nowhere = format!("/api/v1/content/{}/x", "ab".repeat(32));
    for (path, status) in [
        (nowhere, 404),
        (format!("/api/v1/content/{}.zip", "ab".repeat(32)), 404),
        (format!("{base}/two.flac"), 404),
        (format!("{base}/../album/one.flac"), 404),
        (format!("{base}/"), 400),
        (format!("{base}.zip?under=other"), 404),
        (format!("{base}.tar"), 404),
    ] {
        let answer = read(&folder, &path, "").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/problem+json"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_file_arrives_before_its_middle_when_it_is_read_there() {
    let content = bytes(12_000_000, 3);
    let pair = Pair::sharing("film.mkv", &content).await;
    // So slow that what comes first is seen to come first.
    slow_down(&pair, 2_000_000).await;
    let hash = pair.fetcher.client.get(&get("film.mkv")).await.unwrap().hash;
    let path = format!("/api/v1/content/{hash}/film.mkv");
    let tail = read(&pair.there, &path, "Range: bytes=-200000\r\n").await;
    assert_eq!(tail.status, 206);
    assert!(tail.body == content[11_800_000..]);
    let done = pair.fetcher.client.status().await.unwrap().downloads[0].bytes_done;
    assert!(done < 12_000_000, "all of it was there before its end could be read");

    let mut reading = begin(pair.there.path(), "GET", &path, "", b"").await;
    reading.read_exact(&mut [0; 1000]).await.unwrap();
    let stopped = pair.fetcher.client.stop_one(&hash).await.unwrap();
    assert_eq!(stopped.state, DownloadState::Stopped);
    let mut rest = Vec::new();
    // It may be torn, and is not whole.
    let _ = reading.read_to_end(&mut rest).await;
    assert!(rest.len() < content.len() - 1000, "the answer ends with the download");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_arrives_as_an_archive_of_known_length() {
    let (one, two) = (bytes(700_000, 4), bytes(100_001, 5));
    let folder = Folder::new()
        .with("album/one.flac", &one)
        .with("album/đĩa 2/two.flac", &two)
        .with("album/empty.txt", b"");
    let base = sharing(&folder, "album").await;
    let answer = read(&folder, &format!("{base}.zip"), "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert!(answer.header("content-disposition").ends_with("''album.zip"));
    let files = unzip(&answer.body);
    assert_eq!(files.len(), 3);
    for (name, content) in
        [("album/one.flac", &one[..]), ("album/đĩa 2/two.flac", &two), ("album/empty.txt", b"")]
    {
        let found = files.iter().find(|(found, _)| found == name);
        assert!(found.is_some_and(|(_, found)| *found == content), "{name}");
    }
    let part = read(&folder, &format!("{base}.zip?under=%C4%91%C4%A9a%202"), "").await;
    assert!(part.header("content-disposition").ends_with("''%C4%91%C4%A9a%202.zip"));
    let files = unzip(&part.body);
    assert!(files.len() == 1 && files[0].0 == "đĩa 2/two.flac" && files[0].1 == two);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_written_while_its_files_arrive() {
    let content = bytes(6_000_000, 6);
    let pair = Pair::sharing("album/one.flac", &content).await;
    slow_down(&pair, 3_000_000).await;
    let hash = pair.fetcher.client.get(&get("album")).await.unwrap().hash;
    let answer = read(&pair.there, &format!("/api/v1/content/{hash}.zip"), "").await;
    let files = unzip(&answer.body);
    assert!(files.len() == 1 && files[0].1 == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_chose_is_not_waited_for() {
    let pair = Pair::sharing("album/one.flac", &bytes(70_000, 7)).await;
    std::fs::write(pair.here.file("album/two.flac"), bytes(90_000, 8)).unwrap();
    pair.holder.client.update().await.unwrap();
    let mut one = get("album");
    one.files = vec!["one.flac".to_owned()];
    let hash = pair.fetcher.fetch(&one).await.hash;
    let chosen = read(&pair.there, &format!("/api/v1/content/{hash}/one.flac"), "").await;
    assert!(chosen.status == 200 && chosen.body == bytes(70_000, 7));
    let other = read(&pair.there, &format!("/api/v1/content/{hash}/two.flac"), "").await;
    assert_eq!((other.status, other.json()["code"].clone()), (404, Code::NotFound.name().into()));
    let archive = read(&pair.there, &format!("/api/v1/content/{hash}.zip"), "").await;
    assert_eq!(unzip(&archive.body).len(), 1);
}

/// The files of an archive, found by its directory, each compared with its CRC.
fn unzip(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let number = |at: usize, length: usize| {
        archive[at..at + length].iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let end = archive.len() - 22;
    assert_eq!(archive[end..end + 4], *b"PK\x05\x06");
    let mut at = number(end + 16, 4);
    let mut files = Vec::new();
    for _ in 0..number(end + 10, 2) {
        assert_eq!(archive[at..at + 4], *b"PK\x01\x02");
        let (length, name, place) = (number(at + 24, 4), number(at + 28, 2), number(at + 42, 4));
        let text = String::from_utf8(archive[at + 46..at + 46 + name].to_vec()).unwrap();
        assert_eq!(archive[place..place + 4], *b"PK\x03\x04");
        let begin = place + 30 + number(place + 26, 2) + number(place + 28, 2);
        let content = archive[begin..begin + length].to_vec();
        assert_eq!(number(at + 16, 4), crc32fast::hash(&content) as usize, "{text}");
        assert_eq!(archive[begin + length..][..4], *b"PK\x07\x08");
        files.push((text, content));
        at += 46 + name + number(at + 30, 2);
    }
    files
}
