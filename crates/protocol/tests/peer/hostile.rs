//! Round trips, and bytes from an attacker.

use crate::{
    arbitrary,
    samples::{append, messages, snapshot},
};
use proptest::{collection::vec, prelude::*};
use protocol::{agreement::Snapshot, limits::*, peer::*, statement::*};

fn encode(snapshot: &Snapshot) -> Vec<u8> {
    postcard::to_stdvec(snapshot).expect("plain data encodes")
}

/// Decodes both ways. What decodes is something that we could have sent.
fn decode(bytes: &[u8]) {
    if let Ok(message) = Message::decode(bytes) {
        assert_eq!(Message::decode(&message.encode()), Ok(message));
    }
    if let Ok(numbered) = Numbered::from_datagram(bytes)
        && let Some(again) = numbered.to_datagram()
    {
        assert_eq!(Numbered::from_datagram(&again), Ok(numbered));
    }
    if let Ok(snapshot) = Snapshot::decode(bytes) {
        assert_eq!(Snapshot::decode(&encode(&snapshot)), Ok(snapshot));
    }
}

#[test]
fn what_is_cut_is_malformed() {
    for (_, message) in messages() {
        let bytes = message.encode();
        for length in 0..bytes.len() {
            let cut = Message::decode(&bytes[..length]);
            assert_eq!(cut, Err(DecodeError::Malformed), "{message:?} to {length}");
        }
    }
    let bytes = encode(&snapshot());
    for length in 0..bytes.len() {
        let cut = Snapshot::decode(&bytes[..length]);
        assert_eq!(cut, Err(DecodeError::Malformed), "a snapshot to {length}");
    }
}

#[test]
fn a_cut_or_longer_copy_of_a_statement_is_malformed() {
    let statement = Statement::Append(append());
    let bytes = Numbered {
        number: 3,
        statement,
    }
    .to_datagram()
    .expect("it is short");
    let malformed = Err(DecodeError::Malformed);
    for length in 0..bytes.len() {
        assert_eq!(Numbered::from_datagram(&bytes[..length]), malformed);
    }
    assert_eq!(
        Numbered::from_datagram(&[&bytes[..], &[0]].concat()),
        malformed
    );
    let long = vec![TAG; MAX_DATAGRAM_BYTES + 1];
    let too_long = Err(DecodeError::TooLong(long.len()));
    assert_eq!(Numbered::from_datagram(&long), too_long);
}

#[test]
fn only_hello_and_refusal_may_grow() {
    for (_, message) in messages() {
        let mut bytes = message.encode();
        bytes.push(0);
        let may_grow = matches!(message, Message::Hello(_) | Message::Refuse(_));
        assert_eq!(Message::decode(&bytes).is_ok(), may_grow, "{message:?}");
    }
}

#[test]
fn clean_text_stays_in_its_place() {
    for (text, clean) in [
        ("Zoë 世界 שלום", "Zoë 世界 שלום"),
        ("a\nb\tc\u{1b}[31m\u{85}", "abc[31m"),
        ("\u{202e}evA\u{202c}", "evA"),
        ("\u{2067}a\u{2069}\u{200f}\u{61c}", "a"),
        ("A\u{200b}d\u{200d}a\u{feff}\u{2060}\u{ad}", "Ada"),
        ("a\u{2028}b\u{2029}", "ab"),
        ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{1f469}"),
    ] {
        assert_eq!(clean_text(text, 100), clean);
    }
    assert_eq!(clean_text("世界", 5), "世");
    assert_eq!(clean_text("\u{3164}\u{115f}", 100), "");
}

proptest! {
    #[test]
    fn messages_come_back_as_they_went(message in arbitrary::message()) {
        let bytes = message.encode();
        prop_assert!(bytes.len() <= MAX_RELIABLE_BYTES, "{} bytes", bytes.len());
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
    }

    #[test]
    fn snapshots_come_back_as_they_went(snapshot in arbitrary::snapshot()) {
        prop_assert_eq!(Snapshot::decode(&encode(&snapshot)), Ok(snapshot));
    }

    #[test]
    fn statements_come_back_as_datagrams_if_they_fit_one(numbered in arbitrary::numbered()) {
        let length = 1 + postcard::to_stdvec(&numbered).map_or(0, |bytes| bytes.len());
        match numbered.to_datagram() {
            Some(bytes) => {
                prop_assert_eq!(bytes.len(), length);
                prop_assert_eq!(Numbered::from_datagram(&bytes), Ok(numbered));
            }
            None => prop_assert!(length > MAX_DATAGRAM_BYTES),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..2_048)) {
        decode(&bytes);
        decode(&[&[TAG], &bytes[..]].concat());
    }

    #[test]
    fn changed_bytes_never_panic(
        message in arbitrary::message(),
        numbered in arbitrary::numbered(),
        snapshot in arbitrary::snapshot(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let copy = numbered.to_datagram().unwrap_or_else(|| vec![TAG]);
        for mut bytes in [message.encode(), copy, encode(&snapshot)] {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            decode(&bytes);
        }
    }

    #[test]
    fn clean_text_fits_and_is_one_line(text in any::<String>(), max in 0..64_usize) {
        let clean = clean_text(&text, max);
        prop_assert!(clean.len() <= max);
        prop_assert!(!clean.chars().any(char::is_control));
    }
}
