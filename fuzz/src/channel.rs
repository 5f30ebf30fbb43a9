use std::fmt::Debug;

use peerpool_wire::{
    channel::{ChunkAssembly, FrameError, MAX_METAINFO, MetainfoChunk, ToPeer, ToTracker},
    id::{InfoHash, Sha1Hash},
};

use crate::supply::Supply;

/// A frame of the channel, in both directions, and chunks of metainfo.
pub fn channel(data: &[u8]) {
    check(data, ToTracker::decode, ToTracker::encode);
    check(data, ToPeer::decode, ToPeer::encode);
    assemble(data);
}

fn check<M: PartialEq + Debug>(
    data: &[u8],
    decode: impl Fn(&[u8]) -> Result<M, FrameError>,
    encode: impl Fn(&M) -> Result<Vec<u8>, FrameError>,
) {
    if let Ok(read) = decode(data) {
        let written = encode(&read).expect("what was read can be written");
        assert_eq!(decode(&written).expect("what was written can be read"), read);
    }
}

/// Chunks with any offsets and lengths.
fn assemble(data: &[u8]) {
    let mut supply = Supply::new(data);
    let hash = |number: u8| InfoHash::v1_only(Sha1Hash([number; 20]));
    let mut assembly = ChunkAssembly::new(hash(0));
    while !supply.is_empty() {
        let chunk = MetainfoChunk {
            info_hash: hash(supply.byte() / 128),
            offset: supply.byte().into(),
            total: u32::from(supply.byte()) << (supply.byte() % 25),
            bytes: {
                let length = supply.byte().into();
                supply.bytes(length).to_vec()
            },
        };
        let total = chunk.total as usize;
        match assembly.handle_chunk(chunk) {
            Ok(Some(whole)) => assert_eq!(whole.len(), total),
            Ok(None) => assert!(assembly.received() < total && total <= MAX_METAINFO),
            Err(_) => {}
        }
    }
}
