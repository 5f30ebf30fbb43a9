//! Writes the inputs that fuzzing starts from to `corpus/`: valid ones by the real encoders, and some broken ones.
//!
//! `cargo run -p peerpool-fuzz --example seeds`. The other inputs there are what fuzzing found.

use std::{fs, io, path::Path};

use bytes::Bytes;
use peerpool_repository::StateFile;
use peerpool_wire::{
    canonical::{Builder, FileHasher},
    channel::{
        Have, Hello, ItemKind, ItemState, MetainfoChunk, Page, Refusal, RequestId, Target, ToPeer, ToTracker,
        Welcome,
    },
    extension::{ExtensionHandshake, MetadataMessage},
    handshake::{Features, Handshake},
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash, TrackerId, WireHash},
    link::{self, GatherId, News, NodeId, Nonce, ProcessId, Proof},
    magnet::Magnet,
    message::{HashRequest, Message, Request, block_header},
    metainfo::Metainfo,
    networks::SiteNetwork,
};

type Inputs = Vec<(&'static str, Vec<u8>)>;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let targets = [
        ("access", statements()),
        ("announce", announces()),
        ("channel", frames()),
        ("extension", extensions()),
        ("handshake", handshakes()),
        ("link", links()),
        ("magnet", magnets()),
        ("message", messages()),
        ("metainfo", torrents()),
        ("passkey", passkeys()),
        ("records", contents()),
        ("resume", state_files()),
        ("swarm", operations()),
    ];
    for (target, inputs) in targets {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in inputs {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

fn info_hash() -> InfoHash {
    InfoHash::hybrid(Sha1Hash([1; 20]), Sha256Hash([2; 32]))
}

fn peer_id() -> PeerId {
    PeerId::new(*b"0123456789ab")
}

/// The vectors of the crate's tests: whole statements, and their bodies alone.
fn statements() -> Inputs {
    let hex =
        |text: &str| data_encoding::HEXLOWER.decode(text.trim().as_bytes()).expect("hexadecimal digits");
    let pass = hex(include_str!("../../crates/access/tests/vectors/pass.hex"));
    let keyset = hex(include_str!("../../crates/access/tests/vectors/keyset.hex"));
    let invite = include_str!("../../crates/access/tests/vectors/invite.txt").trim();
    vec![
        ("pass", pass.clone()),
        ("pass-body", pass[73..].to_vec()),
        ("keyset", keyset.clone()),
        ("keyset-body", keyset[73..].to_vec()),
        ("invite", invite.into()),
    ]
}

/// What an authenticator gave in a vector of the specification, and the key alone.
fn passkeys() -> Inputs {
    let vector = include_str!("../../crates/access/tests/vectors/webauthn/es256-packed.txt");
    let all = |name: &'static str| {
        let lines = vector.lines().filter_map(move |line| line.strip_prefix(name));
        lines.map(|hex| data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).expect("hexadecimal digits"))
    };
    let data: Vec<_> = all("authenticator_data ").collect();
    let [made, shown] = data.try_into().expect("a registration and an authentication");
    let key = made[made.len() - 77..].to_vec();
    let client_data = all("client_data ").next().expect("client data");
    vec![("made", made), ("shown", shown), ("key", key), ("client-data", client_data)]
}

fn announces() -> Inputs {
    let whole = "info_hash=%12%34Vx%9a%bc%de%f1%23Eg%89%ab%cd%ef%124Vx%9a&peer_id=-PP0100-0123456789ab&port=6881\
        &uploaded=0&downloaded=0&left=100&event=started&numwant=50&key=a1b2&compact=0&no_peer_id=1&ip=10.0.0.1";
    let scrape =
        "info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=bbbbbbbbbbbbbbbbbbbb&info_hash=aaaaaaaaaaaaaaaaaaaa";
    vec![
        ("whole", whole.into()),
        ("scrape", scrape.into()),
        ("port-0", whole.replace("6881", "0").into()),
        ("broken-escape", whole.replace("%9a", "%9").into()),
        ("short-hash", "info_hash=abc&peer_id=&port=65536".into()),
    ]
}

