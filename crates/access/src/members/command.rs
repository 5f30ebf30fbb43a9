//! What people do to a pool's members.

use peerpool_wire::id::{InfoHash, Sha1Hash};

use super::{AnnounceKey, Identity, Passkey, SecretHash, Ticket};
use crate::{
    audience::Right,
    invite::CodeHash,
    key::PublicKey,
    moment::Moment,
    passkey::CredentialId,
    rules::{RuleId, Scope},
    subject::{GroupId, MemberId, Role, Subject},
};

/// Who commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever runs the tracker, at its own machine.
    Operator,
    /// A member.
    Member(MemberId),
}

/// What somebody wants done. Administrators may do all of it; members may invite further devices of their own, withdraw
/// such invites, revoke their own devices, set their passwords, link accounts, add passkeys, make tokens and announce keys, end their
/// sessions, and decide about items that they own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make an invite.
    Invite {
        /// The hash of its code.
        code: CodeHash,
        /// The role of who joins.
        role: Role,
        /// The groups of who joins.
        groups: Vec<GroupId>,
        /// Whose further device it is for.
        device_of: Option<MemberId>,
        /// How often it can be used.
        uses: u32,
        /// When it ends.
        expires: Moment,
    },
    /// Withdraw an invite.
    Uninvite(CodeHash),
    /// Give a member another name.
    Rename(MemberId, String),
    /// Give a member another role.
    SetRole(MemberId, Role),
    /// Let a member do nothing until it is resumed.
    Suspend(MemberId),
    /// End a suspension.
    Resume(MemberId),
    /// Remove a member for good, with all its devices.
    Remove(MemberId),
    /// Give a member another password.
    SetPassword {
        /// Whose.
        member: MemberId,
        /// What a slow hash made of it.
        password: String,
        /// The session that stays; all others of the member end.
        but: Option<SecretHash>,
    },
    /// Take a member's password away.
    RemovePassword {
        /// Whose.
        member: MemberId,
        /// The session that stays; all others of the member end.
        but: Option<SecretHash>,
    },
    /// Let a member in by an account.
    Link {
        /// Which account.
        identity: Identity,
        /// Whose it is to be.
        member: MemberId,
        /// What its provider calls it for people.
        label: String,
    },
    /// Let a member in by an account no more.
    Unlink {
        /// Which account.
        identity: Identity,
        /// The session that stays; all others of the member end.
        but: Option<SecretHash>,
    },
    /// Let a member in by a passkey.
    AddPasskey(CredentialId, Passkey),
    /// Let a member in by a passkey no more.
    RemovePasskey {
        /// Which one.
        id: CredentialId,
        /// The session that stays; all others of the member end.
        but: Option<SecretHash>,
    },
    /// Make a token for a program.
    MakeToken(SecretHash, Ticket),
    /// End a session, or a token.
    EndTicket(SecretHash),
    /// Let a device do nothing any more. It takes the password, the accounts, the passkeys, the sessions and the tokens of its
    /// member with it, and the invites for its further devices, which it may have made.
    Revoke(PublicKey),
    /// Put a new key in the place of a device's old one.
    Rekey {
        /// The key that it had.
        old: PublicKey,
        /// The key that it has.
        new: PublicKey,
    },
    /// Make a group.
    AddGroup(String),
    /// Take a group apart. Rules that name it allow nobody any more.
    RemoveGroup(GroupId),
    /// Put a member into a group, or change until when.
    Enter(GroupId, MemberId, Option<Moment>),
    /// Take a member out of a group.
    Leave(GroupId, MemberId),
    /// Allow something.
    Allow {
        /// What it is about.
        scope: Scope,
        /// What is allowed.
        right: Right,
        /// To whom.
        subject: Subject,
        /// Until when, if it ends.
        until: Option<Moment>,
        /// Who owns the item, if the scope is one.
        owner: Option<MemberId>,
    },
    /// Take a rule out.
    Deny {
        /// Which.
        rule: RuleId,
        /// Who owns the item that it is about, if it is about one item.
        owner: Option<MemberId>,
    },
    /// Let stock clients fetch an item, or keep them out.
    SetStock {
        /// The item.
        item: InfoHash,
        /// The info-hash of its private form, under which they have it; `None` to keep them out.
        private: Option<Sha1Hash>,
        /// Who owns the item.
        owner: Option<MemberId>,
    },
    /// Make a key by which a stock client announces. Whether its member may get the item is for whoever commands to look.
    MakeAnnounceKey(SecretHash, AnnounceKey),
    /// End such a key.
    EndAnnounceKey {
        /// Which.
        key: SecretHash,
        /// Who owns the item that it is for.
        owner: Option<MemberId>,
    },
}
