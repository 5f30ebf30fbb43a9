//! Transfers that are over.

use peerpool_api::{Direction, HistoryPage, Transfer, TransferResult};

use super::{size, table::Table, text::safe};
use crate::clock;

/// A list of transfers, and how many there are beside them.
pub fn history(page: &HistoryPage) -> String {
    if page.transfers.is_empty() {
        return "no transfer has ended yet".to_owned();
    }
    let now = clock::now();
    let mut table = Table::new(&["NAME", "", ">SIZE", ">MOVED", ">RATE", ">PEERS", ">AGO", "RESULT"]);
    for transfer in &page.transfers {
        table.row([
            transfer.name.clone(),
            way(transfer).to_owned(),
            size::bytes(transfer.size),
            size::bytes(transfer.bytes),
            size::rate(transfer.rate),
            transfer.peers.to_string(),
            size::duration(now.saturating_sub(transfer.ended)),
            result(&transfer.result),
        ]);
    }
    match page.total.saturating_sub(page.offset + page.transfers.len() as u64) {
        0 => table.render(),
        more => format!("{}\n… and {more} more: --limit shows them, words narrow it down", table.render()),
    }
}

fn way(transfer: &Transfer) -> &'static str {
    match transfer.direction {
        Direction::Down => "down",
        Direction::Up => "up",
    }
}

fn result(result: &TransferResult) -> String {
    match result {
        TransferResult::Complete => "complete".to_owned(),
        TransferResult::Failed { cause, .. } => format!("failed: {}", safe(cause)),
        TransferResult::Removed => "forgotten".to_owned(),
        TransferResult::Served => String::new(),
    }
}
