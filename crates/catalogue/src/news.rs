//! Items as nodes tell each other of them.

use peerpool_wire::link;

use crate::{facts::ItemFacts, input::NewItem, items::Item};

/// What others are told of an item.
pub(crate) fn told(item: &Item) -> link::Item {
    let facts = &item.facts;
    link::Item {
        info_hash: facts.info_hash,
        name: facts.name.clone(),
        kind: facts.kind,
        length: facts.length,
        piece_length: facts.piece_length,
        pieces: facts.pieces,
        files: facts.files,
        private: facts.private,
        root: facts.root,
        v1_form: facts.v1_form,
        added: item.added,
        turns: item.turns,
        owner: item.owner,
    }
}

/// An item that another node has told of; the store has its .torrent file from there.
pub(crate) fn new_item(told: link::Item) -> NewItem {
    let facts = ItemFacts {
        info_hash: told.info_hash,
        name: told.name,
        kind: told.kind,
        length: told.length,
        piece_length: told.piece_length,
        pieces: told.pieces,
        files: told.files,
        private: told.private,
        root: told.root,
        v1_form: told.v1_form,
    };
    NewItem { facts, torrent: [].into(), added: told.added, owner: told.owner }
}
