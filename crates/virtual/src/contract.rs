//! What a swarm must never want.

use peerpool_swarm::{Event, Output, Swarm};
use peerpool_wire::message::{Message, Request};

use crate::{Disk, Token};

/// What is wrong with an output, if anything is.
pub(crate) fn fault(swarm: &Swarm<Token>, disk: &Disk, output: &Output<Token>) -> Option<String> {
    let geometry = &swarm.item().geometry;
    let right = match output {
        Output::SendBlock { span, .. } => swarm.have().has(span.piece()) && disk.good().has(span.piece()),
        Output::ReadHashes { piece, .. } => swarm.have().has(*piece),
        Output::Store { span, useful, data } => {
            let is_news = *useful > 0 && *useful <= span.length() && !disk.good().has(span.piece());
            is_news && !disk.is_verifying(span.piece()) && Request::from(*span) == data.span
        }
        Output::Verify { piece, .. } => disk.is_whole(geometry, *piece) && !disk.is_verifying(*piece),
        Output::FindCandidates => !swarm.is_complete(),
        Output::Event(Event::PieceDone { piece }) => swarm.have().has(*piece) && disk.good().has(*piece),
        Output::Event(Event::Complete) => {
            swarm.is_complete() && swarm.have().without(disk.good()).next().is_none()
        }
        Output::Send { message, .. } => is_honest(swarm, disk, message),
        Output::AskAllowance { .. }
        | Output::Connect { .. }
        | Output::Disconnect { .. }
        | Output::Event(_) => true,
    };
    (!right).then(|| format!("{output:?}"))
}

/// What is announced must have been verified, and what is asked for must be missing.
fn is_honest(swarm: &Swarm<Token>, disk: &Disk, message: &Message) -> bool {
    let geometry = &swarm.item().geometry;
    match message {
        Message::Have(piece) => geometry.piece(*piece).is_some_and(|piece| disk.good().has(piece)),
        Message::HaveAll => disk.good().is_all(),
        Message::Bitfield(bytes) => {
            let held = disk.good().to_bytes();
            bytes.len() == held.len() && bytes.iter().zip(&held).all(|(said, held)| said & !held == 0)
        }
        Message::Request(request) => geometry
            .span(request.index, request.begin, request.length)
            .is_some_and(|span| !swarm.have().has(span.piece())),
        _ => true,
    }
}
