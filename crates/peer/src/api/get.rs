//! Begins downloads.

use std::{collections::BTreeSet, net::SocketAddr, path::Path, sync::Arc};

use axum::{Json, extract::State};
use peerpool_api::{ApiError, Code, Download, Get, Reading, What, naming, readings, torrent_from_base64};
use peerpool_repository::Wanted;
use peerpool_swarm::HeardFrom;
use peerpool_wire::{
    channel::{Failure, Holder, Target},
    id::InfoHash,
    magnet::Magnet,
    metainfo::{Info, Metainfo, names},
};

use super::{
    App, magnet,
    pool::{list, locate},
    refusal::{Answer, Refusal},
};
use crate::{channel::AskError, node::failure};

/// Items looked at to find those whose name begins with what was written.
const PREFIXES: u32 = 100;
/// Items looked at to find those whose name is much like what was written.
const NAMES: u32 = 1000;

/// An item that was found, with what is known of it so far.
struct Found {
    item: InfoHash,
    metainfo: Option<Arc<Metainfo>>,
    holders: Vec<Holder>,
    /// The item's name, when that is what was found.
    asked: Option<String>,
}

pub(super) async fn get(State(app): State<App>, Json(get): Json<Get>) -> Answer<Download> {
    app.stays().await?;
    if let Some(name) = &get.save_as {
        check_name(&app, name).await?;
    }
    let found = match &get.what {
        What::Item(text) => find(&app, text).await?,
        What::Torrent(text) => read_torrent(text)?,
        What::Magnet(link) => return get_magnet(&app, read_magnet(link)?, get).await,
    };
    let item = app.node(move |node| node.identify(&found.item)).await?;
    rename(&app, item, &get).await?;
    if let Some(download) = app.node(move |node| node.go_on(&item)).await? {
        return Ok(Json(download));
    }
    let metainfo = match found.metainfo {
        Some(metainfo) => metainfo,
        None => fetch_metainfo(&app, item).await?,
    };
    let item = metainfo.info.hash();
    if let Some(download) = app.node(move |node| node.go_on(&item)).await? {
        return Ok(Json(download));
    }
    begin(&app, metainfo, found.holders, Vec::new(), &get, found.asked).await?;
    app.download(item).await
}

/// A magnet link: the tracker tells what the item is, or else peers do.
async fn get_magnet(app: &App, magnet: Magnet, get: Get) -> Answer<Download> {
    let link = magnet.hash;
    let item = app.node(move |node| node.identify(&link)).await?;
    rename(app, item, &get).await?;
    if let Some(download) = app.node(move |node| node.go_on(&item)).await? {
        return Ok(Json(download));
    }
    let metainfo = match app.channel.torrent(item).await {
        Ok(torrent) => checked(item, &torrent)?,
        Err(refused) if magnet::may_ask_peers(&magnet, &refused) => {
            return magnet::describe(app, magnet, get).await;
        }
        Err(refused) => return Err(refused.into()),
    };
    let item = metainfo.info.hash();
    if let Some(download) = app.node(move |node| node.go_on(&item)).await? {
        return Ok(Json(download));
    }
    begin(app, metainfo, Vec::new(), magnet::addresses(&magnet).await, &get, None).await?;
    app.download(item).await
}

