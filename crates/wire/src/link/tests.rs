use proptest::prelude::*;

use super::*;

fn hello(number: u8) -> Hello {
    Hello {
        versions: VERSIONS.to_vec(),
        node: NodeId(number.into()),
        process: ProcessId(u64::from(number) << 40),
        nonce: Nonce([number; 32]),
    }
}

fn session() -> Session {
    Session {
        peer_id: PeerId([7; 20]),
        connection: 3,
        secret: Some(u64::MAX),
        name: "máy của tôi".into(),
        agent: "peerpool".into(),
        ip: [10, 0, 0, 1].into(),
        port: 4040,
        listens: vec!["[::1]:4040".parse().unwrap()],
        found: vec![("10.0.0.1:4040".parse().unwrap(), true)],
        key: Some(Key([2; 32])),
    }
}

fn item() -> Item {
    Item {
        info_hash: InfoHash::hybrid(Sha1Hash([1; 20]), Sha256Hash([2; 32])),
        name: "ảnh.jpg".into(),
        kind: ItemKind::File,
        length: 1 << 40,
        piece_length: 1 << 24,
        pieces: 1 << 16,
        files: 1,
        private: false,
        root: Some(Sha256Hash([3; 32])),
        v1_form: Some(Sha1Hash([4; 20])),
        added: 1_700_000_000,
        turns: 2,
        owner: Some(7),
    }
}

fn every_message() -> Vec<Message> {
    let (info_hash, swarm, peer_id) = (item().info_hash, WireHash([5; 20]), PeerId([7; 20]));
    let silent = SilentPeer { peer_id, name: "a".into(), ip: [0; 16].into() };
    let client = Client {
        swarm,
        client: ClientId(9),
        peer_id,
        v4: Some([10, 0, 0, 2].into()),
        v6: None,
        port: 6881,
        is_all: true,
    };
    let news = [
        News::Known { items: vec![(info_hash, 1)] },
        News::Wanted { items: vec![info_hash] },
        News::Item(item()),
        News::Forgotten { info_hash },
        News::Completed { swarm, count: 4 },
        News::Session(session()),
        News::SessionGone { peer_id, connection: 3 },
        News::Holder { peer_id, swarm, is_all: false },
        News::HolderGone { peer_id, swarm },
        News::Client(client),
        News::ClientGone { swarm, client: ClientId(9) },
        News::ClientStopped { swarm, client: ClientId(9) },
        News::Dial { holder: peer_id, info_hash, addresses: vec!["1.2.3.4:5".parse().unwrap()], key: None },
        News::Gather { ask: GatherId(1) },
        News::Gathered { ask: GatherId(1), answered: 2, silent: vec![silent] },
    ];
    let opening = [
        Message::Hello(hello(1)),
        Message::Proof(Proof([8; 32])),
        Message::Refused { reason: Refusal::Version { supported: vec![1, 2] } },
        Message::Refused { reason: Refusal::Secret },
        Message::Refused { reason: Refusal::Itself },
    ];
    let done = Message::MembersDone { epoch: 3, confirmed: vec!["ann (laptop)".into()], silent: Vec::new() };
    let client = StockClient {
        key: Sha256Hash([3; 32]),
        item: info_hash,
        peer_id,
        ip: "192.0.2.1".parse().unwrap(),
        seconds: 660,
    };
    let takers = Message::StockTakers { item: info_hash, keys: vec![Key([4; 32])] };
    let client = Message::StockClient(client);
    let others = [Message::Complete, Message::Alive, Message::MembersChanged, done, client, takers];
    opening.into_iter().chain(news.map(Message::News)).chain(others).collect()
}

/// The frames of these messages.
fn written(messages: &[Message]) -> Vec<Vec<u8>> {
    let mut writer = Writer::default();
    let full: Vec<_> = messages.iter().filter_map(|message| writer.write(message).unwrap()).collect();
    full.into_iter().chain(writer.take()).collect()
}

#[test]
fn messages_come_back_as_they_were_sent_and_in_order() {
    let messages = every_message();
    let [frame] = written(&messages).try_into().unwrap();
    assert_eq!(read(&frame).unwrap(), messages);
    assert_eq!(read(&[]).unwrap(), []);
}

#[test]
fn an_opening_fits_into_its_bound() {
    let versions = vec![u16::MAX; crate::channel::MAX_VERSIONS];
    let longest = Message::Hello(Hello { versions: versions.clone(), ..hello(255) });
    let refused = Message::Refused { reason: Refusal::Version { supported: versions } };
    for message in [longest, refused, Message::Proof(Proof([255; 32]))] {
        assert!(message.alone().unwrap().len() <= MAX_OPENING);
    }
}

