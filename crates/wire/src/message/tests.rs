use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { message: 30_000, bitfield: 300_000, hashes: 200_000, block: 16384 };

fn encoded(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

fn any_message() -> impl Strategy<Value = Message> {
    let request = (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(index, begin, length)| Request {
        index,
        begin,
        length,
    });
    let hash_request = (any::<[u8; 32]>(), any::<[u32; 4]>()).prop_map(
        |(root, [base_layer, index, length, proof_layers])| HashRequest {
            root: Sha256Hash(root),
            base_layer,
            index,
            length,
            proof_layers,
        },
    );
    let bytes = prop::collection::vec(any::<u8>(), 0..100).prop_map(Bytes::from);
    let hashes = prop::collection::vec(any::<[u8; 32]>().prop_map(Sha256Hash), 0..5);
    prop_oneof![
        Just(Message::KeepAlive),
        Just(Message::Choke),
        Just(Message::Unchoke),
        Just(Message::Interested),
        Just(Message::NotInterested),
        any::<u32>().prop_map(Message::Have),
        bytes.clone().prop_map(Message::Bitfield),
        request.clone().prop_map(Message::Request),
        request.clone().prop_map(Message::Cancel),
        any::<u16>().prop_map(Message::Port),
        any::<u32>().prop_map(Message::SuggestPiece),
        Just(Message::HaveAll),
        Just(Message::HaveNone),
        request.prop_map(Message::Reject),
        any::<u32>().prop_map(Message::AllowedFast),
        (any::<u8>(), bytes).prop_map(|(id, payload)| Message::Extended { id, payload }),
        hash_request.clone().prop_map(Message::HashRequest),
        (hash_request.clone(), hashes).prop_map(|(request, hashes)| Message::Hashes(request, hashes)),
        hash_request.prop_map(Message::HashReject),
    ]
}

proptest! {
    #[test]
    fn every_message_is_read_as_it_was_written(message in any_message(), tail in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut bytes = encoded(&message);
        let size = bytes.len();
        bytes.extend(tail);
        prop_assert_eq!(decode(&bytes, LIMITS), Ok(Frame::Message { message, size }));
    }

    #[test]
    fn a_message_cut_short_asks_for_what_it_needs(message in any_message(), cut in any::<prop::sample::Index>()) {
        let bytes = encoded(&message);
        let cut = cut.index(bytes.len());
        match decode(&bytes[..cut], LIMITS) {
            Ok(Frame::Incomplete { needed }) => prop_assert!(needed > cut && needed <= bytes.len().max(5)),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, LIMITS);
    }
}

#[test]
fn only_the_header_of_a_block_is_read() {
    let block = Request { index: 3, begin: 16384, length: 16384 };
    assert_eq!(decode(&block_header(block), LIMITS), Ok(Frame::Block { block }));
    assert_eq!(decode(&block_header(block)[..9], LIMITS), Ok(Frame::Incomplete { needed: BLOCK_HEADER }));
}

#[test]
fn lengths_past_the_limits_are_refused() {
    for (kind, limit) in [(5, 300_000), (22, 200_000), (20, 30_000), (99, 30_000)] {
        let huge = [0xff, 0xff, 0xff, 0xff, kind];
        assert_eq!(decode(&huge, LIMITS), Err(MessageError::TooLong { length: u32::MAX, limit }));
    }
    let block = block_header(Request { index: 0, begin: 0, length: 16385 });
    assert_eq!(decode(&block, LIMITS), Err(MessageError::TooLong { length: 16385, limit: 16384 }));
    assert_eq!(decode(&[0, 0, 0, 8, 7], LIMITS), Err(MessageError::Malformed { name: "piece", length: 8 }));
    assert_eq!(
        decode(&[0, 0, 0, 2, 0, 0], LIMITS),
        Err(MessageError::Malformed { name: "choke", length: 2 })
    );
    // Without a byte of its body.
    assert_eq!(decode(&[0, 0, 1, 0, 4], LIMITS), Err(MessageError::Malformed { name: "have", length: 256 }));
}

#[test]
fn a_message_of_an_unknown_kind_is_passed_over() {
    let bytes = [0, 0, 0, 3, 99, 1, 2];
    assert_eq!(decode(&bytes, LIMITS), Ok(Frame::Message { message: Message::Unknown(99), size: 7 }));
}
