//! The shell reads what is typed as a shell does.

use std::fs;

use peerpool_system_tests::{Pool, Terminal};

#[test]
fn the_home_folder_quotes_and_backslashes_are_read_at_every_prompt() {
    let pool = Pool::new();
    let home = pool.path("home");
    fs::create_dir(home.join("my films")).unwrap();
    for name in ["one.txt", "two.txt", "it's.txt"] {
        fs::write(home.join("my films").join(name), name).unwrap();
    }
    let command = pool.command(["peer", "--tracker", &pool.tracker().to_string(), "--listen", "127.0.0.1:0"]);
    let mut shell = Terminal::start(&pool, command);
    shell.sees("repository [");
    shell.types("~/my\\ share");
    shell.sees("peerpool>");
    for (typed, name) in [
        ("share ~/my\\ films/one.txt", "one.txt"),
        ("share \"MYHOME/my films/two.txt\"", "two.txt"),
        ("share '~'", "nothing"),
        ("share ~/my\\ films/it\\'s.txt", "it's.txt"),
    ] {
        shell.types(&typed.replace("MYHOME", home.to_str().unwrap()));
        match name {
            "nothing" => shell.sees("there is no `~` here"),
            name => shell.sees(&format!("shared {name}")),
        };
    }
    shell.types("unshare ./one.txt");
    shell.sees("one.txt is not shared any more");
    shell.types("end");
    shell.ends_well();
    assert!(home.join("my share").join("two.txt").is_file());
    assert!(!home.join("~").exists());
}
