//! Peers that have items, and change what they have of them.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use peerpool_system_tests::Channel;
use peerpool_wire::{
    canonical::{Builder, FileHasher, piece_length},
    channel::{Have, ItemState, MetainfoChunk, RequestId, ToPeer, ToTracker},
    id::PeerId,
    metainfo::Metainfo,
};

/// Items of one message.
const BATCH: usize = 500;

pub(crate) struct Session {
    channel: Channel,
    requests: u32,
}

impl Session {
    pub(crate) fn join(tracker: SocketAddr, number: u8) -> Self {
        let peer_id = PeerId::new([number; 12]);
        let (channel, _) = Channel::join(tracker, peer_id, number.into(), "live-load");
        Self { channel, requests: 0 }
    }

    /// Registers items, and gives the tracker the metainfo that it asks for.
    pub(crate) fn register_all(&mut self, items: &[Metainfo]) {
        for batch in items.chunks(BATCH) {
            self.register(batch, |_| Have::All);
            self.settle(batch);
        }
    }

    /// Changes items in turn, so many times a second, for so long. Returns how often the tracker took one.
    pub(crate) fn change(&mut self, items: &[Metainfo], per_second: u64, time: Duration) -> u64 {
        let pause = Duration::from_secs_f64(BATCH as f64 / per_second.max(1) as f64);
        let begun = Instant::now();
        let mut changed = 0;
        for (turn, batch) in items.chunks(BATCH).cycle().enumerate() {
            if begun.elapsed() >= time {
                break;
            }
            // Every second time round it has all of them again.
            let is_partial = (turn * BATCH / items.len()).is_multiple_of(2);
            self.register(batch, |item| match is_partial {
                true => Have::Some { pieces: item.info.piece_count(), bitfield: vec![0x80] },
                false => Have::All,
            });
            self.settle(batch);
            changed += batch.len() as u64;
            thread::sleep((pause * (turn as u32 + 1)).saturating_sub(begun.elapsed()));
        }
        changed
    }

    fn register(&mut self, items: &[Metainfo], have: impl Fn(&Metainfo) -> Have) {
        let states = items.iter().map(|item| ItemState { info_hash: item.info.hash(), have: have(item) });
        self.channel.say(&ToTracker::Register { items: states.collect() });
    }

    /// Waits until the tracker has heard all that was said, and gives it what it asks for.
    fn settle(&mut self, items: &[Metainfo]) {
        self.requests += 1;
        let request = RequestId(self.requests);
        let query = "nothing has this name".to_owned();
        self.channel.say(&ToTracker::List { request, query, cursor: None, limit: 1, offline: false });
        loop {
            match self.channel.hear() {
                ToPeer::NeedMetainfo { info_hashes } => {
                    for item in items.iter().filter(|item| info_hashes.contains(&item.info.hash())) {
                        let torrent = item.to_torrent(&[]);
                        for chunk in MetainfoChunk::split(item.info.hash(), &torrent).unwrap() {
                            self.channel.say(&ToTracker::Metainfo(chunk));
                        }
                    }
                }
                ToPeer::ItemRefused { reason, .. } => panic!("an item is refused: {reason}"),
                ToPeer::Listed { request: answered, .. } if answered == request => return,
                _ => {}
            }
        }
    }
}

/// An item of two pieces that no other has the content of.
pub(crate) fn item(number: u64) -> Metainfo {
    let content = number.to_be_bytes().repeat(4096);
    let piece_length = piece_length(content.len() as u64, 1);
    let mut hasher = FileHasher::new(piece_length);
    hasher.update(&content);
    let name = format!("changing {number:07}.bin");
    Builder::new(piece_length).file(vec![], hasher.finish()).finish(&name).unwrap()
}
