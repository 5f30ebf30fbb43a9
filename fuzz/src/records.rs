use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use peerpool_tls::records::{CAPACITY, Direction, Inbox, OpenError, Opener, Suite, Took, TrafficKey, pair};

use crate::supply::Supply;

/// What the other end of an encrypted connection sends: records that it has sealed around any content, and bytes that
/// somebody put in between, cut anyhow.
pub fn records(data: &[u8]) {
    let mut supply = Supply::new(data);
    let (mut opener, mut inbox) = (opener(), Inbox::default());
    let mut place = vec![0; 1 + usize::from(supply.byte()) * 97];
    let mut forger = Forger::default();
    // Payload that has come and must come out again, as long as nobody has put in anything.
    let (mut sent, mut heard) = (Vec::new(), Vec::new());
    let mut honest = true;
    while !supply.is_empty() {
        let (raw, length) = (supply.flag(), supply.index(90));
        let content = supply.bytes(length);
        let bytes = match raw {
            true => content.to_vec(),
            false => forger.seal(content),
        };
        honest &= !raw || content.is_empty();
        sent.extend_from_slice(payload(content).filter(|_| honest && !raw).unwrap_or_default());
        let cut = supply.index(bytes.len() + 1);
        for piece in [&bytes[..cut], &bytes[cut..]] {
            let room = inbox.room();
            assert!(room.capacity() - room.len() >= piece.len(), "there is room for what comes");
            room.extend_from_slice(piece);
            assert!(inbox.memory() <= CAPACITY, "an inbox is bounded");
            match drain(&mut inbox, &mut opener, &mut place, &mut heard) {
                Ok(true) => {}
                Ok(false) => return assert!(opener.end().is_ok() && sent.starts_with(&heard)),
                Err(_) => return assert!(opener.end().is_err() && sent.starts_with(&heard)),
            }
        }
    }
    assert!(matches!(opener.end(), Err(OpenError::Truncated)), "only a close_notify is an end");
    assert!(!honest || heard == sent, "what was sealed comes out");
    assert!(sent.starts_with(&heard), "nothing comes out that was not sealed");
}

/// Takes all that is there; whether more may come.
fn drain(
    inbox: &mut Inbox,
    opener: &mut Opener,
    place: &mut [u8],
    heard: &mut Vec<u8>,
) -> Result<bool, OpenError> {
    loop {
        match inbox.take(opener, place)? {
            Took::Payload(length) => heard.extend_from_slice(&place[..length]),
            Took::Nothing => return Ok(true),
            Took::End => return Ok(false),
        }
    }
}

/// What content of application data brings.
fn payload(content: &[u8]) -> Option<&[u8]> {
    let last = content.iter().rposition(|byte| *byte != 0)?;
    (content[last] == 0x17).then_some(&content[..last])
}

const KEY: [u8; 16] = [1; 16];

fn key() -> TrafficKey {
    TrafficKey::new(Suite::Aes128Gcm, &KEY, [0; 12], 0).expect("a key of 16 bytes")
}

/// Its next key is the first one again, and so is the forger's.
fn opener() -> Opener {
    let direction = || Direction { key: key(), next: Box::new(|| Ok(key())) };
    pair(direction(), direction()).1
}

/// Seals whatever it is given.
#[derive(Default)]
struct Forger {
    sequence: u64,
}

impl Forger {
    fn seal(&mut self, content: &[u8]) -> Vec<u8> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &KEY).expect("a key of 16 bytes"));
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
        let sealed_len = u16::try_from(content.len() + 16).expect("a short content");
        let header = [&[0x17, 3, 3][..], &sealed_len.to_be_bytes()].concat();
        let mut sealed = content.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&header), &mut sealed)
            .expect("it seals");
        let is_update =
            matches!(content, [24, 0, 0, 1, 0 | 1, 0x16, rest @ ..] if rest.iter().all(|byte| *byte == 0));
        self.sequence = if is_update { 0 } else { self.sequence + 1 };
        [header, sealed].concat()
    }
}
