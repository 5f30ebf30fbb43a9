//! `peerpool audit`.

use peerpool_api::{AuditEntry, AuditQuery, MemberTransfer, paths};
use peerpool_peer::membership::TrackerConnection;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    args, device,
    exit::Failure,
    output::{self, Output, say},
};

/// Lines that are asked for at once.
const PAGE: u32 = 1000;
/// How many a person wants to see.
const SCREENFUL: u32 = 100;

pub(super) async fn run(out: Output, args: args::Audit) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let limit = args.limit.or((!out.json && !args.csv).then_some(SCREENFUL)).unwrap_or(u32::MAX);
    if args.transfers {
        let seq = |transfer: &MemberTransfer| transfer.seq;
        let transfers = newest(&mut tracker, paths::TRANSFERS, limit, seq).await?;
        show(out, args.csv, &transfers, output::transfers, output::transfers_csv)
    } else {
        let entries = newest(&mut tracker, paths::AUDIT, limit, |entry: &AuditEntry| entry.seq).await?;
        show(out, args.csv, &entries, output::audit, output::audit_csv)
    }
}

/// So many lines at most, the newest first, page by page.
async fn newest<T: DeserializeOwned>(
    tracker: &mut TrackerConnection,
    path: &str,
    limit: u32,
    seq: impl Fn(&T) -> u64,
) -> Result<Vec<T>, Failure> {
    let mut lines: Vec<T> = Vec::new();
    loop {
        let room = limit.saturating_sub(lines.len() as u32).min(PAGE);
        let query = AuditQuery { limit: Some(room), before: lines.last().map(&seq) };
        let page: Vec<T> = tracker.find(path, &query).await?;
        let is_last = page.len() < room as usize;
        lines.extend(page);
        if is_last || lines.len() as u32 >= limit {
            return Ok(lines);
        }
    }
}

fn show<T: Serialize>(
    out: Output,
    csv: bool,
    lines: &[T],
    table: impl FnOnce(&[T]) -> String,
    as_csv: impl FnOnce(&[T]) -> String,
) -> Result<(), Failure> {
    if csv { say(&as_csv(lines)) } else { out.show(&lines, |lines| table(lines)) }
}
