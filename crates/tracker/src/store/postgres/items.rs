//! Items in the database.

use std::{pin::pin, sync::Arc};

use futures_util::TryStreamExt as _;
use peerpool_catalogue::{Change, ItemFacts, NewItem};
use peerpool_wire::{
    channel::ItemKind,
    id::{InfoHash, Sha1Hash, Sha256Hash, TrackerId},
};
use tokio::sync::mpsc;
use tokio_postgres::{Client, Row, Transaction};

use super::{
    super::{StoreError, age::Age, digest, numbers::signed},
    batch::{Addition, Batch},
    connection::in_time,
};

/// Items handed over at once at a start.
const BATCH: usize = 1000;

const SELECT: &str = "SELECT id, seen, added, digest, info_hash, root, v1_form, name, is_folder, length, piece_length, pieces, files,
            private, owner
     FROM item ORDER BY id";

const INSERT: &str =
    "INSERT INTO item (seen, added, digest, info_hash, root, v1_form, name, is_folder, length, piece_length, pieces, files, private,
                       owner)
     SELECT $1, added, digest, info_hash, root, v1_form, name, is_folder, length, piece_length, pieces, files, private, owner
     FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::boolean[], $9::bigint[],
                 $10::bigint[], $11::bigint[], $12::bigint[], $13::boolean[], $14::bigint[])
          WITH ORDINALITY AS new (added, digest, info_hash, root, v1_form, name, is_folder, length, piece_length, pieces, files,
                                  private, owner, place)
     ORDER BY place
     ON CONFLICT (info_hash) DO NOTHING";

const INSERT_METAINFO: &str = "INSERT INTO metainfo (item, torrent, digest)
     SELECT id, new.torrent, new.digest
     FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS new (info_hash, torrent, digest) JOIN item USING (info_hash)
     ON CONFLICT (item) DO UPDATE SET torrent = excluded.torrent, digest = excluded.digest";

const REMOVE: &str = "WITH gone AS (DELETE FROM item WHERE info_hash = ANY ($1) RETURNING id)
     DELETE FROM metainfo WHERE item IN (SELECT id FROM gone)";

/// Whose items they are (`fresh` if nobody's), and for how long it has run.
pub(super) async fn tracker(client: &Client, fresh: TrackerId) -> Result<(TrackerId, Age), StoreError> {
    let insert = "INSERT INTO tracker (only_row, id) VALUES (true, $1) ON CONFLICT DO NOTHING";
    client.execute(insert, &[&&fresh.as_bytes()[..]]).await?;
    let row = client.query_one("SELECT id, age FROM tracker", &[]).await?;
    let id = TrackerId::from_slice(row.try_get(0)?).ok_or(StoreError::Malformed("the tracker's id"))?;
    Ok((id, Age::after(row.try_get(1)?)))
}

/// Sends every item, in batches, for as long as anybody wants more.
pub(super) async fn load(
    client: &mut Client,
    age: Age,
    items: &mpsc::Sender<Vec<NewItem>>,
) -> Result<(), StoreError> {
    let oldest = age.oldest();
    let mut gone: Vec<i64> = Vec::new();
    let mut batch = Vec::with_capacity(BATCH);
    let no_torrent: Arc<[u8]> = Arc::from([]);
    {
        let mut rows = pin!(in_time(client.query_raw(SELECT, std::iter::empty::<i64>())).await?);
        while let Some(row) = in_time(rows.try_next()).await? {
            let (number, seen): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            if seen < oldest {
                gone.push(number);
                continue;
            }
            let Some((facts, added)) = sound_item(&row) else {
                tracing::warn!(
                    row = number,
                    "an item's row is damaged: whoever has the item brings it again"
                );
                gone.push(number);
                continue;
            };
            let owner = row.try_get::<_, Option<i64>>(14)?.and_then(|owner| u32::try_from(owner).ok());
            batch.push(NewItem { facts, torrent: no_torrent.clone(), added, owner });
            if batch.len() == BATCH
                && items.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).await.is_err()
            {
                break;
            }
        }
    }
    // Whoever stops listening needs no more of them.
    let _ = items.send(batch).await;
    forget(client, &gone).await
}

