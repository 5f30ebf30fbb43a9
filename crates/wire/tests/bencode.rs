//! Bencoding is decoded strictly, within limits, and written canonically.
#![expect(clippy::unwrap_used, reason = "a test's own vocabulary may fail the test")]

use peerpool_wire::bencode::{BencodeError, Fault, Limits, Node, decode, decode_prefix};
use proptest::prelude::*;

fn fault(bytes: &[u8]) -> (usize, Fault) {
    let BencodeError { offset, fault } = decode(bytes, Limits::MESSAGE).unwrap_err();
    (offset, fault)
}

#[test]
fn malformed_data_is_refused_where_it_is_wrong() {
    assert_eq!(fault(b""), (0, Fault::Truncated));
    assert_eq!(fault(b"i1"), (2, Fault::Truncated));
    assert_eq!(fault(b"i01e"), (0, Fault::Integer));
    assert_eq!(fault(b"i-0e"), (0, Fault::Integer));
    assert_eq!(fault(b"i+1e"), (0, Fault::Integer));
    assert_eq!(fault(b"ie"), (0, Fault::Integer));
    assert_eq!(fault(b"i9223372036854775808e"), (0, Fault::Integer));
    assert_eq!(fault(b"l3:ab"), (1, Fault::Length));
    assert_eq!(fault(b"01:a"), (0, Fault::Length));
    assert_eq!(fault(b"99999999999999999999:a"), (0, Fault::Length));
    assert_eq!(fault(b"di1ei2ee"), (1, Fault::Key));
    assert_eq!(fault(b"d1:ae"), (4, Fault::Unexpected(b'e')));
    assert_eq!(fault(b"i1ex"), (3, Fault::Trailing));
    assert_eq!(fault(b"x"), (0, Fault::Unexpected(b'x')));
}

#[test]
fn duplicate_keys_are_refused_and_unordered_ones_told() {
    assert_eq!(fault(b"d1:ai1e1:ai2ee").1, Fault::DuplicateKey);
    assert_eq!(fault(b"d1:ai1e1:bi1e1:ai2ee").1, Fault::DuplicateKey);
    let value = decode(b"d1:bi1e1:ai2ee", Limits::MESSAGE).unwrap();
    assert!(!value.as_dict().unwrap().is_sorted());
    assert_eq!(value.get("a").unwrap().as_integer(), Some(2));
    assert!(decode(b"d1:ai1e2:aai2ee", Limits::MESSAGE).unwrap().as_dict().unwrap().is_sorted());
}

#[test]
fn nesting_and_tokens_stop_at_the_limits() {
    let nested = |depth: usize| [vec![b'l'; depth], vec![b'e'; depth]].concat();
    assert!(decode(&nested(100), Limits::TORRENT).is_ok());
    let refused = decode(&nested(101), Limits::TORRENT).unwrap_err();
    assert_eq!((refused.offset, refused.fault), (100, Fault::Depth));
    assert_eq!(decode(&vec![b'l'; 10_000_000], Limits::TORRENT).unwrap_err().fault, Fault::Depth);

    let limits = Limits { depth: 2, tokens: 4 };
    assert!(decode(b"l0:0:0:e", limits).is_ok());
    assert_eq!(decode(b"l0:0:0:0:e", limits).unwrap_err().fault, Fault::Tokens);
    assert_eq!(decode(b"d1:a0:1:b0:e", limits).unwrap_err().fault, Fault::Tokens);
}

#[test]
fn a_value_keeps_its_bytes_and_what_follows_it() {
    let bytes = b"d4:infod1:xi-7ee3:keyl1:aeeREST";
    let (value, rest) = decode_prefix(bytes, Limits::MESSAGE).unwrap();
    assert_eq!(rest, b"REST");
    assert_eq!(value.get("info").unwrap().raw(), b"d1:xi-7ee");
    assert_eq!(value.get("key").unwrap().as_list().unwrap()[0].raw(), b"1:a");
    assert_eq!(value.get("info").unwrap().get("x").unwrap().as_integer(), Some(-7));
    assert!(value.get("absent").is_none());
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Node::from),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Node::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Node::List),
            prop::collection::btree_map(prop::collection::vec(any::<u8>(), 0..6), inner, 0..6)
                .prop_map(Node::Dict),
        ]
    })
}

/// Rebuilds a node from what was decoded.
fn rebuilt(value: &peerpool_wire::bencode::Value<'_>) -> Node {
    use peerpool_wire::bencode::Shape;
    match value.shape() {
        Shape::Integer(integer) => Node::from(*integer),
        Shape::Bytes(bytes) => Node::from(*bytes),
        Shape::List(values) => Node::List(values.iter().map(rebuilt).collect()),
        Shape::Dict(dict) => Node::dict(dict.iter().map(|(key, value)| (key, rebuilt(value)))),
    }
}

proptest! {
    #[test]
    fn values_read_back_as_written(node in node()) {
        let bytes = node.encode();
        let value = decode(&bytes, Limits::MESSAGE).unwrap();
        prop_assert_eq!(value.raw(), &bytes[..]);
        prop_assert_eq!(rebuilt(&value), node);
    }

    #[test]
    fn ordered_bencode_encodes_to_the_same_bytes(bytes in "[deil0-2:a-]{0,24}") {
        if let Ok(value) = decode(bytes.as_bytes(), Limits::MESSAGE) {
            let again = rebuilt(&value).encode();
            prop_assert_eq!(again.len(), bytes.len());
            if ordered(&value) {
                prop_assert_eq!(again, bytes.as_bytes());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes, Limits::TORRENT);
    }
}

fn ordered(value: &peerpool_wire::bencode::Value<'_>) -> bool {
    use peerpool_wire::bencode::Shape;
    match value.shape() {
        Shape::List(values) => values.iter().all(ordered),
        Shape::Dict(dict) => dict.is_sorted() && dict.iter().all(|(_, value)| ordered(value)),
        _ => true,
    }
}
