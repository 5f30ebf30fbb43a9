//! Attacks on the tracker.

use std::{
    io::{self, Write},
    net::TcpStream,
    time::Duration,
};

use peerpool_system_tests::{Announce, Chance, connect, http_get, try_announce};
use peerpool_wire::{
    canonical::{Builder, FileHasher, piece_length},
    channel::{
        Have, Hello, ItemState, MAX_BITFIELD, MAX_CHUNK, MAX_FRAME, MAX_METAINFO, MetainfoChunk, PATH,
        RequestId, ToPeer, ToTracker, VERSIONS,
    },
    id::{InfoHash, PeerId, Sha1Hash},
    metainfo::Metainfo,
};
use tungstenite::{Message, WebSocket, client};

use super::attack::{Attack, Field, Target, hear_nothing, leave_unread};

/// Everything that a host can do to a tracker.
pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "connections that say nothing", go: silent },
    Attack { name: "channels without hello", go: speechless },
    Attack { name: "half frames", go: half_frames },
    Attack { name: "metainfo nobody asked for", go: unasked_chunks },
    Attack { name: "bitfields of unknown items", go: bitfields },
    Attack { name: "the seed's id on a channel", go: taken_ids },
    Attack { name: "lists, unread", go: unread_lists },
    Attack { name: "seeds at closed ports", go: closed_ports },
    Attack { name: "variants of the name", go: variants },
];

/// The item's .torrent as the tracker gives it.
pub(crate) fn torrent(target: &Target) -> Metainfo {
    let path = format!("/items/{}.torrent", target.item.hash);
    let answer = http_get(target.tracker.ip(), target.tracker, &path).unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    Metainfo::from_torrent(&answer[body..]).unwrap()
}

/// How long an attacker waits for a tracker that takes no more.
const WRITING: Duration = Duration::from_millis(200);

struct Channel(WebSocket<TcpStream>);

impl Channel {
    /// Opens a channel on which nothing is said.
    fn open(target: &Target) -> io::Result<Self> {
        let stream = connect(target.from, target.tracker)?;
        stream.set_write_timeout(Some(WRITING))?;
        let (socket, _) =
            client(format!("ws://{}{PATH}", target.tracker), stream).map_err(io::Error::other)?;
        Ok(Self(socket))
    }

