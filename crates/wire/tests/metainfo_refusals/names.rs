//! Names, paths and links.

use peerpool_wire::metainfo::NameFault;

use super::*;

#[test]
fn names_that_some_system_cannot_store_are_refused() {
    let long = "x".repeat(256);
    let table: &[(&[u8], NameFault)] = &[
        (b"", NameFault::Empty),
        (b".", NameFault::Relative),
        (b"..", NameFault::Relative),
        (b"/etc/passwd", NameFault::Character('/')),
        (b"a/b", NameFault::Character('/')),
        (b"..\\a", NameFault::Character('\\')),
        (b"a\0b", NameFault::Character('\0')),
        (b"\x1b[31m", NameFault::Character('\x1b')),
        (b"CON", NameFault::Reserved),
        (b"aux.txt", NameFault::Reserved),
        (b"nul .tar.gz", NameFault::Reserved),
        (b"Com1", NameFault::Reserved),
        (b"lpt9.x", NameFault::Reserved),
        (b"a\xff", NameFault::NotUtf8),
        (b"\xc0\xae\xc0\xae", NameFault::NotUtf8),
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
    for good in
        ["console", "auxiliary", "com10", "con-x", "..a", "a..", ".hidden", "R.E.M.", "комета", &long[..255]]
    {
        assert!(read(v1_named(good.as_bytes())).is_ok(), "{good}");
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
        &[&["a"], &["A"]],
        &[&["é"], &["É"]],
        &[&["a", "x"], &["A", "y"]],
        &[&["a"], &["a", "b"]],
        &[&["a", "b"], &["a"]],
        &[&["a", "B"], &["a", "b", "c"]],
    ];
    for paths in table {
        assert!(matches!(refused(v1_paths(paths)), MetainfoError::Conflict { .. }), "{paths:?}");
    }
    let both =
        Node::dict([("a", Node::dict([("", Node::dict([("length", Node::from(0))])), ("b", leaf(1, 1))]))]);
    assert!(matches!(refused(v2(both)), MetainfoError::Conflict { .. }));
    let cases = Node::dict([("A", leaf(1, 1)), ("a", leaf(1, 1))]);
    assert!(matches!(refused(v2(cases)), MetainfoError::Conflict { .. }));
    assert!(read(v1_paths(&[&["a", "x"], &["a", "y"], &["b", "x"]])).is_ok());
}

#[test]
fn links_that_escape_or_loop_are_refused() {
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
    let loops = [
        vec![link(&["l"], &["l"])],
        vec![link(&["d", "l"], &["d"])],
        vec![link(&["l"], &["m"]), link(&["m"], &["l"])],
        vec![link(&["l"], &["absent"])],
    ];
    for links in loops {
        assert!(matches!(refused(folder(links.clone())), MetainfoError::Symlink { .. }), "{links:?}");
    }
    let through = folder(vec![link(&["l"], &["d"]), entry(&["l", "x"], 0)]);
    assert!(matches!(refused(through), MetainfoError::Conflict { .. }));
}
