//! `peerpool history`.

use peerpool_api::HistoryQuery;

use crate::{
    args::{self, PeerOptions},
    exit::Failure,
    output::{self, Output},
    session::Session,
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::History) -> Result<(), Failure> {
    let query = HistoryQuery {
        search: Some(args.text.join(" ")).filter(|words| !words.is_empty()),
        sort: args.sort.map(Into::into),
        desc: args.reverse,
        limit: Some(args.limit),
        ..HistoryQuery::default()
    };
    let page = Session::running(&options).await?.client.history(&query).await?;
    out.show(&page, output::history)
}
