use peerpool_access::{
    Invite, Keyset, Moment, Pass,
    key::{PoolId, PublicKey},
};
use serde::{Serialize, de::DeserializeOwned};

/// Passes, keysets and invites: as statements, and as the bodies that only who holds the key could sign.
pub fn access(data: &[u8]) {
    let stranger = PublicKey([7; 32]);
    assert!(Pass::open(data, &[stranger], PoolId([1; 32]), stranger, Moment(0)).is_err());
    assert!(Keyset::open(data, stranger, None).is_err());
    is_read_as_written::<Pass>(data);
    is_read_as_written::<Keyset>(data);
    if let Some(invite) = std::str::from_utf8(data).ok().and_then(|text| text.parse::<Invite>().ok()) {
        assert_eq!(invite.to_string().parse(), Ok(invite));
    }
}

fn is_read_as_written<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(body: &[u8]) {
    let Ok(read) = rmp_serde::from_slice::<T>(body) else { return };
    let written = rmp_serde::to_vec_named(&read).expect("what was read can be written");
    assert_eq!(rmp_serde::from_slice::<T>(&written).expect("what was written can be read"), read);
}
