//! rustls with its own records is the other end: whatever is said in one direction is heard in the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

mod support;

use peerpool_tls::{Endpoint, Identity, Protocol, records::Suite};
use proptest::prelude::*;
use rustls::CipherSuite;
use support::{
    payload, peer,
    stock::{Pair, client, server},
};

/// What happens, one thing after another.
#[derive(Debug, Clone)]
enum Step {
    WeSend(usize),
    TheySend(usize),
    WeUpdate(bool),
    TheyUpdate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0usize..50_000).prop_map(Step::WeSend),
        3 => (0usize..50_000).prop_map(Step::TheySend),
        1 => any::<bool>().prop_map(Step::WeUpdate),
        1 => Just(Step::TheyUpdate),
    ];
    prop::collection::vec(step, 0..16)
}

fn pair(we_dial: bool, cuts: Vec<usize>, early: &[u8]) -> Pair {
    let (ours, stock) = (peer(1), peer(2));
    match we_dial {
        true => Pair::shake(ours.dial(stock.key()).unwrap(), server(&stock), cuts, early),
        false => Pair::shake(ours.answer().unwrap(), client(&stock, &ours), cuts, early),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn both_ends_hear_what_the_other_says(
        we_dial in any::<bool>(),
        cuts in prop::collection::vec(1usize..20_000, 1..6),
        place in 1usize..20_000,
        early in 0usize..20_000,
        steps in steps(),
    ) {
        let early = payload(early);
        let mut pair = pair(we_dial, cuts, &early);
        prop_assert_eq!(pair.peer(), peer(2).key());
        prop_assert_eq!(pair.heard_by_ours(place), (early, false));
        for step in steps {
            match step {
                Step::WeSend(length) => {
                    let (sealer, there) = pair.sealer();
                    sealer.seal(&payload(length), there).unwrap();
                    prop_assert_eq!(pair.heard_by_stock(), (payload(length), false));
                }
                Step::TheySend(length) => {
                    use std::io::Write as _;
                    pair.stock().writer().write_all(&payload(length)).unwrap();
                    prop_assert_eq!(pair.heard_by_ours(place), (payload(length), false));
                }
                Step::WeUpdate(ask) => {
                    let (sealer, there) = pair.sealer();
                    sealer.update_key(ask, there).unwrap();
                }
                Step::TheyUpdate => pair.stock().refresh_traffic_keys().unwrap(),
            }
        }
        let (sealer, there) = pair.sealer();
        sealer.close(there).unwrap();
        prop_assert!(pair.heard_by_stock().1, "rustls hears our end");
        pair.stock().send_close_notify();
        prop_assert!(pair.heard_by_ours(place).1, "we hear the end of rustls");
    }
}

#[test]
fn aes_is_agreed_on_and_no_ticket_is_sent() {
    for we_dial in [true, false] {
        let mut pair = pair(we_dial, vec![usize::MAX], b"");
        let suite = pair.stock().negotiated_cipher_suite().unwrap().suite();
        assert_eq!(suite, CipherSuite::TLS13_AES_128_GCM_SHA256);
        assert_eq!(pair.stock().alpn_protocol(), Some(&b"peerpool-peer/1"[..]));
        assert_eq!(pair.heard_by_ours(100), (Vec::new(), false), "a ticket would be an error");
    }
}

#[test]
fn chacha_is_agreed_on_with_who_has_no_aes() {
    let stock = Identity::from_seed([2; 32]).unwrap();
    let stock = Endpoint::offering(&stock, Protocol::Peer, &[Suite::ChaCha20Poly1305]).unwrap();
    let ours = peer(1);
    let mut pair = Pair::shake(ours.answer().unwrap(), client(&stock, &ours), vec![1000], &payload(30_000));
    let suite = pair.stock().negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    assert_eq!(pair.heard_by_ours(100), (payload(30_000), false));
    pair.stock().refresh_traffic_keys().unwrap();
    let (sealer, there) = pair.sealer();
    sealer.update_key(true, there).unwrap();
    sealer.seal(&payload(30_000), there).unwrap();
    assert_eq!(pair.heard_by_stock(), (payload(30_000), false));
    assert_eq!(pair.heard_by_ours(100), (Vec::new(), false));
}
