//! What a peer shares.

use peerpool_api::{Repository, ShareState, SharedItem};

use super::{
    problems::problem_line,
    size,
    table::Table,
    text::{count, safe},
};

/// The items of a repository, and what cannot be shared.
pub fn repository(repository: &Repository) -> String {
    let mut text = match repository.items.is_empty() {
        true => format!("nothing is shared yet: put files into {}", safe(&repository.path)),
        false => table(&repository.items),
    };
    if let Some(hashing) = &repository.hashing {
        let (done, total) = (size::bytes(hashing.bytes_done), size::bytes(hashing.bytes_total));
        text += &format!("\nhashing {}: {done} of {total}", safe(&hashing.name));
    }
    if !repository.problems.is_empty() {
        text += &format!("\n{}:", count(repository.problems.len() as u64, "problem", "problems"));
    }
    for problem in &repository.problems {
        text += &format!("\n  {}", problem_line(problem));
    }
    text
}

fn table(items: &[SharedItem]) -> String {
    let mut table = Table::new(&["SHARED", ">SIZE", ">FILES", ">GIVEN", "STATE", "HASH"]);
    for item in items {
        let state = match item.state {
            ShareState::Hashing => "being hashed",
            ShareState::Shared => "",
            ShareState::Partial => "partial",
            ShareState::Unshared => "not shared",
        };
        table.row([
            item.name.clone(),
            size::bytes(item.size),
            item.files.to_string(),
            size::bytes(item.uploaded),
            state.to_owned(),
            item.hash.map(|hash| hash.short()).unwrap_or_default(),
        ]);
    }
    table.render()
}
