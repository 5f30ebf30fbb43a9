//! Magnet links are read as other clients write them, and written so that they can read them.

use peerpool_wire::{
    id::{InfoHash, Sha1Hash, Sha256Hash},
    magnet::{MAX_LINK, MAX_TRACKERS, Magnet, MagnetError},
};
use proptest::prelude::*;

const V1: &str = "0123456789abcdef0123456789abcdef01234567";
const V2: &str = "1220caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e";

fn read(query: &str) -> Result<Magnet, MagnetError> {
    format!("magnet:?{query}").parse()
}

#[test]
fn both_hashes_and_all_hints_are_read() {
    let link = format!(
        "xt=urn:btih:{V1}&xt=urn:btmh:{V2}&dn=a+b%26%C3%A9&tr=http%3A%2F%2Ft%2Fa&tr.1=udp://u&x.pe=h:1"
    );
    let magnet = read(&link).unwrap();
    assert_eq!(magnet.hash.v1().unwrap().to_string(), V1);
    assert_eq!(magnet.hash.v2().unwrap().to_string(), &V2[4..]);
    assert_eq!(magnet.name.as_deref(), Some("a b&é"));
    assert_eq!(magnet.trackers, ["http://t/a", "udp://u"]);
    assert_eq!(magnet.peers, ["h:1"]);
}

#[test]
fn a_v1_hash_may_be_in_base_32_and_in_any_case() {
    let plain = read(&format!("xt=urn:btih:{V1}")).unwrap();
    let base32 = "AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH";
    for xt in [base32.to_owned(), base32.to_lowercase(), V1.to_uppercase()] {
        assert_eq!(read(&format!("xt=urn:btih:{xt}")), Ok(plain.clone()));
    }
    assert_eq!(format!("MAGNET:?xt.1=URN:BTIH:{V1}").parse(), Ok(plain));
}

#[test]
fn links_that_name_no_single_item_are_refused() {
    assert_eq!("http://x".parse::<Magnet>(), Err(MagnetError::Scheme));
    assert_eq!("magnet".parse::<Magnet>(), Err(MagnetError::Scheme));
    assert_eq!("magnetübung:?".parse::<Magnet>(), Err(MagnetError::Scheme));
    assert_eq!(read(""), Err(MagnetError::NoHash));
    assert_eq!(read("dn=x&xt=urn:sha1:abc"), Err(MagnetError::NoHash));
    assert_eq!(read(&"&".repeat(MAX_LINK)), Err(MagnetError::TooLong(MAX_LINK + 8)));
    let sha512 = V2.replacen("1220", "1340", 1);
    let hashes = [
        "urn:btih:",
        "urn:btih:12",
        "urn:btmh:1220",
        &format!("urn:btih:{}g", &V1[1..]),
        &format!("urn:btmh:{sha512}"),
    ];
    for xt in hashes {
        assert_eq!(read(&format!("xt={xt}")), Err(MagnetError::Hash(xt.to_owned())));
    }
    let other = V1.replace('0', "1");
    assert_eq!(read(&format!("xt=urn:btih:{V1}&xt=urn:btih:{other}")), Err(MagnetError::TwoItems));
    for text in ["%", "%1", "%zz", "%ff"] {
        assert_eq!(read(&format!("xt=urn:btih:{V1}&dn={text}")), Err(MagnetError::Encoding(text.to_owned())));
    }
}

#[test]
fn hints_beyond_the_limits_are_passed_over() {
    let magnet = read(&format!("xt=urn:btih:{V1}{}", "&tr=x&x.pe=y".repeat(200))).unwrap();
    assert_eq!((magnet.trackers.len(), magnet.peers.len()), (MAX_TRACKERS, MAX_TRACKERS));
}

proptest! {
    #[test]
    fn a_link_reads_back_as_it_was_written(
        v1 in any::<Option<[u8; 20]>>(), v2 in any::<[u8; 32]>(), name in ".{1,20}",
        trackers in prop::collection::vec(".{0,20}", 0..4), peers in prop::collection::vec("[a-z.:0-9]{0,20}", 0..4),
    ) {
        let hash = InfoHash::from_parts(v1.map(Sha1Hash), Some(Sha256Hash(v2))).unwrap();
        let magnet = Magnet { hash, name: Some(name), trackers, peers };
        prop_assert_eq!(magnet.to_string().parse(), Ok(magnet));
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("xt={text}"));
        let _ = text.parse::<Magnet>();
    }
}
