//! Passkeys: the vectors of Web Authentication, Level 3, and what members do with theirs.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use data_encoding::HEXLOWER;
use peerpool_access::{
    MemberId, Members, Role, SecretHash,
    members::{
        Action, Actor, Change, Command, CommandError, JoinError, MAX_PASSKEYS, Passkey, Ticket, TicketKind,
        Way,
    },
    passkey::{Asked, CredentialId, Made, PasskeyError, PasskeyKey, made, shown},
};
use support::{HOUR, NOW, pool};

/// A registration and an authentication, as the specification gives them (w3c/webauthn at 146d0db0, index.bs, "Test Vectors";
/// of the attestation object only the authenticator data).
struct Vector {
    challenges: [[u8; 32]; 2],
    client_data: [Vec<u8>; 2],
    authenticator_data: [Vec<u8>; 2],
    signature: Vec<u8>,
}

impl Vector {
    fn read(text: &str) -> Self {
        let all = |name: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            lines.map(|value| HEXLOWER.decode(value.as_bytes()).unwrap()).collect::<Vec<_>>()
        };
        let both = |name: &str| <[Vec<u8>; 2]>::try_from(all(name)).unwrap();
        Self {
            challenges: both("challenge").map(|challenge| challenge.try_into().unwrap()),
            client_data: both("client_data"),
            authenticator_data: both("authenticator_data"),
            signature: all("signature").remove(0),
        }
    }

    fn asked(&self, at: usize) -> Asked<'_> {
        Asked { challenge: &self.challenges[at], origin: "https://example.org", host: "example.org" }
    }

    fn made(&self) -> Result<Made, PasskeyError> {
        made(self.asked(0), &self.client_data[0], &self.authenticator_data[0])
    }

    fn shown(&self, key: &PasskeyKey) -> Result<u32, PasskeyError> {
        let [_, data] = &self.authenticator_data;
        shown(self.asked(1), key, 0, &self.client_data[1], data, &self.signature)
    }

    /// The key that the registration tells, whether or not it verified its user.
    fn key(&self) -> PasskeyKey {
        let data = &self.authenticator_data[0];
        let key = (37..data.len()).find_map(|at| PasskeyKey::from_cose(&data[at..]));
        key.unwrap()
    }
}

macro_rules! vector {
    ($name:literal) => {
        Vector::read(include_str!(concat!("vectors/webauthn/", $name, ".txt")))
    };
}

#[test]
fn a_key_that_the_specification_has_signed_with_is_known_again() {
    let vector = vector!("es256-packed");
    let Made { id, key, counter } = vector.made().unwrap();
    assert_eq!((id.as_bytes().len(), counter), (32, 0));
    assert_eq!(vector.shown(&key), Ok(0));
    assert_eq!(PasskeyKey::from_cose(&key.to_cose()), Some(key));
}

#[test]
fn the_signature_holds_of_every_vector_and_its_user_must_be_verified() {
    for vector in [vector!("es256"), vector!("es256-user-verified-once"), vector!("ed25519")] {
        assert_eq!(vector.shown(&vector.key()), Err(PasskeyError::NotVerified));
        let mut changed = vector;
        let last = changed.signature.len() - 1;
        changed.signature[last] ^= 1;
        assert_eq!(changed.shown(&changed.key()), Err(PasskeyError::Signature));
    }
    assert_eq!(vector!("es256").made(), Err(PasskeyError::NotVerified));
    assert!(vector!("es256-user-verified-once").made().is_ok());
    let long = vector!("es256-long-id");
    assert_eq!(long.made(), Err(PasskeyError::NotVerified));
    assert_eq!(long.shown(&long.key()), Ok(0));
}

#[test]
fn a_page_inside_another_and_a_key_of_another_kind_are_refused() {
    let vector = vector!("es256-cross-origin");
    assert_eq!(vector.made(), Err(PasskeyError::Origin));
    assert_eq!(vector.shown(&vector.key()), Err(PasskeyError::Origin));
    let mut other = vector!("es256-packed");
    let [data, _] = &mut other.authenticator_data;
    let at = data.windows(3).position(|bytes| bytes == [1, 2, 3]).unwrap();
    // ES512 in the place of ES256.
    data[at + 3] = 0x38;
    assert_eq!(other.made(), Err(PasskeyError::Key));
}

