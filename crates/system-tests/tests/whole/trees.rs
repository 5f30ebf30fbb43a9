//! Folders of real life: whatever names, modes and links they have, they are the same where they are fetched.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
    process::Command,
};

use peerpool_api::ProblemCode;
use peerpool_system_tests::Pool;

/// The Debian package of the kernel's sources unpacks to names that differ in case alone, to scripts and to links.
#[test]
fn the_sources_of_linux_are_fetched_as_they_are() {
    let Some(archive) = linux_source() else {
        eprintln!("SKIPPED: there is no /usr/src/linux-source-*.tar.xz: apt-get install linux-source");
        return;
    };
    let pool = Pool::new();
    let holder = pool.peer("holder");
    let unpacked = Command::new("tar").arg("-C").arg(holder.repository()).arg("-xf").arg(&archive).status();
    assert!(unpacked.unwrap().success(), "cannot unpack {}", archive.display());
    let name = archive.file_name().unwrap().to_str().unwrap().split(".tar").next().unwrap().to_owned();
    assert_fetched_as_it_is(holder.path(&name), &holder.sharing(1).start(), &pool, &name);
}

/// Documentation of packages has links between packages, and some that lead out of it.
#[test]
fn the_documentation_of_debian_is_fetched_as_it_is() {
    let source = Path::new("/usr/share/doc");
    if !source.is_dir() {
        eprintln!("SKIPPED: there is no {}", source.display());
        return;
    }
    let pool = Pool::new();
    let holder = pool.peer("holder").start();
    let shared = holder.run(["share", source.to_str().unwrap()]);
    assert_eq!(shared.code, Some(0), "{shared:?}");
    assert_fetched_as_it_is(source.to_owned(), &holder, &pool, "doc");
}

/// Fetches an item, and compares it with what it was made of: names, kinds, bytes, executable bits and links, but for what
/// no torrent can hold. That is told.
fn assert_fetched_as_it_is(
    source: PathBuf,
    holder: &peerpool_system_tests::Peer<'_>,
    pool: &Pool,
    name: &str,
) {
    let reader = pool.peer("reader").start();
    reader.until_complete(&reader.begin(name));
    let mut expected = listing(&source);
    let all = expected.len();
    expected.retain(|path, entry| match entry {
        Entry::Link(text) => target(path, text).is_some(),
        Entry::EmptyFolder => false,
        Entry::File { .. } => true,
    });
    let problems = holder.status().problems;
    let told = problems.iter().any(|problem| problem.code == ProblemCode::LeftOut);
    assert_eq!(told, all > expected.len(), "{problems:?}");

    let fetched = listing(&reader.path(name));
    let differing: Vec<&PathBuf> = expected
        .iter()
        .filter(|(path, entry)| fetched.get(*path).is_none_or(|other| !entry.is_as(other, path)))
        .map(|(path, _)| path)
        .chain(fetched.keys().filter(|path| !expected.contains_key(*path)))
        .take(10)
        .collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
    for (path, _) in expected.iter().filter(|(_, entry)| matches!(entry, Entry::File { .. })) {
        assert!(have_same_bytes(&source.join(path), &reader.path(name).join(path)), "{}", path.display());
    }
}

enum Entry {
    File { bytes: u64, executable: bool },
    Link(PathBuf),
    EmptyFolder,
}

impl Entry {
    fn is_as(&self, other: &Self, path: &Path) -> bool {
        match (self, other) {
            (Self::File { bytes, executable }, Self::File { bytes: others, executable: other }) => {
                (bytes, executable) == (others, other)
            }
            (Self::Link(text), Self::Link(other)) => target(path, text) == target(path, other),
            _ => false,
        }
    }
}

fn listing(root: &Path) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        let mut entries = fs::read_dir(&folder).unwrap().peekable();
        let inside = |path: &Path| path.strip_prefix(root).unwrap().to_owned();
        if entries.peek().is_none() {
            found.insert(inside(&folder), Entry::EmptyFolder);
        }
        for path in entries.map(|entry| entry.unwrap().path()) {
            let metadata = path.symlink_metadata().unwrap();
            let entry = if metadata.is_dir() {
                waiting.push(path);
                continue;
            } else if metadata.is_symlink() {
                Entry::Link(fs::read_link(&path).unwrap())
            } else {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                Entry::File { bytes: metadata.len(), executable }
            };
            found.insert(inside(&path), entry);
        }
    }
    found
}

/// Where a link leads inside the item, if it does.
fn target(link: &Path, text: &Path) -> Option<PathBuf> {
    let mut target = link.parent().unwrap().to_owned();
    let mut descended = false;
    for component in text.components() {
        match component {
            Component::Normal(name) => {
                descended = true;
                target.push(name);
            }
            Component::CurDir => {}
            Component::ParentDir if !descended && target.pop() => {}
            _ => return None,
        }
    }
    Some(target).filter(|target| !target.as_os_str().is_empty())
}

fn have_same_bytes(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    let (mut here, mut there) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = one.read(&mut here).unwrap();
        if read == 0 {
            return other.read(&mut there).unwrap() == 0;
        }
        if other.read_exact(&mut there[..read]).is_err() || here[..read] != there[..read] {
            return false;
        }
    }
}

fn linux_source() -> Option<PathBuf> {
    let mut archives: Vec<PathBuf> =
        fs::read_dir("/usr/src").ok()?.flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("linux-source-") && name.ends_with(".tar.xz")
    });
    archives.sort();
    archives.pop()
}