    /// Opens a channel and says hello.
    fn greet(target: &Target, peer_id: [u8; 20]) -> io::Result<Self> {
        let mut channel = Self::open(target)?;
        channel.say(&ToTracker::Hello(Hello {
            versions: VERSIONS.to_vec(),
            peer_id: PeerId(peer_id),
            name: "attacker".to_owned(),
            agent: "campaign".to_owned(),
            port: 9,
            secret: None,
            listens: Vec::new(),
            connection: 0,
            digest: None,
        }))?;
        match channel.hear()? {
            ToPeer::Welcome(_) => Ok(channel),
            _ => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    fn say(&mut self, message: &ToTracker) -> io::Result<()> {
        let frame = message.encode().map_err(io::Error::other)?;
        self.0.send(Message::binary(frame)).map_err(failed)
    }

    fn hear(&mut self) -> io::Result<ToPeer> {
        loop {
            if let Message::Binary(frame) = self.0.read().map_err(failed)? {
                return ToPeer::decode(&frame).map_err(io::Error::other);
            }
        }
    }

    fn stream(&mut self) -> &mut TcpStream {
        self.0.get_mut()
    }
}

fn failed(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

fn unknown(chance: &mut Chance) -> InfoHash {
    InfoHash::v1_only(Sha1Hash(chance.id()))
}

fn silent(target: &Target, field: &Field<'_>) {
    field.keep(300, |_| target.connect(target.tracker), hear_nothing);
}

fn speechless(target: &Target, field: &Field<'_>) {
    let open = |_| {
        let mut channel = Channel::open(target)?;
        channel.stream().set_nonblocking(true)?;
        Ok(channel)
    };
    field.keep(100, open, |channel| hear_nothing(channel.stream()));
}

/// Frames of the greatest length of which the last byte never comes.
fn half_frames(target: &Target, field: &Field<'_>) {
    let mut frame = vec![0x82, 0xff];
    frame.extend_from_slice(&(MAX_FRAME as u64).to_be_bytes());
    frame.resize(frame.len() + 4 + MAX_FRAME - 1, 0);
    let open = |_| {
        let mut channel = Channel::open(target)?;
        channel.stream().set_nonblocking(true)?;
        Ok((channel, 0))
    };
    field.keep(60, open, |(channel, sent)| {
        let left = &frame[*sent..];
        if left.is_empty() {
            return leave_unread(channel.stream());
        }
        let now = channel.stream().write(left)?;
        field.score.sent(now);
        *sent += now;
        Ok(())
    });
}

/// A connection that sends one thing again and again until it would need more than the tracker may keep.
fn keep_sending(
    target: &Target,
    field: &Field<'_>,
    connections: usize,
    times: usize,
    make: impl Fn(&mut Chance, usize) -> ToTracker,
) {
    let mut chance = Chance::new(target.seed + 5);
    let open = |_| {
        let mut id = Chance::new(chance.below(u64::MAX));
        Ok((Channel::greet(target, id.id())?, id, 0))
    };
    field.keep(connections, open, |(channel, chance, done)| {
        if *done == times {
            channel.stream().set_nonblocking(true)?;
            return leave_unread(channel.stream());
        }
        let message = make(chance, *done);
        *done += 1;
        channel.say(&message)?;
        field.score.sent(message.encode().map_or(0, |frame| frame.len()));
        Ok(())
    });
}

fn unasked_chunks(target: &Target, field: &Field<'_>) {
    let bytes = vec![0; MAX_CHUNK];
    let hash = unknown(&mut Chance::new(target.seed + 6));
    let chunk = |number: usize| MetainfoChunk {
        info_hash: hash,
        offset: (number * MAX_CHUNK) as u32,
        total: MAX_METAINFO as u32,
        bytes: bytes.clone(),
    };
    keep_sending(target, field, 20, 7, |_, number| ToTracker::Metainfo(chunk(number)));
}

fn bitfields(target: &Target, field: &Field<'_>) {
    let state = |chance: &mut Chance| ItemState {
        info_hash: unknown(chance),
        have: Have::Some { pieces: 8 * MAX_BITFIELD as u32, bitfield: vec![0; MAX_BITFIELD] },
    };
    keep_sending(target, field, 20, 8, |chance, _| ToTracker::Register {
        items: (0..30).map(|_| state(chance)).collect(),
    });
}

fn taken_ids(target: &Target, field: &Field<'_>) {
    let open = |_| {
        let mut channel = Channel::greet(target, target.seeder.0)?;
        channel.stream().set_nonblocking(true)?;
        Ok(channel)
    };
    field.keep(5, open, |channel| hear_nothing(channel.stream()));
}

fn unread_lists(target: &Target, field: &Field<'_>) {
    let list = |number| ToTracker::List {
        request: RequestId(number as u32),
        query: String::new(),
        cursor: None,
        limit: 1000,
        offline: true,
    };
    keep_sending(target, field, 10, 2000, |_, number| list(number));
}

fn closed_ports(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed + 7);
    let swarm = target.item.hash.primary();
    while field.goes_on() {
        for _ in 0..10 {
            let port = 1 + chance.below(1000) as u16;
            let seeder = Announce { swarm, peer_id: chance.id(), port, left: 0 };
            match try_announce(target.from, target.tracker, seeder) {
                Ok(answer) if !answer.contains("failure reason") => field.score.opened(),
                _ => field.score.turned_away(),
            }
        }
    }
}

/// Registers items of one name, each with other content, and gives the tracker their metainfo.
fn variants(target: &Target, field: &Field<'_>) {
    let mut chance = Chance::new(target.seed + 8);
    while field.goes_on() {
        let gone = Channel::greet(target, chance.id()).and_then(|mut channel| {
            field.score.opened();
            flood(target, field, &mut channel)
        });
        if gone.is_err() {
            field.score.turned_away();
        }
    }
}

fn flood(target: &Target, field: &Field<'_>, channel: &mut Channel) -> io::Result<()> {
    for batch in 0..20 {
        let items: Vec<_> = (0..500).map(|number| variant(&target.item.name, batch * 500 + number)).collect();
        let states = items.iter().map(|item| ItemState { info_hash: item.info.hash(), have: Have::All });
        channel.say(&ToTracker::Register { items: states.collect() })?;
        let mut missing = items.len();
        while missing > 0 && field.goes_on() {
            if let ToPeer::NeedMetainfo { info_hashes } = channel.hear()? {
                missing = missing.saturating_sub(info_hashes.len());
                for item in items.iter().filter(|item| info_hashes.contains(&item.info.hash())) {
                    let torrent = item.to_torrent(&[]);
                    field.score.sent(torrent.len());
                    for chunk in MetainfoChunk::split(item.info.hash(), &torrent).map_err(io::Error::other)? {
                        channel.say(&ToTracker::Metainfo(chunk))?;
                    }
                }
            }
        }
    }
    // All are registered: stays while the tracker lets it.
    channel.stream().set_nonblocking(true)?;
    while field.goes_on() {
        match hear_nothing(channel.stream()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => other?,
        }
    }
    Ok(())
}

fn variant(name: &str, number: u64) -> Metainfo {
    let mut hasher = FileHasher::new(piece_length(16, 1));
    hasher.update(&number.to_be_bytes());
    let hashes = hasher.finish();
    Builder::new(piece_length(16, 1)).file(vec![], hashes).finish(name).unwrap()
}
