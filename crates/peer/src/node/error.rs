//! Why the node does not do what it is told.

use peerpool_api::Code;
use peerpool_wire::id::InfoHash;

use crate::code::Coded;

/// Why the node does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    #[error("no download of {0}; `status` lists them")]
    NoDownload(InfoHash),
    #[error("{0} is not in the repository; `GET /api/v1/repository` lists what is")]
    NotShared(InfoHash),
    #[error("{0} is neither in the repository nor on its way there: begin a download of it first")]
    NoItem(InfoHash),
    #[error("it is saved as `{name}` already: rename it there")]
    InPlace { name: String },
    #[error("something else stands at `{name}`")]
    NameTaken { name: String },
    #[error("what the item is is not known yet: try again in a moment")]
    NotDescribed,
    #[error("the download of `{name}` does not run: `resume` goes on with it")]
    AtRest { name: String },
    #[error("this peer stays until somebody ends it: say `end`")]
    Stays,
}

impl Coded for NodeError {
    fn code(&self) -> Code {
        match self {
            Self::NoDownload(_) | Self::NotShared(_) | Self::NoItem(_) => Code::NotFound,
            Self::NotDescribed => Code::Busy,
            Self::InPlace { .. } | Self::AtRest { .. } | Self::Stays => Code::BadRequest,
            Self::NameTaken { .. } => Code::Exists,
        }
    }
}
