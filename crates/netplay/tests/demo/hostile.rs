//! Files that no recorder wrote: each is refused for what it is, or played without harm.

use crate::matches::{Faulty, Match, settings};
use netplay::{
    replay::{MAX_FILE_BYTES, MAX_WORLDS, Playback, Replay, ReplayError, VERSION, diff, verify},
    rollback::Desync,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use protocol::{PeerId, Simulation};
use sha2::{Digest, Sha256};
use sim::demo::World;
use std::sync::LazyLock;

/// Bytes before the inside.
const HEAD: usize = 34;

/// A file with everything in it: names, checksums, two blocks, two given worlds, a desync.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut played = Match::<World>::of(3, 1_100);
    let given = World::new(&settings(3), 5);
    played.recorder.adopt(700, &given).unwrap();
    played.recorder.see(1_000, &given);
    let desync = Desync {
        frame: 1_020,
        ours: 1,
        theirs: 2,
        peer: PeerId(uuid::Uuid::nil()),
    };
    played
        .recorder
        .artifact(&desync, 960, Some((1_020, &given)))
});

fn refusal(file: &[u8]) -> ReplayError {
    match Replay::<World>::decode(file) {
        Ok(_) => panic!("it was taken"),
        Err(refusal) => refusal,
    }
}

/// A whole file around any inside: whoever forges a replay can hash it too.
fn seal(version: u16, fingerprint: u64, inside: &[u8]) -> Vec<u8> {
    let mut file = b"\x8aRPLY\r\n\x1a".to_vec();
    file.extend(version.to_le_bytes());
    file.extend(fingerprint.to_le_bytes());
    file.extend((inside.len() as u32).to_le_bytes());
    file.extend(&Sha256::digest(inside)[..8]);
    let hash = Sha256::digest(&file);
    file.extend(&hash[..4]);
    file.extend(inside);
    file
}

/// Takes a file for whatever it is. If it is a replay, everything in it may be used.
fn use_it(file: &[u8]) -> Result<(), ReplayError> {
    let replay = Replay::<World>::decode(file)?;
    verify(&replay);
    let _ = diff(&replay, &replay);
    for seat in 0..9 {
        let _ = replay.name(seat, replay.start());
    }
    let mut playback = Playback::new(replay);
    playback.seek(playback.replay().end() / 2);
    while playback.step().is_some() {}
    playback.seek(0);
    Ok(())
}

#[test]
fn the_layout_is_the_documented_one() {
    assert_eq!(FILE[..], seal(VERSION, World::FINGERPRINT, &FILE[HEAD..]));
    assert_eq!(use_it(&FILE), Ok(()));
}

#[test]
fn a_file_that_is_cut_anywhere_is_told_so() {
    for length in 0..FILE.len() {
        let told = refusal(&FILE[..length]);
        let missing = FILE.len() - length;
        match told {
            ReplayError::Truncated { missing: least } => assert!((1..=missing).contains(&least)),
            other => panic!("cut to {length} bytes: {other}"),
        }
    }
}

#[test]
fn a_byte_that_changed_is_always_noticed() {
    for index in 0..FILE.len() {
        for bit in [0, 7] {
            let mut file = FILE.clone();
            file[index] ^= 1 << bit;
            let told = refusal(&file);
            match index {
                0..8 => assert_eq!(told, ReplayError::Foreign),
                _ => assert!(matches!(told, ReplayError::Corrupt(_)), "{index}: {told}"),
            }
        }
    }
    let longer = [&FILE[..], b"x"].concat();
    assert_eq!(refusal(&longer), ReplayError::Corrupt("end"));
}

#[test]
fn other_files_versions_and_rules_are_told_apart() {
    for foreign in [
        &b"\x89PNG\r\n\x1a\n and so on"[..],
        b"PK\x03\x04",
        b"{}",
        &[0; 100],
    ] {
        assert_eq!(refusal(foreign), ReplayError::Foreign);
    }
    let inside = &FILE[HEAD..];
    let other = seal(VERSION + 1, World::FINGERPRINT, b"who knows");
    assert_eq!(refusal(&other), ReplayError::Version(VERSION + 1));
    assert_eq!(refusal(&seal(VERSION, 12, inside)), ReplayError::Rules(12));
    // The same rules with a fault are the same rules.
    assert!(Replay::<Faulty<9>>::decode(&FILE).is_ok());
    let mut long = FILE.clone();
    long.resize(MAX_FILE_BYTES + 1, 0);
    assert_eq!(refusal(&long), ReplayError::TooLong(MAX_FILE_BYTES + 1));
}

