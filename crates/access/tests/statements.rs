//! Passes, keysets and invites: what is accepted, what is refused, and bytes that stay as they are.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    Code, Invite, Keyset, KeysetError, LEEWAY, MAX_SIGNERS, MAX_SUBJECTS, MemberId, Moment, ParseInviteError,
    Pass, PassError, Role, Subject,
    signed::{MAX_STATEMENT, StatementError},
};
use support::{NOW, key, pass, pool, secret, signer};

fn open(statement: &[u8]) -> Result<Pass, PassError> {
    Pass::open(statement, &[key(2)], pool(), key(7), NOW)
}

fn keyset() -> Keyset {
    let (signers, trackers) = (vec![key(2)], vec![key(3)]);
    Keyset { pool: pool(), serial: 4, name: "render farm".into(), signers, trackers }
}

#[test]
fn a_pass_is_read_as_it_was_made() {
    let made = pass(7, [Role::Member.into()]);
    assert_eq!(open(&made.sign(&signer()).unwrap()), Ok(made));
}

#[test]
fn a_pass_of_another_signer_is_refused() {
    let statement = pass(7, []).sign(&secret(9)).unwrap();
    let stranger = StatementError::Stranger(key(9).id());
    assert_eq!(open(&statement), Err(PassError::Statement(stranger)));
}

#[test]
fn a_pass_of_another_pool_or_key_is_refused() {
    let mut foreign = pass(7, []);
    foreign.pool = key(8).pool();
    assert_eq!(open(&foreign.sign(&signer()).unwrap()), Err(PassError::Pool(foreign.pool)));
    let another = pass(8, []).sign(&signer()).unwrap();
    assert_eq!(open(&another), Err(PassError::Key(key(8))));
}

#[test]
fn a_pass_holds_for_its_time_and_the_leeway_of_two_clocks() {
    let made = pass(7, []);
    let statement = made.sign(&signer()).unwrap();
    let at = |now| Pass::open(&statement, &[key(2)], pool(), key(7), now).is_ok();
    assert!(at(made.made - LEEWAY) && !at(made.made - LEEWAY - LEEWAY));
    let second = std::time::Duration::from_secs(1);
    assert!(at(made.until + LEEWAY - second) && !at(made.until + LEEWAY));
}

