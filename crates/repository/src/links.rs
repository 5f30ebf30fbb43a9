//! Symbolic links inside an item: converts between a link's text and a path from the item's folder on.

use std::path::{Component, Path, PathBuf};

/// The target of a link with this text in the folder `at`, as components from the item's folder on. `None` when it
/// leads out of the item, to the item's own folder, or through a name that may itself be a link.
pub(crate) fn target(at: &[String], text: &Path) -> Option<Vec<String>> {
    let mut target = at.to_vec();
    let mut descended = false;
    for component in text.components() {
        match component {
            Component::CurDir => {}
            // After going down, `..` leads elsewhere where that name is itself a link.
            Component::ParentDir if descended => return None,
            Component::ParentDir => drop(target.pop()?),
            Component::Normal(name) => {
                descended = true;
                target.push(name.to_str()?.to_owned());
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!target.is_empty()).then_some(target)
}

/// The shortest text of a link that lies at the path `link` and leads to `target`.
pub(crate) fn text(link: &[String], target: &[String]) -> PathBuf {
    let folder = link.split_last().map_or(&[][..], |(_, folder)| folder);
    let common = folder.iter().zip(target).take_while(|(one, other)| one == other).count();
    let up = folder.iter().skip(common).map(|_| "..");
    let text: PathBuf = up.chain(target.iter().skip(common).map(String::as_str)).collect();
    if text.as_os_str().is_empty() { PathBuf::from(".") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_links_text_and_its_target_tell_each_other() {
        for (link, link_text, leads_to) in [
            ("l", "file", "file"),
            ("l", "d/file", "d/file"),
            ("d/l", "file", "d/file"),
            ("d/l", "../file", "file"),
            ("d/e/l", "../f/x", "d/f/x"),
            ("d/e/l", "..", "d"),
            ("d/l", ".", "d"),
            ("l", "l", "l"),
        ] {
            let (link, leads_to) = (path(link), path(leads_to));
            assert_eq!(text(&link, &leads_to), Path::new(link_text));
            assert_eq!(target(&link[..link.len() - 1], Path::new(link_text)), Some(leads_to));
        }
        assert_eq!(target(&path("d"), Path::new(".././/x/./y")), Some(path("x/y")));
    }

    #[test]
    fn links_that_lead_elsewhere_have_no_target() {
        for text in ["/etc/passwd", "..", "../..", "../../x", "x/../y", "../d/../../x"] {
            assert_eq!(target(&path("d"), Path::new(text)), None, "{text}");
        }
    }
}
