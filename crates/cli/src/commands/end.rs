//! `peerpool end`.

use peerpool_control::{Error, EventQuery};

use crate::{args::Place, exit::Failure, output::Output, session::Session};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    let session = Session::running(&place).await?;
    let mut events = session.client.events(EventQuery::default()).await?;
    session.client.end().await?;
    loop {
        match events.next().await {
            Ok(Some(_)) => {}
            Ok(None) | Err(Error::Lost { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    out.tell("the peer has left the pool");
    Ok(())
}
