//! Why a command is refused, or a newcomer.

use crate::{
    moment::Moment,
    rules::RuleId,
    subject::{GroupId, MemberId},
};

/// A command that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Not for this member to do.
    #[error("only an administrator may do this")]
    NotAllowed,
    /// No such member, or one that was removed.
    #[error("there is no member {}", .0.0)]
    NoMember(MemberId),
    /// No such group.
    #[error("there is no group {}", .0.0)]
    NoGroup(GroupId),
    /// No such rule.
    #[error("there is no rule {}", .0.0)]
    NoRule(RuleId),
    /// No such device, or one that was revoked.
    #[error("there is no device with this key")]
    NoDevice,
    /// No such invite.
    #[error("there is no such invite: it was used, withdrawn or is over")]
    NoInvite,
    /// No such session or token.
    #[error("there is no such session or token: it has ended")]
    NoTicket,
    /// No such account or passkey, or no password.
    #[error("the member does not sign in by this: it was removed")]
    NoSignIn,
    /// Somebody would be left without any way in.
    #[error(
        "this is the last way in: set a password, link another account, or add a passkey or a device first"
    )]
    LastWay,
    /// An account that another member has.
    #[error("another member signs in with this account")]
    IdentityTaken,
    /// An account that is none, or one too many.
    #[error("the account has no name of 1 to 512 bytes, or there are {} already", super::MAX_IDENTITIES)]
    Identity,
    /// A passkey that is known.
    #[error("this passkey is known already")]
    PasskeyTaken,
    /// A passkey without a name, or one too many.
    #[error(
        "a passkey has a name of 1 to {} bytes, and a member {} passkeys at most",
        super::decide::MAX_NAME,
        super::MAX_PASSKEYS
    )]
    Passkey,
    /// A token without a name, or one too many.
    #[error(
        "a token has a name of 1 to {} bytes, and a member {} tokens at most",
        super::decide::MAX_NAME,
        super::MAX_TOKENS
    )]
    Token,
    /// An item that stock clients may not fetch.
    #[error("stock clients may not fetch this item: whoever owns it, or an administrator, can let them")]
    NoStock,
    /// One announce key too many.
    #[error("a member has {} announce keys at most: revoke some", super::MAX_ANNOUNCE_KEYS)]
    TooManyKeys,
    /// No such announce key.
    #[error("there is no such announce key: it was revoked")]
    NoAnnounceKey,
    /// A name that another one has.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// Nothing, or too long.
    #[error("a name has 1 to {} bytes", super::decide::MAX_NAME)]
    Name,
    /// A key that is known.
    #[error("this key belongs to a device already")]
    KeyTaken,
    /// Nobody would be left to keep the pool.
    #[error("this is the last administrator: make somebody else one first")]
    LastAdmin,
    /// An end that is no end.
    #[error("{0:?} lies in the past")]
    Past(Moment),
    /// More than a pass can name.
    #[error("a member can be in {} groups", super::decide::MAX_GROUPS)]
    TooManyGroups,
    /// An invite for nobody.
    #[error("an invite can be used 1 to {} times", super::decide::MAX_USES)]
    Uses,
}

/// Somebody who did not get in. A code that is wrong, used or over looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// No invite with this code holds.
    #[error("this invite does not hold: it was used, withdrawn or is over; ask for a new one")]
    NoInvite,
    /// A name that another member has.
    #[error("a member of this name is there already: choose another")]
    NameTaken,
    /// Nothing, or too long.
    #[error("a name has 1 to {} bytes", super::decide::MAX_NAME)]
    Name,
    /// An account that another member has.
    #[error("another member signs in with this account: sign in with it instead")]
    IdentityTaken,
    /// An account that is none, or one too many.
    #[error("{}", CommandError::Identity)]
    Identity,
    /// A passkey that is known.
    #[error("this passkey is known already: sign in with it instead")]
    PasskeyTaken,
    /// A passkey without a name, or one too many.
    #[error("{}", CommandError::Passkey)]
    Passkey,
    /// A key that is known.
    #[error("this machine belongs to the pool already")]
    KeyTaken,
}