#[test]
fn what_was_asked_by_another_page_or_of_another_host_or_before_is_refused() {
    let vector = vector!("es256-packed");
    let key = vector.key();
    let asked = vector.asked(1);
    let ask = |asked: Asked<'_>| {
        let [_, data] = &vector.authenticator_data;
        shown(asked, &key, 0, &vector.client_data[1], data, &vector.signature)
    };
    assert_eq!(ask(Asked { challenge: &[7; 32], ..asked }), Err(PasskeyError::Challenge));
    for origin in ["http://example.org", "https://example.org:8443", "https://evil.example"] {
        assert_eq!(ask(Asked { origin, ..asked }), Err(PasskeyError::Origin), "{origin}");
    }
    for host in ["evil.example", "org", "www.example.org"] {
        assert_eq!(ask(Asked { host, ..asked }), Err(PasskeyError::Host), "{host}");
    }
    // A registration is no sign-in, nor the other way round.
    let [client_data, _] = &vector.client_data;
    let [made_data, shown_data] = &vector.authenticator_data;
    let mixed = shown(vector.asked(0), &key, 0, client_data, shown_data, &vector.signature);
    assert_eq!(mixed, Err(PasskeyError::ClientData));
    assert_eq!(made(asked, &vector.client_data[1], made_data), Err(PasskeyError::ClientData));
}

#[test]
fn a_counter_that_does_not_go_on_is_refused() {
    let vector = vector!("es256-packed");
    let key = vector.key();
    let [_, data] = &vector.authenticator_data;
    let shown = shown(vector.asked(1), &key, 1, &vector.client_data[1], data, &vector.signature);
    assert_eq!(shown, Err(PasskeyError::Counter));
}

#[test]
fn data_that_are_cut_off_or_go_on_are_refused() {
    let vector = vector!("es256-packed");
    let [data, _] = &vector.authenticator_data;
    let read = |data: &[u8]| made(vector.asked(0), &vector.client_data[0], data);
    for end in 0..data.len() {
        assert!(read(&data[..end]).is_err(), "{end}");
    }
    assert_eq!(read(&[&data[..], &[0]].concat()), Err(PasskeyError::Data));
    // As a copy of a passkey that cannot be copied.
    let mut copied = data.clone();
    copied[32] = (copied[32] | 1 << 4) & !(1 << 3);
    assert_eq!(read(&copied), Err(PasskeyError::Data));
}

const ANN: MemberId = MemberId(1);

fn credential(number: u8) -> CredentialId {
    CredentialId::new(&[number; 16]).unwrap()
}

fn of_ann(name: &str) -> Passkey {
    Passkey {
        member: ANN,
        name: name.to_owned(),
        host: "pool.example".to_owned(),
        key: PasskeyKey::EdDsa([1; 32]),
        counter: 0,
        since: NOW,
        used: None,
    }
}

fn session(member: MemberId) -> (SecretHash, Ticket) {
    let kind = TicketKind::Session { cookie: SecretHash([200; 32]), agent: "browser".into() };
    (SecretHash([100; 32]), Ticket { member, kind, made: NOW, expires: NOW + HOUR })
}

fn sign_up(members: &mut Members, number: u8, name: &str) -> Result<Vec<Change>, JoinError> {
    let code = peerpool_access::Code([number; 16]);
    let terms = Command::Invite {
        code: code.hash(),
        role: Role::Admin,
        groups: Vec::new(),
        device_of: None,
        uses: 1,
        expires: NOW + HOUR,
    };
    members.handle(NOW, Actor::Operator, terms).unwrap();
    let made = Made { id: credential(1), key: PasskeyKey::EdDsa([1; 32]), counter: 3 };
    let way = Way::Passkey { made, name: "phone".into(), host: "pool.example".into() };
    members.sign_up(NOW, &code, name.into(), way, session).map(|effects| effects.changes)
}

