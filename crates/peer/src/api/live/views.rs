//! The views of a peer: its own lists come from the node, the pool's from the tracker.

use peerpool_api::{ApiError, Code, DownloadQuery, RepositoryQuery};
use peerpool_web::live::{Answer, Ask, Key, Row, Source, View};
use peerpool_wire::id::InfoHash;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::super::App;
use crate::node::Node;

/// What somebody can follow of a peer.
pub(super) struct Views {
    app: App,
}

impl Views {
    pub(super) fn new(app: App) -> Self {
        Self { app }
    }
}

/// One view of a peer.
pub(super) struct PeerView {
    app: App,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Status,
    Downloads(DownloadQuery),
    /// One download, by any of its hashes.
    Download(InfoHash),
    Repository(RepositoryQuery),
}

impl Source for Views {
    type View = PeerView;

    fn open(&self, view: &str, query: Map<String, Value>) -> Result<PeerView, ApiError> {
        let kind = match view.split_once('/') {
            Some(("download", hash)) => Kind::Download(hash.parse().map_err(|_| bad_hash(hash))?),
            None if view == "status" => Kind::Status,
            None if view == "downloads" => Kind::Downloads(read(query)?),
            None if view == "repository" => Kind::Repository(read(query)?),
            _ => {
                let views = "status, downloads, download/HASH and repository";
                return Err(ApiError::new(Code::NotFound, format!("a peer has the views {views}")));
            }
        };
        Ok(PeerView { app: self.app.clone(), kind })
    }
}

impl View for PeerView {
    async fn answer(&self, ask: Ask) -> Result<Answer, ApiError> {
        let kind = self.kind.clone();
        Ok(self.app.node(move |node| kind.answer(node, ask)).await?)
    }
}

impl Kind {
    /// Runs where the node runs: what is looked at again costs as much as the rows that are shown.
    fn answer(&self, node: &Node, ask: Ask) -> Answer {
        match self {
            Self::Status => Answer::of_one(ask, || row(&node.view_glance())),
            Self::Download(hash) => {
                let item = node.identify(hash);
                Answer::of_one(ask, || row(&node.view_detail(&item)?))
            }
            Self::Downloads(query) => {
                let list = || {
                    let downloads = query.select(node.view_downloads());
                    downloads.into_iter().map(|download| download.hash.to_string().into()).collect()
                };
                Answer::out_of_list(ask, list, |key: &Key| row(&node.view_followed(&key.parse().ok()?)?))
            }
            Self::Repository(query) => {
                let list = || {
                    let items = query.select(node.view_repository().items);
                    items.into_iter().map(|item| item.name.into()).collect()
                };
                Answer::out_of_list(ask, list, |name| row(&node.view_entry(name)?))
            }
        }
    }
}

/// A query, as the path of the same list takes it.
fn read<T: DeserializeOwned>(query: Map<String, Value>) -> Result<T, ApiError> {
    let read = serde_json::from_value(Value::Object(query));
    read.map_err(|error| ApiError::new(Code::BadRequest, format!("the query is wrong: {error}")))
}

fn bad_hash(hash: &str) -> ApiError {
    let shown: String = hash.chars().take(80).collect();
    ApiError::new(
        Code::BadRequest,
        format!("`{shown}` is not an info-hash: write 40 or 64 hexadecimal digits"),
    )
}

fn row(shape: &impl Serialize) -> Option<Row> {
    Row::new(shape).inspect_err(|error| tracing::error!(%error, "a row that cannot be written")).ok()
}
