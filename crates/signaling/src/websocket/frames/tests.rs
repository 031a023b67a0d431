//! The decoder by itself, and beside tungstenite's.

use super::*;
use proptest::prelude::*;
use std::io::{self, Read, Write};
use tokio_tungstenite::tungstenite::{
    self,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

/// A client's frame.
fn frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![];
    head(&mut frame, first & OPCODE, payload.len());
    frame[0] = first;
    frame[1] |= MASKED;
    frame.extend(mask);
    let start = frame.len();
    frame.extend_from_slice(payload);
    unmask(&mut frame[start..], mask);
    frame
}

/// Everything that comes of bytes which arrive `at_once` at a time, as text.
fn decode(bytes: &[u8], at_once: usize) -> (Vec<String>, Option<Fault>) {
    let (mut decoder, mut messages) = (Decoder::default(), vec![]);
    for part in bytes.chunks(at_once.max(1)) {
        let taken: Result<(), Fault> = decoder.decode(&mut part.to_vec(), |message| {
            messages.push(format!("{message:?}"));
            Ok(())
        });
        if let Err(fault) = taken {
            return (messages, Some(fault));
        }
    }
    (messages, None)
}

#[test]
fn messages_come_out_whole_however_they_arrive() {
    let mask = [1, 2, 3, 250];
    let long = "ü".repeat(MAX_SIGNAL_BYTES / 2);
    let bytes = [
        frame(FINAL | TEXT, b"", mask),
        frame(TEXT, "h\u{e4}".as_bytes().split_at(2).0, mask),
        frame(FINAL | PING, b"in between", mask),
        frame(CONTINUATION, b"", mask),
        frame(FINAL | CONTINUATION, &"h\u{e4}".as_bytes()[2..], mask),
        frame(FINAL | BINARY, &[0; 300], mask),
        frame(FINAL | TEXT, long.as_bytes(), mask),
        frame(FINAL | CLOSE, &[3, 232, b'o', b'k'], mask),
    ]
    .concat();
    let expected = [
        Message::Text(""),
        Message::Ping(b"in between"),
        Message::Text("hä"),
        Message::Binary(&[0; 300]),
        Message::Text(&long),
        Message::Close(Some(1000)),
    ]
    .map(|message| format!("{message:?}"));
    for at_once in [1, 2, 3, 7, 1_000, bytes.len()] {
        assert_eq!(decode(&bytes, at_once), (expected.to_vec(), None));
    }
}

#[test]
fn what_no_client_may_send() {
    let mask = [9; 4];
    let over = MAX_SIGNAL_BYTES + 1;
    let huge = [&[FINAL | TEXT, MASKED | LENGTH_IN_8][..], &[255; 8]].concat();
    let unmasked = text("hello");
    let cases = [
        (unmasked, Fault::NotWebSocket),
        (frame(FINAL | 0x40 | TEXT, b"", mask), Fault::NotWebSocket),
        (frame(FINAL | 0x3, b"", mask), Fault::NotWebSocket),
        (frame(FINAL | 0xb, b"", mask), Fault::NotWebSocket),
        (frame(FINAL | CONTINUATION, b"", mask), Fault::NotWebSocket),
        (
            [frame(TEXT, b"", mask), frame(TEXT, b"", mask)].concat(),
            Fault::NotWebSocket,
        ),
        (frame(PING, b"", mask), Fault::NotWebSocket),
        (frame(FINAL | PING, &[0; 126], mask), Fault::NotWebSocket),
        (frame(FINAL | CLOSE, &[3], mask), Fault::NotWebSocket),
        (frame(FINAL | CLOSE, &[3, 236], mask), Fault::NotWebSocket),
        (frame(FINAL | CLOSE, &[3, 232, 255], mask), Fault::NotText),
        (frame(FINAL | TEXT, &[255], mask), Fault::NotText),
        (frame(FINAL | BINARY, &vec![0; over], mask), Fault::TooLong),
        (
            [
                frame(TEXT, &vec![b'a'; MAX_SIGNAL_BYTES], mask),
                frame(CONTINUATION, b"a", mask),
            ]
            .concat(),
            Fault::TooLong,
        ),
        (huge, Fault::TooLong),
    ];
    for (bytes, fault) in cases {
        for at_once in [1, bytes.len()] {
            assert_eq!(decode(&bytes, at_once).1, Some(fault), "{:?}", &bytes[..2]);
        }
    }
}

#[test]
fn only_what_has_come_is_held() {
    let mut decoder = Decoder::default();
    let promise = frame(FINAL | TEXT, &vec![b'a'; MAX_SIGNAL_BYTES], [0; 4]);
    let taken: Result<(), Fault> = decoder.decode(&mut promise[..20].to_vec(), |_| Ok(()));
    assert_eq!(taken, Ok(()));
    assert!(decoder.is_amid() && decoder.frame.capacity() < 100);
    let taken: Result<(), Fault> = decoder.decode(&mut promise[20..].to_vec(), |_| Ok(()));
    assert_eq!(taken, Ok(()));
    assert!(!decoder.is_amid() && decoder.frame.capacity() == 0);
}

/// What tungstenite makes of the same bytes.
fn reference(bytes: &[u8]) -> (Vec<String>, bool) {
    struct Bytes<'a>(&'a [u8]);
    impl Read for Bytes<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                read => Ok(read),
            }
        }
    }
    impl Write for Bytes<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_SIGNAL_BYTES))
        .max_frame_size(Some(MAX_SIGNAL_BYTES));
    let mut context = WebSocketContext::new(Role::Server, Some(config));
    let (mut bytes, mut messages) = (Bytes(bytes), vec![]);
    loop {
        use tungstenite::Message as Theirs;
        let message = match context.read(&mut bytes) {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return (messages, true);
            }
            Err(_) => return (messages, false),
        };
        let ours = match &message {
            Theirs::Text(text) => Message::Text(text),
            Theirs::Binary(data) => Message::Binary(data),
            Theirs::Ping(data) => Message::Ping(data),
            Theirs::Pong(data) => Message::Pong(data),
            // It takes codes that ours does not, and mends them.
            Theirs::Close(_) | Theirs::Frame(_) => return (messages, true),
        };
        messages.push(format!("{ours:?}"));
    }
}

prop_compose! {
    /// Some of which are allowed. The text is ASCII: of text in parts tungstenite looks at each
    /// part, ours at the whole.
    fn frames()(parts in prop::collection::vec(
        (
            prop::sample::select(&[0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x89, 0x8a, 0x09, 0xc1, 0x83]),
            prop::collection::vec(0..0x80_u8, 0..140),
            any::<[u8; 4]>(),
        ),
        0..8,
    )) -> Vec<u8> {
        parts.iter().flat_map(|(first, payload, mask)| frame(*first, payload, *mask)).collect()
    }
}

proptest! {
    /// Which messages there are and whether a fault ends them, tungstenite says too.
    #[test]
    fn tungstenite_reads_the_same(bytes in frames(), at_once in 1_usize..400) {
        let (messages, fault) = decode(&bytes, at_once);
        let (expected, held) = reference(&bytes);
        prop_assert_eq!(messages, expected);
        prop_assert_eq!(fault.is_none(), held);
    }

    #[test]
    fn random_bytes_are_decoded_or_refused(bytes: Vec<u8>, at_once in 1_usize..9) {
        prop_assert_eq!(decode(&bytes, at_once), decode(&bytes, bytes.len()));
    }
}
