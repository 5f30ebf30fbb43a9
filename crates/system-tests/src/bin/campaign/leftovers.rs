//! What must not be left in a repository at rest.

use std::{fs, path::Path, time::Duration};

use peerpool_system_tests::until;

/// How long a peer may take to clear up behind itself.
const CLEARING: Duration = Duration::from_secs(10);

/// Panics unless nothing but `items` stands in the repository within a while, and below `.peerpool` no download and no
/// copy that was being made.
pub(crate) fn assert_none(repository: &Path, items: &[&str]) {
    until(&format!("nothing is left over in {}", repository.display()), CLEARING, || {
        let mut left = strangers(repository, items);
        left.extend(files_in(&repository.join(".peerpool/partial")));
        for entry in names(&repository.join(".peerpool")) {
            // Copies of `share` on their way in.
            if entry.contains("incoming") || entry.contains("staging") {
                left.extend(files_in(&repository.join(".peerpool").join(&entry)));
            }
        }
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

fn strangers(repository: &Path, items: &[&str]) -> Vec<String> {
    names(repository)
        .into_iter()
        .filter(|name| !name.starts_with(".peerpool") && !items.contains(&name.as_str()))
        .collect()
}

/// The names in a folder; none when there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn files_in(path: &Path) -> Vec<String> {
    if path.is_file() { vec![path.display().to_string()] } else { names(path) }
}