fn frames() -> Inputs {
    let hello = Hello {
        versions: vec![1],
        peer_id: peer_id(),
        name: "máy của tôi".into(),
        agent: "peerpool".into(),
        port: 4040,
        secret: None,
        listens: vec!["192.168.1.5:4040".parse().expect("an address")],
        connection: 0,
        digest: None,
    };
    let some = Have::Some { pieces: 9, bitfield: vec![0xff, 0x80] };
    let name = Target::Name { name: "a".into(), hash_prefix: "0f".into() };
    let to_tracker = [
        ("hello", ToTracker::Hello(hello)),
        ("register", ToTracker::Register { items: vec![ItemState { info_hash: info_hash(), have: some }] }),
        ("locate", ToTracker::Locate { request: RequestId(3), target: name, wanted: 0, follow: true }),
        ("bye", ToTracker::Bye),
        (
            "chunk",
            ToTracker::Metainfo(MetainfoChunk {
                info_hash: info_hash(),
                offset: 0,
                total: 9,
                bytes: b"d4:".to_vec(),
            }),
        ),
    ];
    let welcome = Welcome {
        version: 1,
        tracker_id: TrackerId([5; TrackerId::LEN]),
        name: "pool".into(),
        your_ip: [127, 0, 0, 1].into(),
        keep_alive_seconds: 20,
        lease_seconds: 60,
        max_items: 1000,
        nodes: vec!["tracker2.example:6969".to_owned()],
        kept: false,
        sites: vec![SiteNetwork { site: 0, network: "10.1.0.0/16".to_owned() }],
    };
    let refused = Refusal::UnsupportedVersion { supported: vec![1] };
    let to_peer = [
        ("welcome", ToPeer::Welcome(welcome)),
        ("refused", ToPeer::Refused { reason: refused, nodes: vec!["tracker2:6969".to_owned()] }),
        ("listed", ToPeer::Listed { request: RequestId(1), page: Page::default() }),
    ];
    let written = |frame: Result<Vec<u8>, _>| frame.expect("a small frame");
    let mut inputs: Inputs =
        to_tracker.iter().map(|(name, message)| (*name, written(message.encode()))).collect();
    inputs.extend(to_peer.iter().map(|(name, message)| (*name, written(message.encode()))));
    inputs.push(("assembly", [vec![0, 0, 4, 0, 2, 1, 2], vec![0, 2, 4, 0, 2, 3, 4]].concat()));
    inputs
}

