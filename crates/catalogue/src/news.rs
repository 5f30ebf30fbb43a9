//! Items as nodes tell each other of them.

use peerpool_wire::link;

use crate::{facts::ItemFacts, items::Item};

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

/// The facts that another node has read.
pub(crate) fn facts(told: link::Item) -> ItemFacts {
    ItemFacts {
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
    }
}
