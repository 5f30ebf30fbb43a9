use super::*;

fn entry(name: &str, length: u64) -> Entry {
    Entry { name: name.to_owned(), length, executable: false }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What a reader finds in a directory: name, length and place of each file.
fn read(directory: &[u8], count: usize) -> Vec<(String, u64, u64)> {
    let mut rest = directory;
    let mut found = Vec::new();
    for _ in 0..count {
        assert_eq!(rest[..4], *b"PK\x01\x02");
        let (name, extra) = (number(&rest[28..30]) as usize, number(&rest[30..32]) as usize);
        let text = String::from_utf8(rest[46..46 + name].to_vec()).unwrap();
        let mut long = rest[46 + name..46 + name + extra].get(4..).unwrap_or_default().chunks(8).map(number);
        let mut field = |bytes: &[u8]| match number(bytes) {
            LONG => long.next().unwrap(),
            short => short,
        };
        let length = field(&rest[24..28]);
        assert_eq!(field(&rest[20..24]), length, "stored");
        found.push((text, length, field(&rest[42..46])));
        assert_eq!(long.next(), None, "nothing stands in a ZIP64 field without need");
        rest = &rest[46 + name + extra..];
    }
    found
}

fn parts(archive: &Archive) -> u64 {
    let around = (0..archive.entries().len())
        .map(|file| archive.header(file).len() + archive.descriptor(file, 1).len())
        .sum::<usize>();
    let payload: u64 = archive.entries().iter().map(|entry| entry.length).sum();
    around as u64 + payload + archive.directory(&[]).len() as u64
}

#[test]
fn the_length_is_that_of_all_parts() {
    for lengths in [&[][..], &[0], &[5, 0, 7], &[LONG - 1, 1], &[LONG, 1], &[LONG + 1, 3 * LONG]] {
        let entries = lengths.iter().map(|length| entry("a/tệp", *length)).collect();
        let archive = Archive::new(entries);
        assert_eq!(archive.length(), parts(&archive), "{lengths:?}");
    }
}

#[test]
fn small_archives_have_nothing_of_zip64() {
    let archive = Archive::new(vec![entry("a", 5), entry("b/c", LONG - 200)]);
    let directory = archive.directory(&[1, 2]);
    assert_eq!(read(&directory, 2), [("a".into(), 5, 0), ("b/c".into(), LONG - 200, 52)]);
    assert!(archive.length() > LONG - 200 && archive.header(1).len() == 33);
    assert_eq!(directory[directory.len() - 22..][..4], *b"PK\x05\x06");
    assert!(!directory.windows(4).any(|four| four == b"PK\x06\x06"));
}

#[test]
fn long_files_and_distant_places_stand_in_zip64_fields() {
    let archive = Archive::new(vec![entry("a", LONG), entry("b", 1)]);
    let directory = archive.directory(&[]);
    let second = 30 + 1 + 20 + LONG + 24;
    assert_eq!(read(&directory, 2), [("a".into(), LONG, 0), ("b".into(), 1, second)]);
    assert!(directory.windows(4).any(|four| four == b"PK\x06\x06"), "the directory itself is beyond 4 GiB");
}

#[test]
fn very_many_files_are_counted_in_zip64() {
    let of = |count: u64| Archive::new((0..count).map(|_| entry("x", 0)).collect()).directory(&[]);
    let is_long = |directory: &[u8]| directory[directory.len() - 42..][..4] == *b"PK\x06\x07";
    assert!(!is_long(&of(MANY - 1)));
    assert!(is_long(&of(MANY)));
}
