//! Finds out which names of an item the file system cannot hold side by side, by creating them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use peerpool_wire::metainfo::Info;
use rustix::io::Errno;

use super::{
    LocalNames,
    marked::{Reason, candidates, is_marked},
};
use crate::{
    beneath::{Directory, Probe, Tried},
    error::{DiskError, Result},
};

/// Something in which names can be tried side by side.
trait Trial {
    /// Makes a file of that name.
    fn try_name(&self, name: &str) -> Result<Tried>;
    /// The names that are listed in another spelling, with that spelling; empty where they cannot be found.
    fn respelled(&self) -> Result<Vec<(String, String)>>;
}

impl Trial for Probe<'_> {
    fn try_name(&self, name: &str) -> Result<Tried> {
        Probe::try_name(self, name)
    }

    fn respelled(&self) -> Result<Vec<(String, String)>> {
        Probe::respelled(self)
    }
}

/// Longest name that every file system in use can hold, encrypted home folders included.
const SHORT: usize = 143;

/// The local names of an item's files on the file system of `folder`.
pub(super) fn plan(folder: &Directory, info: &Info) -> Result<LocalNames> {
    let mut folders: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for entry in info.files().iter().filter(|entry| !entry.pad) {
        for (depth, name) in entry.path.iter().enumerate() {
            folders.entry(&entry.path[..depth]).or_default().insert(name);
        }
    }
    let mut local_names = LocalNames::default();
    let keeps_case = keeps_case(folder)?;
    for (path, names) in folders {
        for (name, place) in renamed(|| Probe::new(folder), &names, keeps_case)? {
            local_names.renamed.insert([path, &[name.to_owned()]].concat(), place);
        }
    }
    Ok(local_names)
}

/// Whether the file system of `folder` can hold this name.
pub(crate) fn can_hold(folder: &Directory, name: &str) -> Result<bool> {
    let renamed = renamed(|| Probe::new(folder), &BTreeSet::from([name]), true)?;
    Ok(renamed.iter().all(|(_, place)| !is_marked(place)))
}

/// The name itself if the file system of `folder` can hold it and it is not hidden, otherwise a marked one.
pub(crate) fn name_for(folder: &Directory, name: &str) -> Result<String> {
    let renamed = match name.starts_with('.') {
        true => Some(place(&Probe::new(folder)?, name, Reason::Refused, &BTreeSet::new())?),
        false => {
            let renamed = renamed(|| Probe::new(folder), &BTreeSet::from([name]), keeps_case(folder)?)?;
            renamed.into_iter().next().map(|(_, place)| place)
        }
    };
    Ok(renamed.unwrap_or_else(|| name.to_owned()))
}

/// Whether the file system lists names as they were written; some use only small letters.
fn keeps_case(folder: &Directory) -> Result<bool> {
    let probe = Probe::new(folder)?;
    probe.try_name("Case")?;
    Ok(probe.respelled()?.is_empty())
}

/// Which names of one folder cannot exist beside the others, and their replacements.
fn renamed<'n, T: Trial>(
    begin: impl FnOnce() -> Result<T>,
    names: &BTreeSet<&'n str>,
    keeps_case: bool,
) -> Result<Vec<(&'n str, String)>> {
    let doubtful = if keeps_case { doubtful(names) } else { names.iter().copied().collect() };
    if doubtful.is_empty() {
        return Ok(Vec::new());
    }
    let probe = begin()?;
    let (mut renamed, mut bad) = (Vec::new(), Vec::new());
    for name in doubtful {
        match probe.try_name(name)? {
            Tried::Stands => {}
            Tried::Taken => bad.push((name, Reason::Taken)),
            Tried::Refused => bad.push((name, Reason::Refused)),
        }
    }
    for (name, spelled) in probe.respelled()? {
        match names.get(name.as_str()) {
            // The file system has its own spelling (accents composed or not), and finds the file by either.
            Some(name) if !name.starts_with(&spelled) => renamed.push((*name, spelled)),
            Some(name) => bad.push((*name, Reason::Refused)),
            None => {}
        }
    }
    for (name, reason) in bad {
        renamed.push((name, place(&probe, name, reason, names)?));
    }
    // A marked name may get another spelling, too.
    let spelled: BTreeMap<String, String> = probe.respelled()?.into_iter().collect();
    for (_, place) in &mut renamed {
        if let Some(spelled) = spelled.get(place).filter(|spelled| !spelled.is_empty()) {
            place.clone_from(spelled);
        }
    }
    Ok(renamed)
}

/// The first candidate that can exist beside all names of the folder.
fn place(probe: &impl Trial, name: &str, reason: Reason, names: &BTreeSet<&str>) -> Result<String> {
    for candidate in candidates(name, reason) {
        let clashes = names.iter().any(|other| folded(other) == folded(&candidate));
        if !clashes && probe.try_name(&candidate)? == Tried::Stands {
            return Ok(candidate);
        }
    }
    Err(DiskError::new("find a name that the file system can hold for", Path::new(name), Errno::INVAL))
}

