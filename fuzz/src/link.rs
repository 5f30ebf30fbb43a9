use peerpool_wire::link::{MAX_LINK_FRAME, Message, Writer, read};

/// A frame of a link between nodes.
pub fn link(data: &[u8]) {
    let Ok(messages) = read(data) else { return };
    let mut writer = Writer::default();
    let write = |message: &Message| writer.write(message).expect("what was read can be written");
    let mut frames: Vec<Vec<u8>> = messages.iter().filter_map(write).collect();
    frames.extend(writer.take());
    assert!(frames.iter().all(|frame| frame.len() <= MAX_LINK_FRAME));
    let again = frames.iter().flat_map(|frame| read(frame).expect("what was written can be read"));
    assert_eq!(again.collect::<Vec<_>>(), messages);
}
