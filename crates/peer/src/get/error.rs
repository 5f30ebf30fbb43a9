//! Why an item cannot be had.

use peerpool_api::Code;
use peerpool_repository::{PartialError, RepositoryError};
use peerpool_swarm::metadata::MetadataError;
use peerpool_wire::{id::InfoHash, magnet::MagnetError, metainfo::MetainfoError};
use tokio::task::JoinError;

use crate::{channel::AskError, code::Coded, node::NodeError};

/// Why an item cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GetError {
    #[error("`{name}` cannot be the name of an item here: {reason}")]
    Name { name: String, reason: String },
    #[error("`{name}` stands in the repository already and is something else: save it under another name")]
    Taken { name: String, free: Option<String> },
    #[error("the pool has no item `{text}`{}", suggestion(similar))]
    Unknown { text: String, similar: Vec<String> },
    #[error("`{item}` has no file `{path}`")]
    NoFile { item: String, path: String },
    #[error("the .torrent file is not in base64")]
    NotBase64,
    #[error("the tracker gave the meta information of {found} for {item}")]
    OtherItem { found: InfoHash, item: InfoHash },
    #[error(transparent)]
    Metainfo(#[from] MetainfoError),
    #[error(transparent)]
    Magnet(#[from] MagnetError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Partial(#[from] PartialError),
    #[error(transparent)]
    Task(#[from] JoinError),
    #[error("the peer is ending")]
    Ending,
}

impl Coded for GetError {
    fn code(&self) -> Code {
        match self {
            Self::Name { .. } | Self::NotBase64 => Code::BadRequest,
            Self::Taken { .. } => Code::Exists,
            Self::Unknown { .. } | Self::NoFile { .. } => Code::NotFound,
            Self::OtherItem { .. } | Self::Metainfo(_) | Self::Magnet(_) | Self::Metadata(_) => {
                Code::RefusedTorrent
            }
            Self::Ask(error) => error.code(),
            Self::Node(error) => error.code(),
            Self::Repository(error) => error.code(),
            Self::Partial(error) => error.code(),
            Self::Task(_) => Code::Other,
            Self::Ending => Code::Ending,
        }
    }
}

fn suggestion(similar: &[String]) -> String {
    if similar.is_empty() {
        return "; `update` and `list` show what it has".to_owned();
    }
    let names: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
    format!(": did you mean {}?", names.join(" or "))
}