fn links() -> Inputs {
    let (swarm, peer_id) = (WireHash([7; 20]), peer_id());
    let session = link::Session {
        peer_id,
        connection: 1,
        secret: Some(2),
        name: "máy của tôi".into(),
        agent: "peerpool".into(),
        ip: [127, 0, 0, 1].into(),
        port: 4040,
        listens: vec!["[::1]:4040".parse().expect("an address")],
        found: vec![("192.168.1.5:4040".parse().expect("an address"), true)],
        key: None,
    };
    let item = link::Item {
        info_hash: info_hash(),
        name: "a".into(),
        kind: ItemKind::File,
        length: 5,
        piece_length: 16_384,
        pieces: 1,
        files: 1,
        private: false,
        root: Some(Sha256Hash([2; 32])),
        v1_form: None,
        added: 1_700_000_000,
        turns: 1,
        owner: Some(7),
    };
    let client = link::Client {
        swarm,
        client: link::ClientId(5),
        peer_id,
        v4: Some([10, 0, 0, 1].into()),
        v6: None,
        port: 6881,
        is_all: true,
    };
    let hello =
        link::Hello { versions: vec![1], node: NodeId(1), process: ProcessId(2), nonce: Nonce([3; 32]) };
    let frame = |messages: &[link::Message]| {
        let mut writer = link::Writer::default();
        messages.iter().for_each(|message| assert!(writer.write(message).expect("small").is_none()));
        writer.take().unwrap_or_default()
    };
    let news = [
        News::Known { items: vec![(info_hash(), 1)] },
        News::Item(item),
        News::Session(session),
        News::Holder { peer_id, swarm, is_all: true },
        News::Client(client),
        News::Gather { ask: GatherId(1) },
        News::Gathered { ask: GatherId(1), answered: 1, silent: Vec::new() },
    ];
    let done =
        link::Message::MembersDone { epoch: 3, confirmed: vec!["ann (laptop)".into()], silent: Vec::new() };
    let client_of_member = link::Message::StockClient(link::StockClient {
        key: Sha256Hash([5; 32]),
        item: info_hash(),
        peer_id,
        ip: [10, 0, 0, 2].into(),
        seconds: 660,
    });
    let takers = link::Message::StockTakers { item: info_hash(), keys: Vec::new() };
    let refused = link::Message::Refused { reason: link::Refusal::Version { supported: vec![1] } };
    let told: Vec<_> = news.into_iter().map(link::Message::News).chain([link::Message::Complete]).collect();
    let whole = frame(&told);
    vec![
        ("hello", frame(&[link::Message::Hello(hello)])),
        ("proof", frame(&[link::Message::Proof(Proof([4; 32]))])),
        ("refused", frame(&[refused])),
        ("alive", frame(&[link::Message::Alive, link::Message::Alive])),
        ("members", frame(&[link::Message::MembersChanged, done, client_of_member, takers])),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("snapshot", whole),
    ]
}

fn extensions() -> Inputs {
    let handshake = ExtensionHandshake {
        ut_metadata: Some(3),
        lt_donthave: Some(7),
        pp_pass: None,
        client: Some("Peerpool 0.1".to_owned()),
        port: Some(6881),
        reqq: Some(2000),
        metadata_size: Some(31_235),
        upload_only: true,
        max_request: Some(1 << 20),
        bridge: true,
        reveals: true,
    };
    let data = MetadataMessage::Data { piece: 1, total: 16_389, data: Bytes::from_static(b"hello") };
    vec![
        ("handshake", handshake.encode().into()),
        ("request", MetadataMessage::Request { piece: 0 }.encode().into()),
        ("data", data.encode().into()),
        ("reject", MetadataMessage::Reject { piece: 2 }.encode().into()),
        (
            "out-of-range",
            b"d1:md11:ut_metadatai0ee13:metadata_sizei99999999999e1:pi70000e4:reqqi-5ee".to_vec(),
        ),
    ]
}

fn handshakes() -> Inputs {
    let features = Features { extension: true, fast: true, v2: true };
    let whole = Handshake { features, swarm: WireHash([7; 20]), peer_id: peer_id() }.encode();
    vec![("whole", whole.to_vec()), ("cut", whole[..67].to_vec()), ("http", vec![b'G'; 68])]
}

fn magnets() -> Inputs {
    let full = Magnet {
        hash: info_hash(),
        name: Some("ảnh & video".to_owned()),
        trackers: vec!["http://127.0.0.1:7070/announce".to_owned()],
        peers: vec!["127.0.0.1:4000".to_owned()],
    };
    vec![
        ("full", full.to_string().into()),
        ("base32", "magnet:?xt=urn:btih:AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU&dn=a".into()),
        ("numbered", format!("magnet:?xt.1=urn:btih:{}&tr.2=a", "0f".repeat(20)).into()),
        (
            "two-items",
            format!("magnet:?xt=urn:btih:{}&xt=urn:btih:{}", "0".repeat(40), "1".repeat(40)).into(),
        ),
    ]
}

