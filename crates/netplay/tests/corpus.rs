//! Every decoder is safe with the kept inputs: samples, and what once made one fail. `cargo xtask
//! fuzz` looks for more.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/fuzz/targets.rs"]
mod targets;

use std::{collections::BTreeSet, fs, path::Path};
use targets::TARGETS;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

#[test]
fn every_kept_input_is_decoded_safely() {
    for (name, decode) in TARGETS {
        let files = fs::read_dir(Path::new(FOLDER).join(name)).expect("a folder for each target");
        let mut count = 0;
        for file in files {
            let path = file.expect("a file").path();
            decode(&fs::read(&path).expect("it can be read"));
            count += 1;
        }
        assert!(count > 0, "no input of {name}");
    }
}

#[test]
fn every_folder_is_a_targets() {
    let folders = fs::read_dir(FOLDER).expect("the folders");
    let folders: BTreeSet<String> = folders
        .map(|folder| folder.expect("a folder").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let names = TARGETS.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(folders, names.collect());
}