async fn forget(client: &mut Client, gone: &[i64]) -> Result<(), StoreError> {
    if gone.is_empty() {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction.execute("DELETE FROM metainfo WHERE item = ANY ($1)", &[&gone]).await?;
    transaction.execute("DELETE FROM item WHERE id = ANY ($1)", &[&gone]).await?;
    Ok(transaction.commit().await?)
}

/// Keeps all of these changes, or none; `age` is how long the tracker has run.
pub(super) async fn commit(client: &mut Client, changes: &[Change], age: i64) -> Result<(), StoreError> {
    let Batch { removed, added, seen } = Batch::of(changes);
    let transaction = client.transaction().await?;
    if removed.is_empty() && added.is_empty() {
        // Who was seen in the last moment before a failure is seen again.
        transaction.batch_execute("SET LOCAL synchronous_commit = off").await?;
    }
    if !removed.is_empty() {
        transaction.execute(REMOVE, &[&keys(removed)]).await?;
    }
    if !added.is_empty() {
        insert(&transaction, &added, age).await?;
    }
    if !seen.is_empty() {
        transaction
            .execute(
                "UPDATE item SET seen = greatest(seen, $1) WHERE info_hash = ANY ($2)",
                &[&age, &keys(seen)],
            )
            .await?;
    }
    transaction.execute("UPDATE tracker SET age = greatest(age, $1)", &[&age]).await?;
    Ok(transaction.commit().await?)
}

async fn insert(to: &Transaction<'_>, added: &[Addition<'_>], age: i64) -> Result<(), StoreError> {
    fn column<'a, T>(added: &'a [Addition<'_>], of: impl Fn(&'a NewItem) -> T) -> Vec<T> {
        added.iter().map(|addition| of(addition.item)).collect()
    }
    let hashes = column(added, |item| key(item.facts.info_hash));
    let digest = |item: &NewItem| digest::of_item(&item.facts, item.added).to_vec();
    to.execute(
        INSERT,
        &[
            &age,
            &column(added, |item| signed(item.added)),
            &column(added, digest),
            &hashes,
            &column(added, |item| item.facts.root.as_ref().map(|root| &root.0[..])),
            &column(added, |item| item.facts.v1_form.as_ref().map(|hash| &hash.0[..])),
            &column(added, |item| item.facts.name.as_str()),
            &column(added, |item| item.facts.kind == ItemKind::Folder),
            &column(added, |item| signed(item.facts.length)),
            &column(added, |item| i64::from(item.facts.piece_length)),
            &column(added, |item| i64::from(item.facts.pieces)),
            &column(added, |item| i64::from(item.facts.files)),
            &column(added, |item| item.facts.private),
            &column(added, |item| item.owner.map(i64::from)),
        ],
    )
    .await?;
    let torrents: Vec<&[u8]> = added.iter().map(|addition| addition.torrent).collect();
    let digests: Vec<_> = torrents.iter().map(|torrent| digest::of_torrent(torrent).to_vec()).collect();
    to.execute(INSERT_METAINFO, &[&hashes, &torrents, &digests]).await?;
    Ok(())
}

/// Notes that the tracker still runs.
pub(super) async fn breathe(client: &Client, age: i64) -> Result<(), StoreError> {
    client.execute("UPDATE tracker SET age = greatest(age, $1)", &[&age]).await?;
    Ok(())
}

pub(super) async fn torrent(client: &Client, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
    let select = "SELECT torrent, metainfo.digest FROM metainfo JOIN item ON item = id WHERE info_hash = $1";
    let Some(row) = client.query_opt(select, &[&key(info_hash)]).await? else { return Ok(None) };
    let (torrent, digest): (&[u8], &[u8]) = (row.try_get(0)?, row.try_get(1)?);
    if digest != digest::of_torrent(torrent) {
        tracing::warn!(%info_hash, "an item's metainfo is damaged: whoever has the item brings it again");
        return Ok(None);
    }
    Ok(Some(Arc::from(torrent)))
}

/// An info-hash as it stands in a column.
pub(super) fn key(info_hash: InfoHash) -> Vec<u8> {
    let mut key = Vec::with_capacity(52);
    key.extend_from_slice(info_hash.v1().as_ref().map_or(&[], |hash| &hash.0));
    key.extend_from_slice(info_hash.v2().as_ref().map_or(&[], |hash| &hash.0));
    key
}

fn keys(info_hashes: Vec<InfoHash>) -> Vec<Vec<u8>> {
    info_hashes.into_iter().map(key).collect()
}

/// The info-hash that such a key is of.
pub(super) fn info_hash(key: &[u8]) -> Option<InfoHash> {
    match key.len() {
        20 => InfoHash::from_parts(Sha1Hash::from_slice(key), None),
        32 => InfoHash::from_parts(None, Sha256Hash::from_slice(key)),
        52 => InfoHash::from_parts(Sha1Hash::from_slice(&key[..20]), Sha256Hash::from_slice(&key[20..])),
        _ => None,
    }
}

/// What a selected row says of the item, and when that became known, unless it is damaged.
fn sound_item(row: &Row) -> Option<(ItemFacts, u64)> {
    let (facts, added) = item(row).ok().flatten()?;
    let digest: &[u8] = row.try_get(3).ok()?;
    (digest == digest::of_item(&facts, added)).then_some((facts, added))
}

fn item(row: &Row) -> Result<Option<(ItemFacts, u64)>, StoreError> {
    let Some(info_hash) = info_hash(row.try_get(4)?) else { return Ok(None) };
    let small = |at: usize| -> Result<u32, StoreError> {
        u32::try_from(row.try_get::<_, i64>(at)?).map_err(|_| StoreError::Malformed("an item"))
    };
    let facts = ItemFacts {
        info_hash,
        root: row.try_get::<_, Option<&[u8]>>(5)?.and_then(Sha256Hash::from_slice),
        v1_form: row.try_get::<_, Option<&[u8]>>(6)?.and_then(Sha1Hash::from_slice),
        name: row.try_get(7)?,
        kind: if row.try_get(8)? { ItemKind::Folder } else { ItemKind::File },
        length: row.try_get::<_, i64>(9)?.unsigned_abs(),
        piece_length: small(10)?,
        pieces: small(11)?,
        files: small(12)?,
        private: row.try_get(13)?,
    };
    Ok(Some((facts, row.try_get::<_, i64>(2)?.unsigned_abs())))
}
