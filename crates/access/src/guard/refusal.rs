//! Why a connection is not admitted, or ends.

use peerpool_wire::id::InfoHash;

use crate::{pass::PassError, subject::MemberId};

/// For this peer's own log: the other end is told nothing, so that it cannot tell one reason from another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This peer has no pass of its own.
    #[error("this peer has no pass: its tracker has given it none, or has withdrawn it")]
    NoPass,
    /// The other end's pass admits nobody.
    #[error(transparent)]
    Pass(#[from] PassError),
    /// The pass was withdrawn.
    #[error("the pass of member {} was withdrawn", member.0)]
    Void {
        /// Whose it is.
        member: MemberId,
    },
    /// Nothing is known of who may have the item.
    #[error("the tracker has not told who may have {0}")]
    Item(InfoHash),
    /// Neither end may give the other anything.
    #[error("nothing of {item} may pass between this peer and member {}", member.0)]
    Rights {
        /// Who it is.
        member: MemberId,
        /// The item.
        item: InfoHash,
    },
    /// The tracker did not tell in time what the other end has heard already.
    #[error("member {} has heard of a later epoch than the tracker has told of", member.0)]
    Unheard {
        /// Who it is.
        member: MemberId,
    },
    /// The other end's pass has expired, and it showed no newer one.
    #[error("the pass of member {} has expired", member.0)]
    Expired {
        /// Who it is.
        member: MemberId,
    },
}
