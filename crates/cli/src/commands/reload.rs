//! `peerpool reload`.

use peerpool_api::{Error, Reloaded, reload_tracker};

use crate::{
    args::Reload,
    config::Config,
    exit::{Exit, Failure},
    output::Output,
    session::Session,
};

pub(super) async fn run(out: Output, config: &Config, args: Reload) -> Result<(), Failure> {
    let reloaded = match &args.data {
        Some(data) => reload_tracker(data).await?,
        None => reload_peers(config, &args).await?,
    };
    out.show(&reloaded, human)?;
    match reloaded.failed.as_slice() {
        [] => Ok(()),
        failed => Err(Failure::told(Exit::Failed, failed.join("\n"))),
    }
}

/// Any peer of the process will do.
async fn reload_peers(config: &Config, args: &Reload) -> Result<Reloaded, Failure> {
    let mut reached = Ok(None);
    for peer in config.peers(&args.options) {
        match Session::running(&peer).await {
            Ok(session) => return Ok(session.client.reload().await?),
            Err(failure @ Failure::Control(Error::NoPeer { .. })) => reached = Err(failure),
            Err(failure) => return Err(failure),
        }
    }
    reached.and_then(|_: Option<Reloaded>| {
        Err(Failure::told(Exit::Usage, "say whom: --repository DIR or --data DIR"))
    })
}

fn human(reloaded: &Reloaded) -> String {
    let Reloaded { changed, needs_restart, .. } = reloaded;
    let mut lines: Vec<_> = changed.iter().map(|what| format!("changed: {what}")).collect();
    lines.extend(needs_restart.iter().map(|what| format!("at the next start: {what}")));
    if lines.is_empty() {
        lines.push("nothing changed".to_owned());
    }
    lines.join("\n")
}
