//! Why a torrent is refused.

/// Why a torrent or an info dictionary is refused: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetainfoError {
    /// A key that must be there is not.
    #[error("the torrent has no `{key}`: get a complete copy of it")]
    Missing {
        /// The key, with the keys above it.
        key: &'static str,
    },
}
