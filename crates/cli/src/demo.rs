//! `peerpool demo`: a whole pool at work on this machine, over real sockets.
//!
//! The tracker and the peers are processes of this same program; the demo only starts them and commands them
//! through their control sockets, as any user could.

mod digest;
mod input;
mod melody;
mod members;
mod nodes;
mod pages;
mod pool;
mod process;
mod report;
mod scene;

use std::path::Path;

use crate::{args, exit::Failure, output::Output, signals};

use self::{report::Report, scene::Scene};

/// Shows the pool at work, and whether every byte arrived.
pub async fn run(out: Output, args: args::Demo) -> Result<(), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("peerpool-demo-")
        .tempdir()
        .map_err(Failure::file("make", std::env::temp_dir()))?;
    let played = tokio::select! {
        played = choose(out, &args, folder.path()) => played,
        () = signals::interrupted() => Err(Failure::Interrupted),
    };
    let result = match played {
        Ok(Some(scene)) if args.web => stay(out, scene).await,
        other => other.map(drop),
    };
    if result.is_ok() && args.keep {
        let _ = folder.keep();
        return Ok(());
    }
    folder.close().map_err(Failure::file("remove", "the demo's folder"))?;
    result
}

/// The play that was asked for; gives the scene of the one that may go on.
async fn choose(out: Output, args: &args::Demo, folder: &Path) -> Result<Option<Scene>, Failure> {
    match args.nodes {
        Some(count) => nodes::play(out, args, folder, count.into()).await.map(|()| None),
        None if args.members => members::play(out, args, folder).await.map(|()| None),
        None => play(out, args, folder).await.map(Some),
    }
}

/// The whole play. Processes that are still there when it ends early are killed.
async fn play(out: Output, args: &args::Demo, folder: &Path) -> Result<Scene, Failure> {
    let mut scene = Scene::open(out, folder, args).await?;
    let report = Report::new(scene.acts().await?);
    report.show(out)?;
    if args.web {
        scene.pages().await?.show(out)?;
    } else if args.keep {
        scene.pool.keep(out)?;
    } else {
        scene.pool.end().await?;
    }
    report.verdict()?;
    Ok(scene)
}

/// Keeps the pool for those who look at its pages.
async fn stay(out: Output, mut scene: Scene) -> Result<(), Failure> {
    signals::interrupted().await;
    out.tell("\nending the pool")?;
    scene.pool.end().await
}
