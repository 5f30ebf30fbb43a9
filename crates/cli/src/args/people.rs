//! Commands about what lets a member in without its device.

use clap::{Args, Subcommand, ValueEnum};
use peerpool_api::TokenScope;

use super::{InPool, span};

/// `peerpool password`.
#[derive(Debug, Args)]
pub struct Password {
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// `peerpool sign-ins`.
#[derive(Debug, Args)]
pub struct SignIns {
    /// What to change; without it, passkeys, accounts elsewhere and the password are listed.
    #[command(subcommand)]
    pub action: Option<SignInAction>,
    /// Those of another member, for administrators
    #[arg(long, global = true, value_name = "NAME")]
    pub member: Option<String>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to change of ways to sign in.
#[derive(Debug, Subcommand)]
pub enum SignInAction {
    /// Sign in by a passkey, an account elsewhere or the password no more
    Remove {
        /// Which one, as the list has it
        id: String,
    },
}

/// `peerpool tokens`.
#[derive(Debug, Args)]
pub struct Tokens {
    /// What to change; without it, tokens are listed.
    #[command(subcommand)]
    pub action: Option<TokenAction>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to change of tokens.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Make a token
    Make {
        /// What you call it
        name: String,
        /// What it may do
        #[arg(long, value_enum, default_value = "read")]
        scope: ScopeArg,
        /// How long it lasts, as in 12h or 30d [default: 90d]
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasts: Option<u64>,
    },
    /// End a token
    End {
        /// Which one, as the list has it
        id: String,
    },
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeArg {
    /// Read what you may see
    Read,
    /// Do what you may, but for passwords, sessions and tokens
    Write,
}

impl From<ScopeArg> for TokenScope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Write => Self::Write,
        }
    }
}
