//! Datagrams: pinned bytes, round trips, and bytes from an attacker.

use proptest::{collection::vec, prelude::*};
use protocol::{
    datagram::{Datagram, DecodeError, Echo, NUMBERS, Reign, StreamPart},
    limits::*,
};

/// A datagram as in the middle of a match of four: two seats of others, two of the sender's.
fn busy() -> Datagram {
    let runs = [
        (0x0001_7f80, 20),
        (0x0001_7f81, 1),
        (0, 3),
        (0xffff_ffff, 100),
    ];
    let words = runs
        .into_iter()
        .flat_map(|(word, count)| std::iter::repeat_n(word, count));
    Datagram {
        view: 0x1234_5678,
        frame: 3_600,
        phase: 128,
        lag: -40,
        stamp: 0xdead_beef,
        number: 21,
        echo: Some(Echo {
            stamp: 0x0102_0304,
            held: 12_345,
        }),
        checksum: Some((3_540, 0x0123_4567_89ab_cdef)),
        reign: Some(Reign {
            log: 3,
            horizon: 3_603,
        }),
        frontiers: vec![3_602, 3_598, 3_590, 3_602],
        streams: vec![
            StreamPart {
                seat: 0,
                first: 3_600,
                words: vec![5, 5],
            },
            StreamPart {
                seat: 3,
                first: 3_478,
                words: words.collect(),
            },
        ],
    }
}

