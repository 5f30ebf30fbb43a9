//! `peerpool end`.

use peerpool_api::{Error, EventQuery};
use serde::Serialize;

use crate::{
    args::PeerOptions,
    exit::{Exit, Failure},
    output::Output,
    session::Session,
};

/// What `--json` says.
#[derive(Debug, Serialize)]
struct Ended {
    ended: bool,
    repository: String,
}

pub(super) async fn run(out: Output, options: PeerOptions) -> Result<(), Failure> {
    let session = match Session::running(&options).await {
        Err(Failure::Control(Error::NoPeer { repository })) => {
            let message = format!("no peer runs in {}, so there is none to end", repository.display());
            return Err(Failure::told(Exit::Unreachable, message));
        }
        found => found?,
    };
    let repository = session.client.repository().display().to_string();
    let mut events = session.client.events(EventQuery::default()).await?;
    session.client.end().await?;
    loop {
        match events.next().await {
            Ok(Some(_)) => {}
            Ok(None) | Err(Error::Lost { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    out.show(&Ended { ended: true, repository }, |_| "the peer has left the pool".to_owned())
}
