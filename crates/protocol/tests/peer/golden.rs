//! The bytes of every message, pinned by `golden/peer_*.hex`.
//!
//! After a wanted change raise `PROTOCOL_VERSION`, and write the files anew with
//! `WRITE_GOLDEN=1 cargo test -p protocol --test peer`.

use crate::samples::{append, messages, snapshot};
use protocol::{agreement::Snapshot, peer::Message, statement::*};
use std::{collections::BTreeSet, fs, path::Path};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Holds bytes to their file, or writes it.
fn pin(name: &str, bytes: &[u8]) {
    let path = Path::new(FOLDER).join(name);
    let hex = hex(bytes);
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        return fs::write(&path, hex + "\n").expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&path).expect("a golden file for each sample");
    assert_eq!(hex, golden.trim(), "{name}");
}

#[test]
fn messages_keep_their_bytes() {
    for (name, message) in messages() {
        let bytes = message.encode();
        pin(&format!("peer_{name}.hex"), &bytes);
        assert_eq!(Message::decode(&bytes), Ok(message));
    }
}

#[test]
fn copies_of_statements_keep_their_bytes() {
    let statement = Statement::Append(append());
    let numbered = Numbered {
        number: 200,
        statement,
    };
    let bytes = numbered.to_datagram().expect("it is short");
    pin("datagram_append.hex", &bytes);
    assert_eq!(Numbered::from_datagram(&bytes).as_ref(), Ok(&numbered));
    assert_eq!(
        bytes,
        Message::Statement(numbered).encode(),
        "on both channels"
    );
}

#[test]
fn snapshots_keep_their_bytes() {
    let bytes = postcard::to_stdvec(&snapshot()).expect("plain data encodes");
    pin("peer_snapshot.hex", &bytes);
    assert_eq!(Snapshot::decode(&bytes), Ok(snapshot()));
}

#[test]
fn every_tag_has_a_sample_and_every_file_is_one() {
    let tags: BTreeSet<u8> = messages().iter().map(|(_, m)| m.encode()[0]).collect();
    let next = tags.len() as u8;
    assert_eq!(tags, (0..next).collect(), "tags are positions");
    let inner = messages()
        .into_iter()
        .filter_map(|(_, message)| match message {
            Message::Statement(Numbered { statement, .. }) => postcard::to_stdvec(&statement).ok(),
            _ => None,
        });
    let inner: BTreeSet<u8> = inner.map(|bytes| bytes[0]).collect();
    assert_eq!(inner, (0..5).collect(), "every statement has a sample");
    // Long enough for the fixed fields of any message that this version could know.
    let unknown = [vec![next], vec![0; 64]].concat();
    for length in 1..unknown.len() {
        assert!(
            Message::decode(&unknown[..length]).is_err(),
            "a message without a sample"
        );
    }

    let files = fs::read_dir(FOLDER).expect("the golden files");
    let files = files.map(|file| file.expect("a file").file_name());
    let files: BTreeSet<String> = files
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.starts_with("peer_"))
        .collect();
    let samples = messages().into_iter().map(|(name, _)| name);
    let samples = samples.chain(["snapshot"]);
    assert_eq!(
        files,
        samples.map(|name| format!("peer_{name}.hex")).collect()
    );
}