/// The least that a peer says: the match has just begun.
fn quiet() -> Datagram {
    Datagram {
        view: 1,
        frontiers: vec![0, 0],
        ..Datagram::default()
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

#[test]
fn golden_datagrams_stay_as_they_are() {
    let cases = [
        (busy(), include_str!("golden/datagram_busy.hex")),
        (quiet(), include_str!("golden/datagram_quiet.hex")),
    ];
    for (datagram, golden) in cases {
        let bytes = datagram.clone().encode();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, unhex(golden), "now {hex}");
        assert_eq!(Datagram::decode(&bytes), Ok(datagram));
    }
}

#[test]
fn what_does_not_fit_is_cut_at_the_new_end_of_each_stream() {
    // Words without any likeness: five bytes each.
    let words: Vec<u32> = (0..200_u32)
        .map(|i| i.wrapping_mul(0x9e37_79b9) | 0x0101_0101)
        .collect();
    let part = |seat| StreamPart {
        seat,
        first: 10,
        words: words.clone(),
    };
    let mut datagram = Datagram {
        frontiers: vec![0; MAX_SEATS],
        streams: (0..MAX_SEATS as u8).map(part).collect(),
        ..Datagram::default()
    };
    let bytes = datagram.encode();
    assert!(bytes.len() <= MAX_DATAGRAM_BYTES && bytes.len() > MAX_DATAGRAM_BYTES - 10);
    assert_eq!(
        datagram.streams[0].words,
        words[..MAX_UNACKED_INPUTS as usize]
    );
    let second = &datagram.streams[1].words;
    assert_eq!(second[..], words[..second.len()]);
    assert_eq!(Datagram::decode(&bytes), Ok(datagram));
}

#[test]
fn a_cut_datagram_is_truncated_and_a_longer_one_has_bytes_left_over() {
    let mut bytes = busy().encode();
    for length in 0..bytes.len() {
        assert_eq!(
            Datagram::decode(&bytes[..length]),
            Err(DecodeError::Truncated)
        );
    }
    bytes.push(0);
    assert_eq!(Datagram::decode(&bytes), Err(DecodeError::LeftOver));
    bytes.resize(MAX_DATAGRAM_BYTES + 1, 0);
    assert_eq!(
        Datagram::decode(&bytes),
        Err(DecodeError::TooLong(MAX_DATAGRAM_BYTES + 1))
    );
}

#[test]
fn fields_past_their_bounds_are_named() {
    let header = |rest: &[u8]| {
        // Tag, view, frame, phase, lag, stamp, flags.
        let mut bytes = vec![1, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(rest);
        Datagram::decode(&bytes)
    };
    let bound = |field| Err(DecodeError::OutOfBounds(field));
    assert_eq!(Datagram::decode(&[2]), bound("tag"));
    // A horizon 101 frames before frame 100.
    let reign = [1, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 4, 0, 0xc9, 1, 0, 0];
    assert_eq!(Datagram::decode(&reign), bound("frame"));
    assert_eq!(header(&[9]), bound("frontiers"));
    assert_eq!(header(&[1, 0, 9]), bound("streams"));
    // A frontier 101 frames before frame 100.
    assert_eq!(header(&[1, 0xc9, 1]), bound("frame"));
    // Seats: one that is not there, and one twice.
    assert_eq!(header(&[1, 0, 1, 1, 0, 1, 0x10]), bound("seat"));
    assert_eq!(
        header(&[1, 0, 2, 0, 0, 1, 0x10, 0, 0, 1, 0x10]),
        bound("seat")
    );
    // No inputs, and 129 of them.
    assert_eq!(header(&[1, 0, 1, 0, 0, 0]), bound("count of inputs"));
    assert_eq!(header(&[1, 0, 1, 0, 0, 0x81, 1]), bound("count of inputs"));
    // Runs: longer than the count, of 4 billion, and a long form of a short run.
    assert_eq!(header(&[1, 0, 1, 0, 0, 1, 0x20]), bound("run"));
    let endless = [1, 0, 1, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(header(&endless), bound("run"));
    assert_eq!(header(&[1, 0, 1, 0, 0, 3, 0, 3]), bound("run"));
    // Integers past 32 bits, and padded ones.
    assert_eq!(header(&[1, 0xff, 0xff, 0xff, 0xff, 0x1f]), bound("integer"));
    assert_eq!(header(&[1, 0x80, 0]), bound("integer"));
}

fn any_part(seat: u8, base: u32) -> impl Strategy<Value = StreamPart> {
    let run = (any::<u32>(), 1..40_usize);
    let words = vec(run, 1..10).prop_map(|runs| {
        let words = runs
            .into_iter()
            .flat_map(|(word, count)| std::iter::repeat_n(word, count));
        words.take(MAX_UNACKED_INPUTS as usize).collect()
    });
    (base.saturating_sub(200)..base + 200, words).prop_map(move |(first, words)| StreamPart {
        seat,
        first,
        words,
    })
}

fn any_datagram() -> impl Strategy<Value = Datagram> {
    let times = (any::<u8>(), any::<i16>(), any::<u32>(), 0..NUMBERS);
    let echo = proptest::option::of((any::<u32>(), any::<u32>()));
    let checksum = proptest::option::of((any::<u32>(), any::<u64>()));
    let reign = proptest::option::of((any::<u32>(), -500..500_i32));
    (
        any::<u32>(),
        500..1_u32 << 30,
        times,
        echo,
        checksum,
        reign,
        0..=MAX_SEATS,
    )
        .prop_flat_map(
            |(view, frame, (phase, lag, stamp, number), echo, checksum, reign, seats)| {
                let frontiers = vec(frame.saturating_sub(500)..frame + 500, seats);
                // The last seat, if any, is the sender's.
                let streams = vec(
                    any_part(seats.saturating_sub(1) as u8, frame),
                    0..=seats.min(1),
                );
                (frontiers, streams).prop_map(move |(frontiers, streams)| Datagram {
                    view,
                    frame,
                    phase,
                    lag,
                    stamp,
                    number,
                    echo: echo.map(|(stamp, held)| Echo { stamp, held }),
                    checksum,
                    reign: reign.map(|(log, ahead)| Reign {
                        log,
                        horizon: frame.saturating_add_signed(ahead),
                    }),
                    frontiers,
                    streams,
                })
            },
        )
}

proptest! {
    #[test]
    fn datagrams_come_back_as_they_went(mut datagram in any_datagram()) {
        let bytes = datagram.encode();
        prop_assert!(bytes.len() <= MAX_DATAGRAM_BYTES);
        prop_assert_eq!(Datagram::decode(&bytes), Ok(datagram));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..1_200)) {
        let _ = Datagram::decode(&bytes);
    }

    #[test]
    fn changed_bytes_decode_to_something_in_bounds_or_not_at_all(
        mut datagram in any_datagram(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = datagram.encode();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut decoded) = Datagram::decode(&bytes) {
            prop_assert!(decoded.frontiers.len() <= MAX_SEATS);
            for part in &decoded.streams {
                prop_assert!((1..=MAX_UNACKED_INPUTS as usize).contains(&part.words.len()));
                prop_assert!(usize::from(part.seat) < decoded.frontiers.len());
            }
            let again = decoded.encode();
            prop_assert_eq!(Datagram::decode(&again), Ok(decoded));
        }
    }
}
