use peerpool_access::passkey::{Asked, PasskeyKey, made, shown};

/// What a browser and an authenticator give: client data, authenticator data, signature and key.
pub fn passkey(data: &[u8]) {
    let asked = Asked { challenge: &[0; 32], origin: "https://example.org", host: "example.org" };
    let challenge = "A".repeat(43);
    let client_data = |kind| {
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://example.org"}}"#)
            .into_bytes()
    };
    if let Ok(new) = made(asked, &client_data("webauthn.create"), data) {
        assert!((1..=peerpool_access::passkey::MAX_CREDENTIAL_ID).contains(&new.id.as_bytes().len()));
        assert_eq!(PasskeyKey::from_cose(&new.key.to_cose()), Some(new.key));
    }
    if let Some(key) = PasskeyKey::from_cose(data) {
        assert_eq!(key.to_cose(), data);
    }
    let stranger = PasskeyKey::EdDsa([7; 32]);
    assert!(shown(asked, &stranger, 0, &client_data("webauthn.get"), data, &[0; 64]).is_err());
    assert!(shown(asked, &stranger, 0, data, &[0; 37], data).is_err());
    assert!(made(asked, data, &[0; 37]).is_err());
}