#[test]
fn every_refusal_is_a_sentence() {
    let told = [
        ReplayError::Foreign.to_string(),
        ReplayError::Truncated { missing: 3 }.to_string(),
        ReplayError::Corrupt("inputs").to_string(),
        ReplayError::Version(2).to_string(),
        ReplayError::Rules(12).to_string(),
    ];
    assert_eq!(
        told,
        [
            "this is not a replay",
            "the replay is cut off: its last 3 bytes or more are missing",
            "the replay is damaged: its inputs cannot be right",
            "the replay has format 2, and this program reads format 1",
            "the replay was recorded by other rules (000000000000000c): play it with the build of \
             then",
        ]
    );
}

/// The inside of a replay, field by field, as an attacker may write it.
#[derive(Clone, serde::Serialize)]
struct Inside {
    seed: u64,
    settings: Vec<u8>,
    seats: u8,
    start: u32,
    frames: u32,
    given: Vec<(u32, Vec<u8>)>,
    names: Vec<String>,
    sittings: Vec<(u32, u8, u8)>,
    checksums: Vec<(u32, [u8; 8])>,
    blocks: Vec<Vec<u8>>,
    artifact: Option<(u32, [u8; 8], [u8; 8], u32, Vec<u8>, Option<(u32, Vec<u8>)>)>,
}

impl Inside {
    /// Ten frames of two seats.
    fn good() -> Self {
        Self {
            seed: 1,
            settings: postcard::to_stdvec(&settings(2)).unwrap(),
            seats: 2,
            start: 0,
            frames: 10,
            given: Vec::new(),
            names: vec!["Ada".into()],
            sittings: vec![(0, 0, 0), (5, 1, 0)],
            checksums: vec![(0, [0; 8])],
            blocks: vec![deflate(&[0; 90])],
            artifact: None,
        }
    }

    fn refusal(&self) -> Option<&'static str> {
        let file = seal(
            VERSION,
            World::FINGERPRINT,
            &postcard::to_stdvec(self).unwrap(),
        );
        match use_it(&file) {
            Ok(()) => None,
            Err(ReplayError::Corrupt(field)) => Some(field),
            Err(other) => panic!("{other}"),
        }
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What `Inside::good` becomes by `change`, and for what it is refused.
fn refused(change: impl FnOnce(&mut Inside)) -> &'static str {
    let mut inside = Inside::good();
    change(&mut inside);
    inside.refusal().expect("it is refused")
}

#[test]
fn what_contradicts_itself_is_refused() {
    let world = || postcard::to_stdvec(&World::new(&settings(2), 1)).unwrap();
    assert_eq!(Inside::good().refusal(), None);
    assert_eq!(refused(|i| i.settings.push(0)), "settings");
    assert_eq!(refused(|i| i.settings = vec![0; 1_025]), "settings");
    assert_eq!(refused(|i| i.seats = 3), "number of seats");
    assert_eq!(refused(|i| i.seats = 0), "number of seats");
    assert_eq!(refused(|i| i.start = 1), "beginning");
    assert_eq!(
        refused(|i| (i.start, i.frames, i.given) = (u32::MAX, 10, vec![(u32::MAX, world())])),
        "number of frames"
    );
    assert_eq!(refused(|i| i.given = vec![(11, world())]), "worlds");
    assert_eq!(
        refused(|i| i.given = vec![(3, world()), (3, world())]),
        "worlds"
    );
    assert_eq!(
        refused(|i| i.given = vec![(3, world()[..9].to_vec())]),
        "worlds"
    );
    assert_eq!(refused(|i| i.checksums = vec![(60, [0; 8])]), "checksums");
    assert_eq!(refused(|i| i.sittings[0].0 = 9), "names");
    assert_eq!(refused(|i| i.sittings[0].1 = 2), "names");
    assert_eq!(refused(|i| i.sittings[0].2 = 1), "names");
    assert_eq!(refused(|i| i.names[0] = "n".repeat(25)), "names");
}