/// Reads what a person wrote as the name of an item.
async fn find(app: &App, text: &str) -> Result<Found, Refusal> {
    let text_owned = text.to_owned();
    if let Some(item) = app.node(move |node| node.find_download(&text_owned)).await? {
        return Ok(Found { item, metainfo: None, holders: Vec::new(), asked: None });
    }
    for reading in readings(text) {
        let by_name = matches!(reading, Reading::Name(_));
        let target = match reading {
            Reading::Name(name) => Target::Name { name: name.to_owned(), hash_prefix: String::new() },
            Reading::NameAndHash(name, hash_prefix) => Target::Name { name: name.to_owned(), hash_prefix },
            Reading::Hash(hash) => match hash.parse() {
                Ok(item) => Target::InfoHash(item),
                Err(_) => continue,
            },
        };
        match locate(app, target).await {
            Ok((Some(item), holders)) => {
                let asked = by_name.then_some(item.name);
                return Ok(Found { item: item.info_hash, metainfo: None, holders, asked });
            }
            Ok((None, _)) | Err(AskError::Failed(Failure::NotFound { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(unknown(app, text).await)
}

/// Nothing has that name; perhaps it was mistyped.
async fn unknown(app: &App, text: &str) -> Refusal {
    let begin: String = text.chars().take(3).collect();
    let (near, any) = tokio::join!(list(app, begin, None, PREFIXES), list(app, String::new(), None, NAMES));
    let pages = [near, any];
    let items = pages.iter().flatten().flat_map(|page| &page.items);
    let close = naming::similar(items.map(|item| item.name.as_str()), text);
    let close: Vec<String> = close.into_iter().map(|name| format!("`{name}`")).collect();
    let message = match close.is_empty() {
        true => format!("the pool has no item `{text}`; `update` and `list` show what it has"),
        false => format!("the pool has no item `{text}`: did you mean {}?", close.join(" or ")),
    };
    Refusal::new(Code::NotFound, message)
}

fn read_torrent(text: &str) -> Result<Found, Refusal> {
    let metainfo = read_metainfo(torrent_from_base64(text))?;
    let item = metainfo.info.hash();
    Ok(Found { item, metainfo: Some(metainfo), holders: Vec::new(), asked: None })
}

fn read_magnet(link: &str) -> Result<Magnet, Refusal> {
    link.parse::<Magnet>().map_err(|error| Refusal::new(Code::RefusedTorrent, error.to_string()))
}

/// Parses a .torrent file out of a request.
pub(super) fn read_metainfo(torrent: Option<Vec<u8>>) -> Result<Arc<Metainfo>, Refusal> {
    let bytes =
        torrent.ok_or_else(|| Refusal::new(Code::BadRequest, "the .torrent file is not in base64"))?;
    parse(&bytes)
}

pub(super) async fn fetch_metainfo(app: &App, item: InfoHash) -> Result<Arc<Metainfo>, Refusal> {
    checked(item, &app.channel.torrent(item).await?)
}

/// What the tracker gave for an item.
fn checked(item: InfoHash, torrent: &[u8]) -> Result<Arc<Metainfo>, Refusal> {
    let metainfo = parse(torrent)?;
    let found = metainfo.info.hash();
    // A link to a hybrid's v1 form means the hybrid: the same pieces.
    let is_form = |v1| metainfo.info.v1_form_hash() == Some(v1);
    let same_v1 = item.v1().is_none_or(|v1| found.v1() == Some(v1) || is_form(v1));
    let same_v2 = item.v2().is_none_or(|v2| found.v2() == Some(v2));
    match same_v1 && same_v2 {
        true => Ok(metainfo),
        false => Err(Refusal::new(
            Code::RefusedTorrent,
            format!("the tracker gave the meta information of {found} for {item}"),
        )),
    }
}

fn parse(torrent: &[u8]) -> Result<Arc<Metainfo>, Refusal> {
    match Metainfo::from_torrent(torrent) {
        Ok(metainfo) => Ok(Arc::new(metainfo)),
        Err(error) => Err(Refusal::new(Code::RefusedTorrent, error.to_string())),
    }
}

/// Begins the download of an item that is known, with the holders that the tracker named and other addresses; `asked` is
/// its name when it was found by that.
pub(super) async fn begin(
    app: &App,
    metainfo: Arc<Metainfo>,
    holders: Vec<Holder>,
    addrs: Vec<SocketAddr>,
    get: &Get,
    asked: Option<String>,
) -> Result<(), Refusal> {
    let wanted = wanted(&metainfo.info, &get.files)?;
    // The pool's own torrents were made by peers that hashed the same bytes both ways; a stranger may have made up a
    // hybrid whose v1 and v2 differ.
    let foreign = !matches!(get.what, What::Item(_));
    let save_as = get.save_as.clone();
    let item = metainfo.info.hash();
    let known = app.node(move |node| node.is_kept(&item)).await?;
    let repository = app.repository.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let name = match save_as {
            Some(name) => name,
            None => repository.name_for(metainfo.info.name())?,
        };
        if !known {
            check_free(repository.root(), &name)?;
        }
        let partial = repository.download(metainfo, wanted).map_err(|error| {
            let (code, cause) = failure(&error);
            Refusal::new(code, cause)
        })?;
        if foreign {
            partial.check_both();
        }
        Ok::<_, Refusal>((partial, name))
    });
    let (partial, name) = opening.await.map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    app.node(move |node| {
        node.begin(partial, name, &holders, asked);
        node.add_addresses(item, addrs, HeardFrom::Link);
    })
    .await
}

/// The files of these paths.
fn wanted(info: &Info, paths: &[String]) -> Result<Wanted, Refusal> {
    if paths.is_empty() {
        return Ok(Wanted::Whole);
    }
    let mut files = BTreeSet::new();
    for path in paths {
        // As a shell completes a folder's name.
        let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
        let under =
            |file: &str| file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        let found: Vec<usize> = (0..)
            .zip(info.files())
            .filter(|(_, file)| !file.pad && under(&file.path.join("/")))
            .map(|(nth, _)| nth)
            .collect();
        if found.is_empty() {
            let message = format!("`{}` has no file `{path}`", info.name());
            return Err(Refusal::new(Code::NotFound, message));
        }
        files.extend(found);
    }
    Ok(Wanted::Files(files))
}

/// Refuses a name to save under before anything is fetched.
async fn check_name(app: &App, name: &str) -> Result<(), Refusal> {
    let refused = |reason: String| {
        Refusal::new(Code::BadRequest, format!("`{name}` cannot be the name of an item here: {reason}"))
    };
    names::check_name(name).map_err(|fault| refused(fault.to_string()))?;
    if name.starts_with('.') {
        return Err(refused("names that begin with a dot are hidden".to_owned()));
    }
    let (repository, wished) = (app.repository.clone(), name.to_owned());
    let trying = tokio::task::spawn_blocking(move || repository.can_hold(&wished));
    match trying.await.map_err(|error| Refusal::new(Code::Other, error.to_string()))?? {
        true => Ok(()),
        false => Err(refused("the file system of the repository cannot hold it".to_owned())),
    }
}

/// Has a download that is there saved under the name that is wished now.
async fn rename(app: &App, item: InfoHash, get: &Get) -> Result<(), Refusal> {
    let Some(name) = get.save_as.clone() else { return Ok(()) };
    let wished = name.clone();
    if app.node(move |node| node.is_saved_otherwise(&item, &wished)).await? {
        check_free(app.repository.root(), &name)?;
        app.node(move |node| node.save_as(&item, name)).await??;
    }
    Ok(())
}

/// Says early what completion would refuse: something else stands there already.
fn check_free(root: &Path, name: &str) -> Result<(), Refusal> {
    if root.join(name).symlink_metadata().is_err() {
        return Ok(());
    }
    let free = (2..1000)
        .map(|number| numbered(name, number))
        .find(|other| root.join(other).symlink_metadata().is_err());
    Err(Refusal::from(ApiError {
        free_name: free,
        ..ApiError::new(
            Code::Exists,
            format!(
                "`{name}` stands in the repository already and is something else: save it under another name"
            ),
        )
    }))
}

/// `a.txt` and 2 make `a (2).txt`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem} ({number}).{extension}"),
        _ => format!("{name} ({number})"),
    }
}