fn messages() -> Inputs {
    let request = Request { index: 1, begin: 16_384, length: 16_384 };
    let hashes =
        HashRequest { root: Sha256Hash([3; 32]), base_layer: 0, index: 0, length: 2, proof_layers: 1 };
    let stream = |messages: &[Message]| {
        let mut bytes = vec![0, 9, 0];
        messages.iter().for_each(|message| message.encode(&mut bytes));
        bytes
    };
    let block = Request { length: 5, ..request };
    vec![
        ("classic", {
            let bits = Message::Bitfield(Bytes::from_static(&[0xff, 0x80]));
            stream(&[bits, Message::Interested, Message::Unchoke, Message::Have(8), Message::Port(6881)])
        }),
        ("fast", {
            let rest = [Message::AllowedFast(3), Message::Request(request), Message::Reject(request)];
            stream(&[&[Message::HaveAll, Message::SuggestPiece(2)], rest.as_slice()].concat())
        }),
        (
            "hashes",
            stream(&[Message::HashRequest(hashes), Message::Hashes(hashes, vec![Sha256Hash([4; 32]); 3])]),
        ),
        ("block", [stream(&[]), block_header(block).to_vec(), b"hello".to_vec(), stream(&[])].concat()),
        (
            "extended",
            stream(&[Message::Extended { id: 0, payload: Bytes::from_static(b"de") }, Message::KeepAlive]),
        ),
        ("too-long", [stream(&[]), vec![0xff; 5]].concat()),
    ]
}

fn torrents() -> Inputs {
    let one = item("ảnh.jpg", 16_384, &[("", 40_000)]);
    let folder = item("folder", 32_768, &[("a/b", 70_000), ("empty", 0), ("z", 3)]);
    let trackers = [vec!["http://127.0.0.1:7070/announce".to_owned()], vec!["http://[::1]/".to_owned()]];
    let v1 = one.v1_form().expect("a hybrid");
    vec![
        ("file", one.to_torrent(&trackers)),
        ("folder", folder.to_torrent(&[])),
        ("v1", v1.to_torrent(&trackers)),
        ("info", folder.info.raw().to_vec()),
        ("v2", V2_ONLY.to_vec()),
        ("duplicate-key", b"d4:infod6:lengthi1e6:lengthi2eee".to_vec()),
        ("nested", [vec![b'l'; 101], vec![b'e'; 101]].concat()),
    ]
}

/// Contents of records as `peerpool_fuzz::records` reads them: how long the place is, and then each with whether it
/// is raw, its length, and where it is cut.
fn contents() -> Inputs {
    let stream = |contents: &[&[u8]]| {
        let sealed = |content: &&[u8]| [&[0, content.len() as u8][..], content, &[7]].concat();
        [vec![3], contents.iter().flat_map(sealed).collect()].concat()
    };
    let (payload, update, close) = (&b"payload\x17"[..], &[24, 0, 0, 1, 1, 0x16][..], &[1, 0, 0x15][..]);
    vec![
        ("closed", stream(&[payload, b"padded\x17\0\0\0", close, payload])),
        ("updates", stream(&[payload, update, payload, update, update, payload])),
        ("ticket", stream(&[payload, &[4, 0, 0, 1, 0, 0x16]])),
        ("alert", stream(&[&[2, 40, 0x15]])),
        ("nothing", stream(&[&[0x17][..]; 33])),
        ("zeros", stream(&[&[0, 0, 0]])),
        ("raw", [stream(&[payload]), vec![1, 6, 0x17, 3, 3, 0, 17, 9, 2]].concat()),
    ]
}

/// A file of three bytes.
const V2_ONLY: &[u8] = b"d4:infod9:file treed1:ad0:d6:lengthi3e11:pieces root32:\
    abcdefghijklmnopqrstuvwxyz012345eee12:meta versioni2e4:name1:a12:piece lengthi16384ee12:piece layersdee";

fn item(name: &str, piece_length: u32, files: &[(&str, usize)]) -> Metainfo {
    let builder = files.iter().fold(Builder::new(piece_length), |builder, (path, length)| {
        let mut hasher = FileHasher::new(piece_length);
        hasher.update(&vec![7; *length]);
        let path = path.split('/').filter(|part| !part.is_empty());
        builder.file(path.map(str::to_owned).collect(), hasher.finish())
    });
    builder.finish(name).expect("a canonical item")
}

