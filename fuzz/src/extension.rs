use bytes::Bytes;
use peerpool_wire::extension::{ExtensionHandshake, MAX_METADATA, MetadataMessage};

/// The extension handshake (BEP 10), and a message of metadata exchange (BEP 9).
pub fn extension(data: &[u8]) {
    if let Ok(read) = ExtensionHandshake::decode(data) {
        check_handshake(&read);
    }
    let payload = Bytes::copy_from_slice(data);
    if let Ok(Some(read)) = MetadataMessage::decode(&payload) {
        assert_eq!(MetadataMessage::decode(&read.encode()), Ok(Some(read)));
    }
}

fn check_handshake(read: &ExtensionHandshake) {
    assert!(read.metadata_size.is_none_or(|size| (1..=MAX_METADATA).contains(&size)));
    assert!(read.ut_metadata != Some(0) && read.lt_donthave != Some(0), "0 is the handshake's own number");
    assert!(read.client.iter().flat_map(|client| client.chars()).all(|letter| !letter.is_control()));
    // A name that was cut or not UTF-8 may be cut again; everything else stays.
    let again = ExtensionHandshake::decode(&read.encode());
    let nameless = |handshake: &ExtensionHandshake| ExtensionHandshake { client: None, ..handshake.clone() };
    assert_eq!(again.map(|again| nameless(&again)), Ok(nameless(read)));
}
