//! An item as it is shown.

use std::sync::Arc;

use peerpool_wire::channel::CatalogueItem;

use crate::{facts::ItemFacts, viewer::Audience};

/// An item as it stands. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// What never changes.
    pub facts: Arc<ItemFacts>,
    /// What does.
    pub standing: Standing,
    /// Who may see it.
    pub audience: Audience,
}

/// How an item stands in the pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it became known, in seconds since 1970; 0 when that was not recorded.
    pub added: u64,
    /// Peers online that have all of it.
    pub seeds: u32,
    /// Peers online that have a part of it.
    pub partial: u32,
    /// Peers online that have all of its content, under any name.
    pub content_holders: u32,
    /// Other listed items of its name.
    pub variants: u32,
    /// How much of it peers online have between them, in thousandths, as far as it is known.
    pub completeness: u16,
    /// Whether lists show it: somebody online has it, and it is not superseded.
    pub is_listed: bool,
}

impl ItemRow {
    /// Whether everybody who sees the item sees it like this: whoever does not see all items may see fewer variants, and fewer
    /// who hold its content under other names.
    pub fn is_alike_for_all(&self) -> bool {
        self.standing.variants == 0 && self.standing.content_holders <= self.standing.seeds
    }

    /// The item as the channel carries it.
    pub fn to_item(&self) -> CatalogueItem {
        let (facts, standing) = (&self.facts, &self.standing);
        CatalogueItem {
            info_hash: facts.info_hash,
            name: facts.name.clone(),
            kind: facts.kind,
            length: facts.length,
            piece_length: facts.piece_length,
            pieces: facts.pieces,
            files: facts.files,
            private: facts.private,
            seeds: standing.seeds,
            partial: standing.partial,
            content_holders: standing.content_holders,
            variants: standing.variants,
            added: (standing.added > 0).then_some(standing.added),
            completeness: Some(standing.completeness),
        }
    }
}
