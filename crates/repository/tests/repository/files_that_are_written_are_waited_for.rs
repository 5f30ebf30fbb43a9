use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use peerpool_repository::refresh::Cause;

use crate::support::{Fixture, bytes};

/// Another process that has the file open for writing, and writes so much of it.
struct Writer(Child);

impl Writer {
    fn of(path: &Path, half: &[u8]) -> Self {
        let script = "exec 3>>\"$1\"; head -c \"$2\" >&3; echo written; read -r _";
        let child = Command::new("sh")
            .args(["-c", script, "writer"])
            .arg(path)
            .arg(half.len().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut writer = Self(child.unwrap());
        writer.0.stdin.as_mut().unwrap().write_all(half).unwrap();
        let mut told = [0; 8];
        writer.0.stdout.as_mut().unwrap().read_exact(&mut told).unwrap();
        writer
    }

    fn close(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
fn half_a_file_is_not_shared_while_somebody_writes_it() {
    let fixture = Fixture::new();
    let writer = Writer::of(&fixture.path("film"), &bytes(5000, 1));
    let told = fixture.refresh();
    assert!(told.shared.is_empty());
    assert!(matches!(told.outcome.problems[0].cause, Cause::BeingWritten), "{:?}", told.outcome.problems);
    assert!(told.outcome.unsettled.contains("film"));
    writer.close();
    let told = fixture.refresh_name("film");
    assert_eq!(told.shared[0].info_hash(), Fixture::torrent_of("film", &bytes(5000, 1)).info.hash());
}

#[test]
fn a_folder_is_not_shared_while_somebody_writes_a_file_of_it() {
    let fixture = Fixture::new();
    fixture.file("folder/whole", &bytes(100, 1));
    let writer = Writer::of(&fixture.path("folder/half"), &bytes(100, 2));
    assert!(fixture.refresh().shared.is_empty());
    writer.close();
    assert_eq!(fixture.refresh().shared.len(), 1);
}

#[test]
fn a_shared_file_stays_shared_when_somebody_merely_opens_it() {
    let fixture = Fixture::new();
    let path = fixture.file("image", &bytes(5000, 1));
    fixture.refresh();
    let writer = Writer::of(&path, &[]);
    let told = fixture.refresh();
    assert_eq!((told.withdrawn.len(), told.outcome.shared), (0, 1));
    writer.close();
}
