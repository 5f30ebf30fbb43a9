//! Names, paths and links.

use peerpool_wire::metainfo::NameFault;

use super::*;

#[test]
fn names_that_are_dangerous_or_too_long_are_refused() {
    let long = "x".repeat(256);
    let table: &[(&[u8], NameFault)] = &[
        (b"", NameFault::Empty),
        (b".", NameFault::Relative),
        (b"..", NameFault::Relative),
        (b"/etc/passwd", NameFault::Character('/')),
        (b"a/b", NameFault::Character('/')),
        (b"a\0b", NameFault::Character('\0')),
        (b"\xff/..", NameFault::Character('/')),
        (long.as_bytes(), NameFault::TooLong),
    ];
    for (name, expected) in table {
        let file = Node::dict([("length", Node::from(1)), ("path", Node::list([Node::from(*name)]))]);
        let v1_file = v1_folder([file], 1);
        let tree = Node::dict([("good".into(), leaf(1, 1)), (name.to_vec(), leaf(5, 1))]);
        for info in [v1_named(name), v1_file, v2(tree)] {
            match refused(info) {
                MetainfoError::Name { fault, .. } => assert_eq!(fault, *expected, "{name:?}"),
                // An empty key is how a file is written in a tree.
                MetainfoError::Conflict { .. } => assert!(name.is_empty()),
                other => panic!("{name:?}: {other}"),
            }
        }
    }
    let good = [
        "CON",
        "aux.txt",
        "nul .tar.gz",
        "Com1",
        "..\\a",
        "C:\\a",
        "a\tb\n",
        "\x1b[31m",
        "turn\u{202e}",
        "a ",
        "a.",
        "a?*",
        "...",
        "..a",
        "a..",
        ".hidden",
        "R.E.M.",
        "комета",
        "e\u{301}",
        &long[..255],
    ];
    for good in good {
        assert_eq!(read(v1_named(good.as_bytes())).unwrap().name(), good);
    }
    let deep = vec!["x"; 91];
    assert!(read(v1_paths(&[&deep[..90]])).is_ok());
    assert!(matches!(refused(v1_paths(&[&deep])), MetainfoError::Name { fault: NameFault::TooDeep, .. }));
    let wide = vec![&long[..255]; 12];
    assert!(matches!(refused(v1_paths(&[&wide])), MetainfoError::Name { fault: NameFault::TooLong, .. }));
}

#[test]
fn paths_that_exclude_each_other_are_refused() {
    let table: &[&[&[&str]]] = &[
        &[&["a"], &["a"]],
        &[&["a"], &["a", "b"]],
        &[&["a", "b"], &["a"]],
        &[&["a", "b"], &["a", "b", "c"]],
    ];
    for paths in table {
        assert!(matches!(refused(v1_paths(paths)), MetainfoError::Conflict { .. }), "{paths:?}");
    }
    let both =
        Node::dict([("a", Node::dict([("", Node::dict([("length", Node::from(0))])), ("b", leaf(1, 1))]))]);
    assert!(matches!(refused(v2(both)), MetainfoError::Conflict { .. }));
    assert!(read(v1_paths(&[&["a", "x"], &["a", "y"], &["b", "x"]])).is_ok());
}

#[test]
fn names_that_differ_in_case_or_composition_alone_are_kept() {
    let table: &[&[&[&str]]] = &[
        &[&["a"], &["A"]],
        &[&["é"], &["É"]],
        &[&["caf\u{e9}"], &["cafe\u{301}"]],
        &[&["a", "x"], &["A", "y"]],
        &[&["a", "B"], &["a", "b", "c"]],
    ];
    for paths in table {
        let read = read(v1_paths(paths)).unwrap();
        assert!(read.files().iter().map(|file| &file.path).eq(*paths), "{paths:?}");
    }
    let cases = Node::dict([("A", leaf(1, 1)), ("a", leaf(1, 1))]);
    assert!(read(v2(cases)).is_ok());
}

#[test]
fn bytes_that_are_not_utf8_are_read_as_their_numbers() {
    let table: [(&[u8], &str); 4] = [
        (b"caf\xe9", "caf%E9"),
        (b"\xc0\xae\xc0\xae", "%C0%AE%C0%AE"),
        (b"\xed\xa0\x80", "%ED%A0%80"),
        (b"a\xffb\xfe", "a%FFb%FE"),
    ];
    for (bytes, text) in table {
        assert_eq!(read(v1_named(bytes)).unwrap().name(), text);
        let tree = Node::dict([("good".into(), leaf(1, 1)), (bytes.to_vec(), leaf(5, 1))]);
        assert!(read(v2(tree)).unwrap().files().iter().any(|file| file.path.join("") == text), "{text}");
    }
}

#[test]
fn links_that_escape_are_refused_and_others_kept() {
    let folder = |links: Vec<Node>| v1_folder(links.into_iter().chain([entry(&["d", "file"], 1)]), 1);
    let good = read(folder(vec![link(&["l"], &["d", "file"]), link(&["m"], &["d"])])).unwrap();
    assert_eq!(good.files()[0].symlink.as_deref(), Some(&["d".to_owned(), "file".to_owned()][..]));
    let escapes: [&[&str]; 4] = [&["..", "x"], &["/etc"], &["d", "..", "..", "x"], &[""]];
    for target in escapes {
        assert!(
            matches!(refused(folder(vec![link(&["l"], target)])), MetainfoError::Name { .. }),
            "{target:?}"
        );
    }
    let inside = [
        vec![link(&["l"], &["l"])],
        vec![link(&["d", "l"], &["d"])],
        vec![link(&["l"], &["m"]), link(&["m"], &["l"])],
        vec![link(&["l"], &["absent"])],
    ];
    for links in inside {
        assert!(read(folder(links.clone())).is_ok(), "{links:?}");
    }
    let through = folder(vec![link(&["l"], &["d"]), entry(&["l", "x"], 0)]);
    assert!(matches!(refused(through), MetainfoError::Conflict { .. }));
}