fn noted(changes: &[Change]) -> Vec<(Action, Option<&str>)> {
    let entries = changes.iter().filter_map(|change| match change {
        Change::Noted(entry) => Some((entry.action, entry.detail.as_deref())),
        _ => None,
    });
    entries.collect()
}

#[test]
fn whoever_signs_up_with_a_passkey_comes_back_by_it_and_the_audit_says_so() {
    let mut members = Members::new(pool());
    let changes = sign_up(&mut members, 1, "ann").unwrap();
    let named = format!("passkey {}", credential(1).id());
    assert!(noted(&changes).contains(&(Action::PasskeyAdded, Some(&named))), "{changes:?}");
    assert_eq!(sign_up(&mut members, 2, "bob"), Err(JoinError::PasskeyTaken));

    let passkey = members.passkey(&credential(1)).unwrap().clone();
    assert_eq!((passkey.member, passkey.counter, passkey.used), (ANN, 3, None));
    let (hash, ticket) = session(passkey.member);
    let later = NOW + HOUR;
    let effects = members.sign_in_with(later, &credential(1), 9, hash, ticket);
    let known = members.passkey(&credential(1)).unwrap();
    assert_eq!((known.counter, known.used), (9, Some(later)));
    let [(Action::SignedIn, Some(detail))] = noted(&effects.changes)[..] else { panic!("{effects:?}") };
    assert!(detail.ends_with(&named), "{detail}");
}

#[test]
fn a_member_adds_and_removes_its_own_passkeys_and_keeps_a_way_in() {
    let mut members = Members::new(pool());
    sign_up(&mut members, 1, "ann").unwrap();
    let by = Actor::Member(ANN);
    let remove = |number| Command::RemovePasskey { id: credential(number), but: None };
    assert_eq!(members.handle(NOW, by, remove(1)), Err(CommandError::LastWay));
    for number in 2..=MAX_PASSKEYS as u8 {
        members.handle(NOW, by, Command::AddPasskey(credential(number), of_ann("laptop"))).unwrap();
    }
    let more = Command::AddPasskey(credential(99), of_ann("laptop"));
    assert_eq!(members.handle(NOW, by, more.clone()), Err(CommandError::Passkey));
    let effects = members.handle(NOW, by, remove(1)).unwrap();
    assert!(effects.changes.contains(&Change::TicketGone(SecretHash([100; 32]))), "{effects:?}");
    assert_eq!(members.passkey(&credential(1)), None);
    assert_eq!(members.handle(NOW, by, remove(1)), Err(CommandError::NoSignIn));
    let nameless = Command::AddPasskey(credential(99), of_ann(""));
    assert_eq!(members.handle(NOW, by, nameless), Err(CommandError::Passkey));
    members.handle(NOW, by, more.clone()).unwrap();
    assert_eq!(members.handle(NOW, by, more), Err(CommandError::PasskeyTaken));
}

#[test]
fn a_passkey_of_a_suspended_member_lets_nobody_in_and_goes_with_its_member() {
    let mut members = Members::new(pool());
    sign_up(&mut members, 1, "ann").unwrap();
    let code = peerpool_access::Code([9; 16]);
    let terms = Command::Invite {
        code: code.hash(),
        role: Role::Admin,
        groups: Vec::new(),
        device_of: None,
        uses: 1,
        expires: NOW + HOUR,
    };
    members.handle(NOW, Actor::Operator, terms).unwrap();
    members.sign_up(NOW, &code, "bob".into(), Way::Password("hash".into()), session).unwrap();
    members.handle(NOW, Actor::Operator, Command::Suspend(ANN)).unwrap();
    assert_eq!(members.passkey(&credential(1)), None);
    members.handle(NOW, Actor::Operator, Command::Resume(ANN)).unwrap();
    assert!(members.passkey(&credential(1)).is_some());
    let effects = members.handle(NOW, Actor::Operator, Command::Remove(ANN)).unwrap();
    assert!(effects.changes.contains(&Change::PasskeyGone(credential(1))), "{effects:?}");
    let of_others = Command::RemovePasskey { id: credential(1), but: None };
    assert_eq!(members.handle(NOW, Actor::Member(MemberId(2)), of_others), Err(CommandError::NoSignIn));
}