#[test]
fn the_longest_news_fit_into_a_frame() {
    let silent = SilentPeer { peer_id: PeerId([0xff; 20]), name: "x".repeat(MAX_NAME), ip: [255; 16].into() };
    let gathered =
        News::Gathered { ask: GatherId(u64::MAX), answered: u32::MAX, silent: vec![silent; MAX_PEERS] };
    let known = News::Known { items: vec![(item().info_hash, u64::MAX); MAX_BATCH] };
    for news in [gathered, known] {
        let message = Message::News(news);
        assert_eq!(read(&message.alone().unwrap()).unwrap(), [message]);
    }
}

#[test]
fn a_frame_that_is_full_is_followed_by_another() {
    let known = Message::News(News::Known { items: vec![(item().info_hash, 1); MAX_BATCH] });
    let messages = vec![known; 50];
    let frames = written(&messages);
    assert!(frames.len() > 1);
    assert!(frames.iter().all(|frame| frame.len() <= MAX_LINK_FRAME));
    let read: Vec<Message> = frames.iter().flat_map(|frame| read(frame).unwrap()).collect();
    assert_eq!(read, messages);

    let frames = written(&vec![Message::Alive; MAX_MESSAGES + 1]);
    assert_eq!(frames.iter().map(|frame| super::read(frame).unwrap().len()).collect::<Vec<_>>(), [4096, 1]);
}

#[test]
fn a_frame_over_a_limit_is_refused() {
    let alive = Message::Alive.alone().unwrap();
    assert!(matches!(read(&alive.repeat(MAX_MESSAGES + 1)), Err(FrameError::TooMany)));
    assert!(matches!(read(&vec![0; MAX_LINK_FRAME + 1]), Err(FrameError::TooLong { .. })));
    let batch = Message::News(News::Wanted { items: vec![item().info_hash; MAX_BATCH + 1] });
    let frame = [alive, batch.alone().unwrap()].concat();
    assert!(matches!(read(&frame), Err(FrameError::Malformed { at: 1, .. })));
}

#[test]
fn every_truncation_of_a_message_is_an_error() {
    for message in every_message() {
        let frame = message.alone().unwrap();
        for length in 1..frame.len() {
            assert!(read(&frame[..length]).is_err(), "{length} bytes of {message:?}");
        }
    }
}

#[test]
fn a_proof_is_of_both_ends_of_all_that_they_said_and_of_the_role() {
    let (secret, dials, listens) = (PoolSecret([1; 32]), hello(1), hello(2));
    let opening = Opening { dials: &dials, listens: &listens };
    let proof = opening.proof(&secret, Role::Dials);
    assert_eq!(opening.proof(&secret, Role::Dials), proof);
    let others = [
        Opening { dials: &listens, listens: &dials },
        Opening { dials: &Hello { nonce: Nonce([9; 32]), ..hello(1) }, listens: &listens },
        Opening { dials: &dials, listens: &Hello { nonce: Nonce([9; 32]), ..hello(2) } },
        Opening { dials: &Hello { node: NodeId(9), ..hello(1) }, listens: &listens },
        Opening { dials: &dials, listens: &Hello { process: ProcessId(9), ..hello(2) } },
        Opening { dials: &dials, listens: &Hello { versions: vec![1, 2], ..hello(2) } },
    ];
    for other in others {
        assert_ne!(other.proof(&secret, Role::Dials), proof, "{other:?}");
    }
    assert_ne!(opening.proof(&secret, Role::Listens), proof);
    assert_ne!(opening.proof(&PoolSecret([2; 32]), Role::Dials), proof);
}

#[test]
fn a_proof_is_that_of_any_release() {
    // Written by Python's hmac of the bytes that the documentation of the protocol names.
    let (dials, listens) = (hello(1), hello(2));
    let proof = Opening { dials: &dials, listens: &listens }.proof(&PoolSecret([7; 32]), Role::Dials);
    assert_eq!(
        data_encoding::HEXLOWER.encode(&proof.0),
        "8f6d3a908e5c395683f061b7c0e92aa80beeb55b3b37738d561a524e934facd8"
    );
    let key = PoolSecret([7; 32]).derive("stock clients");
    assert_eq!(
        data_encoding::HEXLOWER.encode(&key),
        "ffbfa1307266046fde6ac7b6314b9e2425d6942a786cd55c8d12c0863c977808"
    );
}

#[test]
fn the_secret_is_never_shown() {
    assert!(!format!("{:?}", PoolSecret([123; 32])).contains("123"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_change_to_a_frame_makes_the_decoder_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut frame = written(&every_message()).concat();
        let at = at.index(frame.len());
        frame[at] = byte;
        if let Ok(messages) = read(&frame) {
            // What is read can be written and read again.
            prop_assert_eq!(read(&written(&messages).concat()).unwrap(), messages);
        }
    }
}
