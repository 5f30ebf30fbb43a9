//! Who fetched what from whom, as both sides tell it; of what a stock client fetched, the giver alone tells.

use peerpool_access::{MemberId, key::PublicKey};
use peerpool_catalogue::SessionId;
use peerpool_wire::{
    channel::{StockTransfer, Transfer},
    id::InfoHash,
};

use super::Desk;
use crate::store::Passed;

const DAY: u64 = 24 * 3600;
/// Most bytes that are believed of one report.
const BELIEVED: u64 = 1 << 50;

impl Desk {
    /// What is to be kept of a report: what concerns items and members that are known.
    pub(super) fn transferred(
        &mut self,
        session: SessionId,
        transfers: &[Transfer],
        stock: &[StockTransfer],
    ) -> Vec<Passed> {
        let now = self.now();
        let member = |key: PublicKey| self.members.device(key).map(|device| device.member);
        let Some(teller) = self.sessions.key(session).and_then(member) else { return Vec::new() };
        let nothing = |item: InfoHash, giver: MemberId, taker: MemberId| Passed {
            day: now.0 - now.0 % DAY,
            item,
            giver,
            taker,
            stock: None,
            given: 0,
            taken: 0,
            last: now.0,
        };
        let mut passed = Vec::new();
        for transfer in transfers {
            let Some(other) = member(PublicKey(transfer.key.0)) else { continue };
            let Some(item) = self.items.find(transfer.info_hash) else { continue };
            let of = |giver, taker| nothing(item.info_hash, giver, taker);
            if transfer.given > 0 {
                passed.push(Passed { given: transfer.given.min(BELIEVED), ..of(teller, other) });
            }
            if transfer.fetched > 0 {
                passed.push(Passed { taken: transfer.fetched.min(BELIEVED), ..of(other, teller) });
            }
        }
        for &StockTransfer { info_hash, peer_id, ip, given } in stock {
            let Some(item) = self.items.find(info_hash) else { continue };
            let Some((key, taker)) = self.stock.whose(&item.info_hash, peer_id, ip) else {
                tracing::info!(item = %item.info_hash, %ip, "no announce tells which stock client fetched");
                continue;
            };
            let of = nothing(item.info_hash, teller, taker);
            passed.push(Passed { stock: Some(key.id()), given: given.min(BELIEVED), ..of });
        }
        passed
    }
}
