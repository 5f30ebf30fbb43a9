//! `peerpool audit`.

use peerpool_api::{AuditEntry, AuditQuery, paths};

use crate::{
    args, device,
    exit::Failure,
    output::{self, Output, say},
};

/// Changes that are asked for at once.
const PAGE: u32 = 1000;
/// How many a person wants to see.
const SCREENFUL: u32 = 100;

pub(super) async fn run(out: Output, args: args::Audit) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    let limit = args.limit.or((!out.json && !args.csv).then_some(SCREENFUL)).unwrap_or(u32::MAX);
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let room = limit.saturating_sub(entries.len() as u32).min(PAGE);
        let query = AuditQuery { limit: Some(room), before: entries.last().map(|entry| entry.seq) };
        let page: Vec<AuditEntry> = tracker.find(paths::AUDIT, &query).await?;
        let is_last = page.len() < room as usize;
        entries.extend(page);
        if is_last || entries.len() as u32 >= limit {
            break;
        }
    }
    match args.csv {
        true => say(&output::audit_csv(&entries)),
        false => out.show(&entries, |entries| output::audit(entries)),
    }
}
