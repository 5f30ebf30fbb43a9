use peerpool_wire::message::{BLOCK_HEADER, Frame, Limits, Message, block_header, decode};

use crate::supply::Supply;

/// What a peer sends after its handshake, as a stream of messages under the limits of some item.
pub fn message(data: &[u8]) {
    let mut supply = Supply::new(data);
    let limits = Limits::for_item(supply.short().into(), 1 << (14 + supply.byte() % 8));
    let mut stream = supply.all();
    while let Ok(frame) = decode(stream, limits) {
        let size = match frame {
            Frame::Message { message, size } => {
                check_message(&message, &stream[..size], limits);
                size
            }
            Frame::Block { block } => {
                assert!(block.length <= limits.block);
                assert_eq!(block_header(block), stream[..BLOCK_HEADER]);
                BLOCK_HEADER + block.length as usize
            }
            Frame::Incomplete { needed } => {
                assert!(needed > stream.len(), "nothing more is needed than what is there");
                assert!(needed <= limits.message as usize + 4, "the buffer is bounded");
                return;
            }
        };
        stream = &stream[size.min(stream.len())..];
    }
}

fn check_message(message: &Message, bytes: &[u8], limits: Limits) {
    assert!(bytes.len() <= limits.message as usize + 4);
    let cut = decode(&bytes[..bytes.len() - 1], limits);
    assert!(matches!(cut, Ok(Frame::Incomplete { .. })), "all of a message is needed");
    if !matches!(message, Message::Unknown(_)) {
        let mut written = Vec::new();
        message.encode(&mut written);
        assert_eq!(written, bytes, "it is written as it was read: {message:?}");
    }
}
