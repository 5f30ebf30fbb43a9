use peerpool_wire::handshake::Handshake;

/// The handshake of a peer (BEP 3).
pub fn handshake(data: &[u8]) {
    let Some((bytes, _)) = data.split_first_chunk::<{ Handshake::LEN }>() else {
        return;
    };
    if let Ok(read) = Handshake::decode(bytes) {
        let written = read.encode();
        assert_eq!(Handshake::decode(&written), Ok(read));
        let unread = |nth: usize| (20..28).contains(&nth);
        assert!(
            (0..bytes.len()).all(|nth| unread(nth) || written[nth] == bytes[nth]),
            "only reserved bits are lost"
        );
    }
}
