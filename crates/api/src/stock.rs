//! Stock BitTorrent clients in a pool for members: which items they may fetch, and the keys by which they announce.

use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which item it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// The item, by one of its info-hashes.
    #[param(value_type = String)]
    pub item: InfoHash,
}

/// Whether stock clients may fetch an item, and by which keys. It is weaker than what members have among themselves: what
/// they fetch is not encrypted, and whoever has a key, which stands in the .torrent file, can fetch the item until the key is
/// revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    /// The info-hash of the item.
    #[schema(value_type = String)]
    pub item: InfoHash,
    /// The name of the item.
    pub name: String,
    /// Whether stock clients may fetch it.
    pub allowed: bool,
    /// Whether who asks may change that.
    pub decides: bool,
    /// One's own keys; to who decides about the item, all.
    pub keys: Vec<AnnounceKey>,
}

/// A key by which a stock client announces. The key itself stands in the .torrent file alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnnounceKey {
    /// Which one it is.
    pub id: String,
    /// The name of the member who made it.
    pub member: String,
    /// When it was made, in seconds since 1970.
    pub added: u64,
    /// When a client last announced by it, in seconds since 1970; left out while none has since the tracker began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

/// That stock clients may fetch an item, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetStock {
    /// An info-hash of the item.
    #[schema(value_type = String)]
    pub item: InfoHash,
    /// Whether they may. All keys end when they may not.
    pub allowed: bool,
}

/// A .torrent file that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MakeAnnounceKey {
    /// An info-hash of the item.
    #[schema(value_type = String)]
    pub item: InfoHash,
}

/// A .torrent file with a new announce key in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockTorrent {
    /// Which key it is.
    pub id: String,
    /// The name of the item.
    pub name: String,
    /// The file, in base64 (RFC 4648, section 4). Whoever has it can fetch the item until the key is revoked.
    pub torrent: String,
}
