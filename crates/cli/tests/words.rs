//! One reader for what is typed, and Tab writes what it reads.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::fs;

use peerpool_cli::shell::{
    complete::{Names, candidates},
    words::{argument, escaped, several, unquoted},
};

#[test]
fn quotes_and_backslashes_are_read_as_a_shell_reads_them() {
    for (typed, meant) in [
        (r"my\ films", "my films"),
        (r#""my films""#, "my films"),
        ("'my films'/a", "my films/a"),
        (r#"/data/"my films"/a\ b.txt"#, "/data/my films/a b.txt"),
        (r#""a \"b\" \c""#, r#"a "b" \c"#),
        (r"'a\b'", r"a\b"),
        (r"a\\b", r"a\b"),
        (r"a\", r"a\"),
        ("Ocean's Eleven's end.mkv", "Ocean's Eleven's end.mkv"),
        ("'", "'"),
        ("\"half", "\"half"),
        ("$HOME/x", "$HOME/x"),
        ("Hà Nội mùa thu.mkv", "Hà Nội mùa thu.mkv"),
        ("  two  blanks  ", "two  blanks"),
        (r"ends in a blank\ ", "ends in a blank "),
        (r"\~/x", "~/x"),
    ] {
        assert_eq!(argument(typed), meant, "{typed}");
    }
}

#[test]
fn a_tilde_is_the_home_folder_only_where_it_begins() {
    let home = std::env::var("HOME").unwrap();
    assert_eq!(argument("~"), home);
    assert_eq!(argument(r"~/my\ films"), format!("{home}/my films"));
    assert_eq!(argument("~other/x"), "~other/x");
    assert_eq!(argument("a~"), "a~");
}

#[test]
fn an_escaped_text_is_read_back_unchanged() {
    for name in [
        "my films",
        "it's",
        "\"quoted\" 'name'",
        "trailing\\",
        "~",
        "~/x",
        " blanks ",
        "a\u{a0}",
        "'",
        "\\\\",
    ] {
        assert_eq!(argument(&escaped(name)), name, "{name}");
        assert_eq!(unquoted(&escaped(name)), name, "{name}");
    }
}

#[test]
fn tab_writes_paths_as_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["my films", "it's here", "trailing\\", "~tilde"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("a b.txt"), "x").unwrap();
    }
    let root = folder.path().to_str().unwrap();
    let complete = |typed: &str| -> Vec<String> {
        let (begin, pairs) = candidates(typed, &Names::default());
        assert_eq!(begin, "share ".len());
        pairs.into_iter().map(|pair| pair.replacement).collect()
    };
    for begun in ["my", "my\\ f", "my f", "\\~", "it", "it\\'s", "trail", "trailing\\"] {
        let written = complete(&format!("share {root}/{begun}"));
        assert_eq!(written.len(), 1, "{begun}: {written:?}");
        assert!(fs::metadata(argument(&written[0])).unwrap().is_dir(), "{}", written[0]);
        let inside = complete(&format!("share {}", written[0]));
        assert_eq!(inside.len(), 1, "{inside:?}");
        assert_eq!(fs::read_to_string(argument(&inside[0])).unwrap(), "x", "{}", inside[0]);
    }
    let open_quote = complete(&format!("share \"{root}/my f"));
    assert!(fs::metadata(argument(&open_quote[0])).unwrap().is_dir(), "{open_quote:?}");
}

#[test]
fn blanks_part_words_unless_something_protects_them() {
    assert_eq!(several("  --up 2M\t--down  off "), ["--up", "2M", "--down", "off"]);
    assert_eq!(several(r#"a\ b "c d"e 'f  g' h\"#), ["a b", "c de", "f  g", r"h\"]);
    assert_eq!(several("Ocean's \"half open"), ["Ocean's", "\"half", "open"]);
    assert_eq!(several("''"), [""]);
    assert!(several("  ").is_empty());
}
