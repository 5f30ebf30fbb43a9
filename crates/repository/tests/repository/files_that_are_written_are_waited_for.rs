use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use peerpool_repository::refresh::Cause;

use crate::support::{Place, bytes};

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
    let place = Place::new();
    let writer = Writer::of(&place.path("film"), &bytes(5000, 1));
    let told = place.refresh();
    assert!(told.shared.is_empty());
    assert!(matches!(told.outcome.problems[0].cause, Cause::BeingWritten), "{:?}", told.outcome.problems);
    assert!(told.outcome.unsettled.contains("film"));
    writer.close();
    let told = place.refresh_name("film");
    assert_eq!(told.shared[0].info_hash(), Place::torrent_of("film", &bytes(5000, 1)).info.hash());
}

#[test]
fn a_folder_is_not_shared_while_somebody_writes_a_file_of_it() {
    let place = Place::new();
    place.file("folder/whole", &bytes(100, 1));
    let writer = Writer::of(&place.path("folder/half"), &bytes(100, 2));
    assert!(place.refresh().shared.is_empty());
    writer.close();
    assert_eq!(place.refresh().shared.len(), 1);
}

#[test]
fn a_shared_file_stays_shared_when_somebody_merely_opens_it() {
    let place = Place::new();
    let path = place.file("image", &bytes(5000, 1));
    place.refresh();
    let writer = Writer::of(&path, &[]);
    let told = place.refresh();
    assert_eq!((told.withdrawn.len(), told.outcome.shared), (0, 1));
    writer.close();
}
