use std::{fs, os::unix::fs::PermissionsExt};

use peerpool_repository::{Repository, RepositoryError, StateFile};

use crate::support::Fixture;

#[test]
fn a_second_opener_is_told_who_holds_the_repository() {
    let fixture = Fixture::new();
    let refused = Repository::open(fixture.repository.root()).unwrap_err();
    let RepositoryError::InUse { holder, .. } = &refused else { panic!("{refused}") };
    assert_eq!(*holder, Some(std::process::id()));
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
}

#[test]
fn a_repository_can_be_opened_again_when_its_process_is_gone() {
    let fixture = Fixture::new().reopened();
    assert!(fixture.repository.root().is_dir());
}

#[test]
fn the_state_folder_is_private() {
    let fixture = Fixture::new();
    let mode = fs::metadata(fixture.repository.state_folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    fixture.repository.write_state("downloads", StateFile::Downloads, b"body").unwrap();
    let fixture = fixture.reopened();
    let body = fixture.repository.read_state("downloads", StateFile::Downloads).unwrap();
    assert_eq!(body.as_deref(), Some(&b"body"[..]));
    let mode =
        fs::metadata(fixture.repository.state_folder().join("downloads")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
