//! `peerpool rm`.

use std::io::{self, Write as _};

use peerpool_api::{Download, Remove};

use crate::{
    actions::choose,
    args::{self, PeerOptions},
    exit::{Exit, Failure},
    output::{Output, on_a_terminal, size, text::safe},
    session::{Session, with_peer},
};

pub(super) async fn run(out: Output, options: PeerOptions, args: args::Remove) -> Result<(), Failure> {
    with_peer(&options, false, async |session, _| remove(out, session, &args).await).await
}

async fn remove(out: Output, session: &Session, args: &args::Remove) -> Result<(), Failure> {
    let (chosen, mut tally) = choose(&session.client, &args.names).await?;
    for download in chosen {
        let Some(removed) = tally.note(remove_one(session, args, &download).await)? else { continue };
        out.show(&removed, |removed| {
            let data = if args.delete_data { "its data is deleted" } else { "its data is kept" };
            format!("forgot the download of {}; {data}", safe(&removed.name))
        })?;
    }
    tally.end()
}

async fn remove_one(
    session: &Session,
    args: &args::Remove,
    download: &Download,
) -> Result<Download, Failure> {
    if args.delete_data && !args.yes {
        confirm(download)?;
    }
    Ok(session.client.remove(&download.hash, Remove { data: args.delete_data }).await?)
}

/// Data is never deleted without a yes.
fn confirm(download: &Download) -> Result<(), Failure> {
    let name = safe(&download.name);
    if !on_a_terminal() {
        return Err(Failure::told(Exit::Usage, format!("to delete the data of {name}, say --yes")));
    }
    let asked = format!("delete {} of {name}? [y/N] ", size::bytes(download.bytes_done));
    let _ = io::stderr().write_all(asked.as_bytes());
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Failure::file("read", "standard input"))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::told(Exit::Failed, "nothing was deleted")),
    }
}