/// Bodies as `repository` writes them, which is made sure of; the target puts them under a checksum.
fn state_files() -> Inputs {
    let bytes = |bytes: &'static [u8]| serde_bytes::Bytes::new(bytes);
    let time = 1_700_000_000_000_000_000i64;
    let stamp = (1u64, 2u64, 40_000u64, time, time, time);
    let (none, left) = (bytes(&[]), bytes(&[7; 24]));
    let begun = (9u32, bytes(&[0xa0, 0x80]), None::<[usize; 0]>, none, [(0u8, 0u64); 0], None::<&str>, false);
    let delivered =
        (9u32, bytes(&[0xff, 0x80]), Some([0usize, 2]), left, [(0usize, 7u64)], Some("folder"), true);
    let root = Some(Sha256Hash([3; 32]));
    let tail = Some(Sha1Hash([4; 20]));
    let file = ("a/b", stamp, 6i64, 16_384u32, root, bytes(&[1; 96]), bytes(&[2; 60]), tail, Some("Short"));
    let index = ([file], [("a", (info_hash(), [stamp], true))]);
    let packed = [
        ("begun", StateFile::Download, rmp_serde::to_vec(&begun)),
        ("delivered", StateFile::Download, rmp_serde::to_vec(&delivered)),
        ("index", StateFile::HashIndex, rmp_serde::to_vec(&index)),
    ];
    let mut inputs = Inputs::new();
    for (name, file, body) in packed {
        let body = body.expect("a small body");
        assert!(
            peerpool_fuzz::rewrite(file, &file.seal(&body)).is_some(),
            "{name} is not what is stored today"
        );
        inputs.push((name, [vec![u8::from(file == StateFile::HashIndex)], body].concat()));
    }
    inputs.push(("empty-file", vec![2]));
    inputs.push(("unsealed", [vec![2], StateFile::Download.seal(b"\x90")].concat()));
    inputs
}

/// Operations as `peerpool_fuzz::swarm` reads them: an item and a beginning, then one after the other.
fn operations() -> Inputs {
    const SEED_JOINS: [u8; 4] = [0, 1, 0, 3];
    const HAVE_ALL: [u8; 3] = [3, 11, 0];
    const UNCHOKE: [u8; 3] = [4, 1, 0];
    const BLOCK: [u8; 3] = [7, 0, 0];
    const WRONG_BLOCK: [u8; 3] = [8, 0, 3];
    const VERIFY: [u8; 2] = [11, 0];
    const TICK: [u8; 2] = [15, 255];
    const INTERESTED: [u8; 3] = [5, 3, 0];
    const REQUEST: [u8; 5] = [3, 8, 0, 16, 0];
    const SENT: [u8; 3] = [10, 0, 255];
    let fetch = |item: u8, block: [u8; 3]| {
        let begin = [&[item, 2][..], &SEED_JOINS, &HAVE_ALL, &UNCHOKE].concat();
        [begin, [&block[..], &VERIFY].concat().repeat(16), TICK.repeat(4)].concat()
    };
    let serve = [&[0, 4][..], &SEED_JOINS, &INTERESTED, &TICK, &REQUEST, &SENT, &REQUEST, &TICK].concat();
    vec![
        ("fetch-file", fetch(0, BLOCK)),
        ("fetch-pads", fetch(1, BLOCK)),
        ("fetch-hybrid", fetch(2, BLOCK)),
        ("liar", fetch(3, WRONG_BLOCK)),
        ("serve", serve),
        ("anything", (0..600u32).map(|at| ((at * at * 31 + at * 7) >> 3) as u8).collect()),
        ("anything-else", (0..600u32).map(|at| ((at * at * 73 + at * 11) >> 4) as u8).collect()),
    ]
}