#[test]
fn every_changed_bit_of_a_pass_is_noticed() {
    let statement = pass(7, []).sign(&signer()).unwrap();
    for bit in 0..statement.len() * 8 {
        let mut changed = statement.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn every_cut_of_a_pass_is_noticed() {
    let statement = pass(7, []).sign(&signer()).unwrap();
    for length in 0..statement.len() {
        assert!(open(&statement[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(
        open(&vec![1; MAX_STATEMENT + 1]),
        Err(PassError::Statement(StatementError::Length(MAX_STATEMENT + 1)))
    );
}

#[test]
fn a_keyset_is_no_pass() {
    let statement = Keyset { pool: pool(), ..keyset() }.sign(&signer()).unwrap();
    assert!(matches!(open(&statement), Err(PassError::Statement(StatementError::Kind { found: 2, .. }))));
}

#[test]
fn a_pass_has_at_most_64_subjects() {
    let members = |count: usize| (0..count as u32).map(|number| Subject::from(MemberId(number + 100)));
    // One of them is the member itself.
    assert!(pass(7, members(MAX_SUBJECTS - 1)).sign(&signer()).is_ok());
    let crowd = pass(7, members(MAX_SUBJECTS));
    assert_eq!(crowd.sign(&signer()), Err(PassError::Subjects(MAX_SUBJECTS + 1)));
}

#[test]
fn a_keyset_by_the_root_is_followed_unless_a_later_one_is_known() {
    let statement = keyset().sign(&secret(1)).unwrap();
    assert_eq!(Keyset::open(&statement, key(1), None), Ok(keyset()));
    assert_eq!(Keyset::open(&statement, key(1), Some(4)), Ok(keyset()));
    assert_eq!(Keyset::open(&statement, key(1), Some(5)), Err(KeysetError::Old { found: 4, known: 5 }));
}

#[test]
fn a_keyset_by_a_signing_key_is_refused() {
    let statement = keyset().sign(&secret(2)).unwrap();
    let stranger = StatementError::Stranger(key(2).id());
    assert_eq!(Keyset::open(&statement, key(1), None), Err(KeysetError::Statement(stranger)));
}

#[test]
fn a_keyset_has_at_most_three_signers() {
    let crowd = Keyset { signers: vec![key(2); MAX_SIGNERS + 1], ..keyset() };
    assert!(matches!(crowd.sign(&secret(1)), Err(KeysetError::Size { signers: 4, .. })));
}

#[test]
fn an_invite_is_read_as_it_was_written() {
    let invite = Invite { tracker: "tracker.lan:6969".into(), root: key(1), code: Code([5; 16]) };
    assert_eq!(format!(" {invite}\n").parse(), Ok(invite));
}

#[test]
fn a_damaged_invite_says_what_to_do() {
    let whole = Invite { tracker: "[::1]:6969".into(), root: key(1), code: Code([5; 16]) }.to_string();
    let parse = |text: &str| text.parse::<Invite>().unwrap_err();
    assert_eq!(parse(&whole[..whole.len() - 1]), ParseInviteError::Damaged);
    assert_eq!(parse(whole.split('#').next().unwrap()), ParseInviteError::Link);
    assert_eq!(parse(&whole.replace("https", "http")), ParseInviteError::Link);
    assert_eq!(parse(&whole.replace("#1.", "#2.")), ParseInviteError::Version);
    assert_eq!(parse("https://evil.example/x/join#1.a.b"), ParseInviteError::Link);
}

#[test]
fn no_debug_output_shows_a_secret() {
    let invite = Invite { tracker: "t:1".into(), root: key(1), code: Code([5; 16]) };
    assert!(!format!("{invite:?}").contains("5, 5") && !format!("{invite:?}").contains("BQUFBQ"));
    assert_eq!(format!("{:?}", secret(1)), format!("SecretKey(of {})", key(1)));
}

/// What another implementation must produce from the same seeds: 32 bytes of 1 (root), 2 (signing) and 7 (device).
#[test]
fn statements_are_the_bytes_of_the_vectors() {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    assert_eq!(hex(&key(1).0), include_str!("vectors/root-key.hex").trim());
    assert_eq!(hex(&pool().0), include_str!("vectors/pool-id.hex").trim());
    let pass = pass(7, [Role::Member.into()]).sign(&signer()).unwrap();
    assert_eq!(hex(&pass), include_str!("vectors/pass.hex").trim());
    assert_eq!(hex(&keyset().sign(&secret(1)).unwrap()), include_str!("vectors/keyset.hex").trim());
    let invite = Invite { tracker: "tracker.lan:6969".into(), root: key(1), code: Code([5; 16]) };
    assert_eq!(invite.to_string(), include_str!("vectors/invite.txt").trim());
    assert_eq!(hex(&invite.code.hash().0), include_str!("vectors/code-hash.hex").trim());
}

#[test]
fn a_pass_is_about_200_bytes() {
    let statement = pass(7, [Role::Member.into()]).sign(&signer()).unwrap();
    assert!((190..240).contains(&statement.len()), "{} bytes", statement.len());
}

#[test]
fn a_rotation_keeps_the_old_key_for_a_while_and_a_renewal_does_not() {
    let first = keyset();
    let (for_now, then) = first.rotated(key(40), 7, Moment(0));
    assert_eq!((for_now.serial, then.serial), (8, 9), "higher than any that was signed before");
    assert_eq!(for_now.signers, [&[key(40)][..], &first.signers].concat());
    assert_eq!((then.signers, then.trackers), (vec![key(40)], first.trackers.clone()));
    let renewed = first.renewed(key(40), key(41), 7, NOW);
    assert_eq!(renewed.serial, NOW.0, "higher than any that a backup does not know");
    assert_eq!((renewed.signers, renewed.trackers), (vec![key(40)], vec![key(41)]));
    assert_eq!((renewed.pool, renewed.name), (first.pool, first.name));
}
