//! Why members, or who wants to become one, are refused.

use std::time::Duration;

use peerpool_access::{
    members::{CommandError, JoinError},
    passkey::PasskeyError,
};
use peerpool_api::Code;

use super::passwords::PasswordError;
use crate::{oidc::OidcError, store::StoreError};

/// Why somebody is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MembersError {
    #[error("this pool is for members: join it with `peerpool join`, and ask over its encrypted connection")]
    MembersOnly,
    #[error(
        "the key of this device is that of no active member: ask an administrator of the pool for an invite"
    )]
    NotAMember,
    #[error("sign in first: the session, or the token, is good no longer, or there was none")]
    SignIn,
    #[error("this token only reads, and so does a cookie without a key")]
    ReadsOnly,
    #[error("the name or the password is wrong")]
    WrongPassword,
    #[error("this passkey lets nobody in: it was removed, or something about its answer does not hold")]
    WrongPasskey,
    #[error("the passkey cannot be taken: {0}; begin again")]
    UnfitPasskey(#[from] PasskeyError),
    #[error("this was begun in another browser, more than five minutes ago, or is over: begin again")]
    NoCeremony,
    #[error("passkeys belong to a name: open the pool by its name, and not by an address")]
    NoHost,
    #[error("too many tries to sign in: try again in {} s", .0.as_secs())]
    TooManyTries(Duration),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("there is no {kind} `{name}`")]
    Unknown { kind: &'static str, name: String },
    #[error("this tracker cannot see whom others have let in or shut out of late: try another one")]
    Behind,
    #[error("you may not get this item: a rule has to let you")]
    MayNotGet,
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error("the change was not kept, and is not made: {0}; look at the tracker's disk, and try again")]
    Store(StoreError),
    #[error("the change was not kept, and is not made: {0}; try again in a moment")]
    StoreAway(StoreError),
    #[error("{0}")]
    Unsettled(StoreError),
}

impl From<StoreError> for MembersError {
    fn from(error: StoreError) -> Self {
        match error {
            error if error.is_for_now() => Self::StoreAway(error),
            error if error.is_unsettled() => Self::Unsettled(error),
            error => Self::Store(error),
        }
    }
}

impl MembersError {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::MembersOnly => Code::MembersOnly,
            Self::NotAMember => Code::NotAMember,
            Self::SignIn | Self::WrongPassword | Self::WrongPasskey | Self::NoCeremony => Code::NoKey,
            Self::UnfitPasskey(_) => Code::BadRequest,
            Self::NoHost => Code::NotFound,
            Self::ReadsOnly | Self::MayNotGet => Code::NotAllowed,
            Self::TooManyTries(_) | Self::Password(PasswordError::Busy) | Self::Behind => Code::Busy,
            Self::Oidc(error) => match error {
                OidcError::None => Code::NotFound,
                OidcError::Stranger => Code::NotAMember,
                OidcError::Http(_) => Code::Busy,
                OidcError::NoFlow | OidcError::Refused(_) | OidcError::OtherIssuer | OidcError::Token(_) => {
                    Code::NoKey
                }
            },
            Self::Password(PasswordError::Length) => Code::BadRequest,
            Self::Password(PasswordError::Failed) => Code::Other,
            Self::Unknown { .. } => Code::NotFound,
            Self::Store(_) | Self::Unsettled(_) => Code::Disk,
            Self::StoreAway(_) => Code::Busy,
            Self::Join(JoinError::NoInvite) => Code::NoInvite,
            Self::Join(
                JoinError::NameTaken
                | JoinError::KeyTaken
                | JoinError::IdentityTaken
                | JoinError::PasskeyTaken,
            ) => Code::Taken,
            Self::Join(JoinError::Name | JoinError::Identity | JoinError::Passkey) => Code::BadRequest,
            Self::Command(error) => match error {
                CommandError::NotAllowed => Code::NotAllowed,
                CommandError::NoMember(_)
                | CommandError::NoGroup(_)
                | CommandError::NoRule(_)
                | CommandError::NoDevice
                | CommandError::NoSignIn
                | CommandError::NoTicket
                | CommandError::NoAnnounceKey
                | CommandError::NoInvite => Code::NotFound,
                CommandError::NameTaken(_)
                | CommandError::KeyTaken
                | CommandError::IdentityTaken
                | CommandError::PasskeyTaken => Code::Taken,
                CommandError::LastAdmin => Code::LastAdmin,
                CommandError::Name
                | CommandError::Past(_)
                | CommandError::TooManyGroups
                | CommandError::Token
                | CommandError::Passkey
                | CommandError::NoStock
                | CommandError::TooManyKeys
                | CommandError::Identity
                | CommandError::LastWay
                | CommandError::Uses => Code::BadRequest,
            },
        }
    }
}
