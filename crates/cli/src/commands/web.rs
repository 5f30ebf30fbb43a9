//! `peerpool web`.

use peerpool_api::{Door, OpenDoor};
use serde::Serialize;

use crate::{
    actions::open_in_browser,
    args::{PeerOptions, Web},
    exit::Failure,
    output::{Output, on_a_terminal, remark},
    session::Session,
};

/// What `--close` says with `--json`.
#[derive(Debug, Serialize)]
struct Closed {
    closed: bool,
}

pub(super) async fn run(out: Output, options: PeerOptions, args: Web) -> Result<(), Failure> {
    let Session { client, .. } = Session::running(&options).await?;
    if args.close {
        client.close_door().await?;
        return out.show(&Closed { closed: true }, |_| "no browser is let in any more".to_owned());
    }
    let wanted = OpenDoor { listen: args.door.web, anywhere: args.door.web_anywhere };
    let door: Door = client.open_door(&wanted).await?;
    out.show(&door, |door| door.link.clone())?;
    if !args.no_open && !out.json && on_a_terminal() && !open_in_browser(&door.link) {
        remark("no browser could be started: open the link, which lets one browser in, once");
    }
    Ok(())
}
