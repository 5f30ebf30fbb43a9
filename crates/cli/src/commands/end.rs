//! `peerpool end`.

use peerpool_control::{Error, EventQuery};

use crate::{
    args::Place,
    exit::{Exit, Failure},
    output::Output,
    session::Session,
};

pub(super) async fn run(out: Output, place: Place) -> Result<(), Failure> {
    let session = match Session::running(&place).await {
        Err(Failure::Control(Error::NoPeer { repository })) => {
            let message = format!("no peer runs in {}, so there is none to end", repository.display());
            return Err(Failure::told(Exit::Unreachable, message));
        }
        found => found?,
    };
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
