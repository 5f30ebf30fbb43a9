//! Every input of the corpus, on any toolchain.

use std::{fs, path::Path};

use peerpool_fuzz::TARGETS;

#[test]
fn no_input_of_the_corpus_makes_its_target_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let entries = fs::read_dir(corpus.join(name)).expect("a folder of inputs");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an input").path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "corpus/{name} is empty");
        for path in paths {
            // The last one named is the one that fails; the harness shows it then.
            println!("{}", path.display());
            target(&fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn every_folder_of_the_corpus_has_a_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(corpus).expect("the corpus") {
        let name = entry.expect("a folder").file_name();
        assert!(TARGETS.iter().any(|(target, _)| name == *target), "corpus/{} has no target", name.display());
    }
}
