//! What a browser brings, chunk by chunk, becomes an item.

use serde_json::json;

use crate::{
    asking::{Answer, ask},
    world::{Folder, bytes},
};

async fn begin(folder: &Folder, wanted: serde_json::Value) -> Answer {
    let headers = "Content-Type: application/json\r\n";
    ask(folder.path(), "POST", "/api/v1/uploads", headers, wanted.to_string().as_bytes()).await
}

async fn bring(folder: &Folder, id: &str, at: &str, bytes: &[u8]) -> Answer {
    let headers = "Content-Type: application/octet-stream\r\n";
    ask(folder.path(), "PATCH", &format!("/api/v1/uploads/{id}?{at}"), headers, bytes).await
}

async fn look(folder: &Folder, id: &str) -> Answer {
    ask(folder.path(), "GET", &format!("/api/v1/uploads/{id}"), "", b"").await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_uploaded_is_shared() {
    let content = bytes(9_000_000, 1);
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    let begun = begin(&folder, json!({ "name": "film.mkv", "length": content.len() })).await;
    let id = id(&begun);
    assert_eq!(
        (begun.json()["offset"].clone(), begun.json()["length"].clone()),
        (json!(0), json!(9_000_000))
    );
    let (first, rest) = content.split_at(8 << 20);
    assert_eq!(bring(&folder, &id, "offset=0", first).await.json(), json!({ "offset": 8 << 20 }));
    let twice = bring(&folder, &id, "offset=0", first).await;
    assert_eq!((twice.status, twice.json()["code"].clone()), (409, json!("wrong_offset")));
    assert_eq!(twice.json()["offset"], json!(8 << 20));
    assert_eq!(look(&folder, &id).await.json()["offset"], json!(8 << 20));
    let last = bring(&folder, &id, &format!("offset={}", 8 << 20), rest).await;
    assert_eq!(last.json(), json!({ "offset": 9_000_000, "item": "film.mkv" }));
    let item = member.shared("film.mkv").await;
    assert_eq!(item.size, 9_000_000);
    assert!(folder.read("film.mkv") == content);
    assert_eq!(look(&folder, &id).await.json()["item"], json!("film.mkv"), "for whoever did not hear of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_on_after_its_peer_was_started_anew() {
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    let files = json!([{ "path": "one.flac", "length": 3 }, { "path": "đĩa 2/two.flac", "length": 4 }]);
    let id = id(&begin(&folder, json!({ "name": "album", "files": files })).await);
    assert_eq!(bring(&folder, &id, "file=1&offset=0", b"tw").await.json(), json!({ "offset": 2 }));
    member.peer.shutdown().await;

    let member = folder.start("peer", None).await;
    let left = look(&folder, &id).await.json();
    assert_eq!(left["files"][1], json!({ "path": "đĩa 2/two.flac", "length": 4, "offset": 2 }));
    let listed = ask(folder.path(), "GET", "/api/v1/uploads", "", b"").await.json();
    assert_eq!(listed[0]["id"], json!(id));
    assert_eq!(bring(&folder, &id, "file=1&offset=2", b"o!").await.json(), json!({ "offset": 4 }));
    let last = bring(&folder, &id, "file=0&offset=0", b"one").await;
    assert_eq!(last.json(), json!({ "offset": 3, "item": "album" }));
    assert_eq!(member.shared("album").await.files, 2);
    assert_eq!(folder.read("album/đĩa 2/two.flac"), b"two!");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_wrong_with_an_upload() {
    let folder = Folder::new();
    let _member = folder.start("peer", None).await;
    for (wanted, status, code) in [
        (json!({ "name": "../evil", "length": 1 }), 422, "not_shareable"),
        (json!({ "name": "a", "files": [{ "path": "../b", "length": 1 }] }), 422, "not_shareable"),
        (json!({ "name": "a", "length": 0 }), 422, "not_shareable"),
        (json!({ "name": "a" }), 400, "bad_request"),
        (json!({ "name": "a", "length": 1, "files": [] }), 400, "bad_request"),
        (json!({ "name": "a", "length": 1_u64 << 62 }), 507, "disk_full"),
    ] {
        let refused = begin(&folder, wanted.clone()).await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (status, json!(code)), "{wanted}");
    }
    assert_eq!(look(&folder, &"a".repeat(32)).await.status, 404);
    assert_eq!(look(&folder, "..%2F..").await.status, 400);
    let id = id(&begin(&folder, json!({ "name": "a", "length": 3 })).await);
    assert_eq!(bring(&folder, &id, "offset=0", b"long").await.status, 400);
    assert_eq!(bring(&folder, &id, "offset=0", &vec![0; (8 << 20) + 1]).await.status, 413);
    assert_eq!(ask(folder.path(), "DELETE", &format!("/api/v1/uploads/{id}"), "", b"").await.status, 200);
    assert_eq!(look(&folder, &id).await.status, 404);
}