#[test]
fn claims_that_would_fill_memory_are_refused() {
    assert_eq!(refused(|i| i.frames = u32::MAX), "number of frames");
    assert_eq!(refused(|i| i.frames = 1_025), "number of frames");
    assert_eq!(refused(|i| i.blocks = vec![Vec::new(); 212]), "content");
    assert_eq!(refused(|i| i.names = vec![String::new(); 65]), "content");
    assert_eq!(refused(|i| i.sittings = vec![(0, 0, 0); 1_025]), "content");
    assert_eq!(
        refused(|i| i.given = vec![(0, Vec::new()); MAX_WORLDS + 1]),
        "content"
    );
    assert_eq!(
        refused(|i| i.checksums = vec![(0, [0; 8]); 3_602]),
        "content"
    );
    // A block that grows beyond its frames, and one that stays below.
    assert_eq!(
        refused(|i| i.blocks = vec![deflate(&[0; 100_000_000])]),
        "compressed data"
    );
    assert_eq!(
        refused(|i| i.blocks = vec![deflate(&[0; 89])]),
        "compressed data"
    );
    assert_eq!(refused(|i| i.blocks[0].push(0)), "compressed data");
    let artifact = |length, worlds: &[u8]| {
        let worlds = deflate(worlds);
        refused(|i| i.artifact = Some((0, [0; 8], [0; 8], length, worlds, None)))
    };
    assert_eq!(artifact(u32::MAX, &[]), "worlds");
    assert_eq!(artifact(4_000_000, &[0]), "compressed data");
    // A list of 257 worlds, and one world of more bytes than there are.
    assert_eq!(
        artifact(2 + 257 * 2, &[&[0x81, 2][..], &[0; 514]].concat()),
        "worlds"
    );
    assert_eq!(artifact(4, &[1, 0, 0xff, 0x7f]), "worlds");
}

#[test]
fn inputs_that_nobody_can_make_are_refused() {
    // Lanes of ten frames: who drives, then four bytes for each of the two seats.
    let lanes = |lane: usize, value: u8| {
        let mut lanes = [0; 90];
        lanes[lane * 10 + 4] = value;
        vec![deflate(&lanes)]
    };
    assert_eq!(refused(|i| i.blocks = lanes(0, 0b100)), "drivers");
    assert_eq!(refused(|i| i.blocks = lanes(4, 1)), "inputs");
    assert_eq!(refused(|i| i.blocks = lanes(8, 1)), "inputs");
    let mut inside = Inside::good();
    inside.blocks = lanes(3, 255);
    assert_eq!(inside.refusal(), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bytes_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(use_it(&bytes).is_err());
        // Also where the hashes are right.
        prop_assert!(use_it(&seal(VERSION, World::FINGERPRINT, &bytes)).is_err());
    }

    #[test]
    fn a_changed_inside_is_refused_or_played(
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<Index>()),
        insert in prop::option::of((any::<Index>(), vec(any::<u8>(), 1..9))),
    ) {
        let mut inside = FILE[HEAD..].to_vec();
        for (index, byte) in changes {
            let index = index.index(inside.len());
            inside[index] = byte;
        }
        if let Some((index, bytes)) = insert {
            let at = index.index(inside.len());
            inside.splice(at..at, bytes);
        }
        if let Some(index) = cut {
            inside.truncate(index.index(inside.len()));
        }
        let _ = use_it(&seal(VERSION, World::FINGERPRINT, &inside));
    }

    /// As above, in the first bytes, where the lengths, frames and counts are.
    #[test]
    fn changed_counts_are_refused_or_played(
        changes in vec((0..60usize, any::<u8>()), 1..4),
        seats in any::<u8>(),
        frames in 0..40u32,
        start in prop_oneof![Just(0), any::<u32>()],
    ) {
        let mut good = Inside::good();
        good.given = vec![(0, postcard::to_stdvec(&World::new(&settings(2), 1)).unwrap())];
        (good.start, good.frames) = (start, frames);
        good.seats = seats % 4;
        let mut inside = postcard::to_stdvec(&good).unwrap();
        for (index, byte) in changes {
            inside[index] = byte;
        }
        let _ = use_it(&seal(VERSION, World::FINGERPRINT, &inside));
    }
}