/// The names that some file system may not hold beside the others. Beyond ASCII, only the file system knows which names
/// it takes for the same.
fn doubtful<'n>(names: &BTreeSet<&'n str>) -> Vec<&'n str> {
    if !names.iter().all(|name| name.is_ascii()) {
        return names.iter().copied().collect();
    }
    let mut of_case: BTreeMap<String, u32> = BTreeMap::new();
    for name in names {
        *of_case.entry(folded(name)).or_default() += 1;
    }
    let is_alone = |name: &str| of_case.get(&folded(name)).is_none_or(|count| *count == 1);
    names.iter().copied().filter(|name| !is_plain(name) || !is_alone(name)).collect()
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Whether every file system can hold this name.
fn is_plain(name: &str) -> bool {
    let letters = |byte: u8| (b' '..=b'~').contains(&byte) && !b"<>:\"/\\|?*".contains(&byte);
    name.len() <= SHORT && name.bytes().all(letters) && !name.ends_with(['.', ' ']) && !is_device(name)
}

/// Whether Windows would open a device under this name, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    ["con", "prn", "aux", "nul", "conin$", "conout$"].contains(&stem.as_str())
        || numbered("com")
        || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A file system that ignores case, holds 143 bytes and no `?`, and writes `é` as two characters.
    #[derive(Default)]
    struct Small(RefCell<BTreeMap<String, String>>);

    fn composed(name: &str) -> String {
        name.replace("e\u{301}", "\u{e9}")
    }

    impl Trial for Small {
        fn try_name(&self, name: &str) -> Result<Tried> {
            let mut made = self.0.borrow_mut();
            let key = composed(&folded(name));
            if name.len() > 143 || name.contains('?') {
                return Ok(Tried::Refused);
            }
            Ok(match made.contains_key(&key) {
                true => Tried::Taken,
                false => {
                    made.insert(key, name.to_owned());
                    Tried::Stands
                }
            })
        }

        fn respelled(&self) -> Result<Vec<(String, String)>> {
            let made = self.0.borrow();
            let decomposed = made.values().map(|name| (name.clone(), name.replace('\u{e9}', "e\u{301}")));
            Ok(decomposed.filter(|(name, spelled)| name != spelled).collect())
        }
    }

    fn local_names(names: &[&str]) -> Vec<(String, String)> {
        let names = names.iter().copied().collect();
        let renamed = renamed(|| Ok(Small::default()), &names, true).unwrap();
        renamed.into_iter().map(|(name, place)| (name.to_owned(), place)).collect()
    }

    #[test]
    fn names_that_the_file_system_takes_for_the_same_are_numbered() {
        let found = local_names(&["index.html", "Index.html", "INDEX.HTML", "other"]);
        let expected = [("Index.html", "Index (case 2).html"), ("index.html", "index (case 3).html")];
        assert_eq!(found, expected.map(|(name, place)| (name.to_owned(), place.to_owned())));
        let taken = local_names(&["a", "A", "a (case 2)"]);
        assert_eq!(taken, [("a".to_owned(), "a (case 3)".to_owned())], "that name is another file's");
    }

    #[test]
    fn names_stand_as_the_file_system_spells_them() {
        let found = local_names(&["caf\u{e9}", "cafe\u{301}"]);
        assert_eq!(found, [("caf\u{e9}".to_owned(), "cafe\u{301} (case 2)".to_owned())]);
        assert_eq!(local_names(&["caf\u{e9}"]), [("caf\u{e9}".to_owned(), "cafe\u{301}".to_owned())]);
    }

    #[test]
    fn names_that_the_file_system_refuses_get_a_mark_that_stays_the_same() {
        let long = "x".repeat(200);
        let found = local_names(&["what?", &long]);
        assert_eq!(found.len(), 2);
        assert!(
            found.iter().all(|(_, place)| place.len() <= 143 && !place.contains('?') && is_marked(place))
        );
        assert_eq!(found, local_names(&["what?", &long]));
    }

    #[test]
    fn plain_names_are_not_tried() {
        let never = || -> Result<Small> { panic!("tried") };
        let names = ["a", "B.txt", "with space", "x-y_z.tar.gz"].into_iter().collect();
        assert!(renamed(never, &names, true).unwrap().is_empty());
    }

    #[test]
    fn a_file_system_that_holds_every_name_gives_each_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Directory::open(folder.path()).unwrap();
        for name in ["aux.c", "a\\b", "x?", "dot.", "tab\t", "caf\u{e9}", &"x".repeat(255)] {
            assert!(can_hold(&folder, name).unwrap(), "{name}");
            assert_eq!(name_for(&folder, name).unwrap(), name);
        }
        assert!(!can_hold(&folder, &"x".repeat(256)).unwrap());
        assert!(name_for(&folder, ".hidden").unwrap().starts_with("_hidden (name "));
        assert!(folder.entries().unwrap().is_empty(), "a trial leaves nothing behind");
    }
}
