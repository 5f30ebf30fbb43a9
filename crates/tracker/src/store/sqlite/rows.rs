//! An item's row: its facts, when it became known and was last seen, and a digest.

use peerpool_catalogue::{ItemFacts, NewItem};
use peerpool_wire::{
    channel::ItemKind,
    id::{InfoHash, Sha1Hash, Sha256Hash},
};
use rusqlite::{CachedStatement, Row, params};

use super::{
    super::{StoreError, digest, numbers::signed},
    numbers::Number,
};

pub(super) const SELECT: &str = "SELECT id, seen, added, digest, v1, v2, root, v1_form, name, is_folder, length, piece_length, pieces, files,
            private, owner
     FROM item ORDER BY id";

pub(super) const INSERT: &str = "INSERT INTO item (id, seen, added, digest, v1, v2, root, v1_form, name, is_folder, length, piece_length, pieces,
                       files, private, owner)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes a new row; `age` is how long the tracker has run.
pub(super) fn insert(
    statement: &mut CachedStatement<'_>,
    number: Number,
    item: &NewItem,
    age: i64,
) -> Result<(), StoreError> {
    let NewItem { facts, added, owner, .. } = item;
    let (v1, v2) = (facts.info_hash.v1(), facts.info_hash.v2());
    statement.execute(params![
        number,
        age,
        signed(*added),
        &digest::of_item(facts, *added)[..],
        v1.as_ref().map(|hash| &hash.0[..]),
        v2.as_ref().map(|hash| &hash.0[..]),
        facts.root.as_ref().map(|root| &root.0[..]),
        facts.v1_form.as_ref().map(|hash| &hash.0[..]),
        facts.name,
        facts.kind == ItemKind::Folder,
        signed(facts.length),
        facts.piece_length,
        facts.pieces,
        facts.files,
        facts.private,
        owner,
    ])?;
    Ok(())
}

/// The number of a selected row, and when somebody last had the item.
pub(super) fn number_and_seen(row: &Row<'_>) -> rusqlite::Result<(Number, i64)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// What a selected row says of the item, and when that became known, unless it is damaged.
pub(super) fn sound_item(row: &Row<'_>) -> Option<(ItemFacts, u64)> {
    let (facts, added) = item(row).ok().flatten()?;
    let digest = row.get_ref(3).ok()?.as_blob_or_null().ok()?;
    digest.is_none_or(|digest| digest == digest::of_item(&facts, added)).then_some((facts, added))
}

/// The member who brought the item of a selected row in. The digest does not cover it: a damaged one is nobody's, or somebody
/// else's, which an administrator sees.
pub(super) fn owner(row: &Row<'_>) -> rusqlite::Result<Option<u32>> {
    row.get(15)
}

fn item(row: &Row<'_>) -> rusqlite::Result<Option<(ItemFacts, u64)>> {
    let Some(info_hash) = info_hash(row, 4)? else { return Ok(None) };
    let facts = ItemFacts {
        info_hash,
        root: row.get_ref(6)?.as_blob_or_null()?.and_then(Sha256Hash::from_slice),
        v1_form: row.get_ref(7)?.as_blob_or_null()?.and_then(Sha1Hash::from_slice),
        name: row.get(8)?,
        kind: if row.get(9)? { ItemKind::Folder } else { ItemKind::File },
        length: row.get::<_, i64>(10)?.unsigned_abs(),
        piece_length: row.get(11)?,
        pieces: row.get(12)?,
        files: row.get(13)?,
        private: row.get(14)?,
    };
    Ok(Some((facts, row.get::<_, i64>(2)?.unsigned_abs())))
}

/// The info-hash whose v1 part stands in this column, and whose v2 part in the next.
pub(super) fn info_hash(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<InfoHash>> {
    let v1 = row.get_ref(at)?.as_blob_or_null()?.and_then(Sha1Hash::from_slice);
    let v2 = row.get_ref(at + 1)?.as_blob_or_null()?.and_then(Sha256Hash::from_slice);
    Ok(InfoHash::from_parts(v1, v2))
}
