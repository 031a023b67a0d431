//! Every parser of what strangers send, for the fuzzer: not an interface to build on.
//!
//! A target panics when something is wrong with what a parser takes.

use crate::{
    admission::{
        address::{ForwardedHeader, Proxies},
        origins,
    },
    http::routes,
    limits::{MAX_BARE_ROOM_PEERS, MAX_ROOM_NAME_BYTES},
    store::{Cursor, Door},
    ticket::{self, key::Keys},
    turn,
    websocket::{
        frames::{Decoder, Fault},
        signal::{self, Request},
    },
};
use axum::{
    extract::Query,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use matchbox_protocol::{JsonPeerEvent, JsonPeerRequest, PeerId, PeerRequest};
use protocol::{
    api::{ChangeRoom, CreateRoom, QuickMatch, TicketRequest},
    identity::PeerToken,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, net::IpAddr, sync::OnceLock};
use uuid::Uuid;

/// A parser by its name, which is that of its folder in `tests/corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("body", body),
    ("cursor", cursor),
    ("forwarded", forwarded),
    ("frames", frames),
    ("path", path),
    ("request", request),
    ("secret", secret),
    ("ticket", ticket),
    ("turn", turn::fuzz),
];

/// What is read is something that could have been written.
fn body(bytes: &[u8]) {
    fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) {
        if let Ok(value) = serde_json::from_slice::<T>(bytes) {
            let again = serde_json::to_vec(&value).map(|text| serde_json::from_slice(&text));
            assert_eq!(again.ok().and_then(Result::ok), Some(value));
        }
    }
    read::<CreateRoom>(bytes);
    read::<QuickMatch>(bytes);
    read::<TicketRequest>(bytes);
    read::<ChangeRoom>(bytes);
}

fn cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
}

/// Headers that proxies write, and clients before them; the first line is an `Origin`.
fn forwarded(bytes: &[u8]) {
    for (header, name) in [
        (ForwardedHeader::XForwardedFor, "x-forwarded-for"),
        (ForwardedHeader::Forwarded, "forwarded"),
    ] {
        let mut headers = HeaderMap::new();
        let names = [header::ORIGIN].into_iter();
        let names = names.chain(std::iter::repeat(HeaderName::from_static(name)));
        for (line, name) in bytes.split(|byte| *byte == b'\n').zip(names).take(16) {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append(name, value);
            }
        }
        let proxies = Proxies {
            header,
            ..Proxies::default()
        };
        let proxy = IpAddr::from([127, 0, 0, 1]);
        let client = proxies.client(proxy, &headers);
        assert!(client.is_none_or(|client| client == proxy || !proxies.trusts(client)));
        let outsider = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(proxies.client(outsider, &headers), Some(outsider));
        origins::allows(Some(&[]), &headers);
    }
}

/// However the bytes arrive, the messages are the same. The first byte says how.
fn frames(bytes: &[u8]) {
    let Some((at_once, bytes)) = bytes.split_first() else {
        return;
    };
    let decode = |at_once: usize| {
        let (mut decoder, mut messages) = (Decoder::default(), Vec::new());
        let fault: Result<(), Fault> = bytes.chunks(at_once.max(1)).try_for_each(|part| {
            decoder.decode(&mut part.to_vec(), |message| {
                messages.push(format!("{message:?}"));
                Ok(())
            })
        });
        (messages, fault, decoder.is_amid())
    };
    let (messages, fault, is_amid) = decode(bytes.len());
    let in_parts = decode(usize::from(*at_once));
    assert_eq!((&in_parts.0, in_parts.1), (&messages, fault));
    assert!(fault.is_err() || in_parts.2 == is_amid);
}

/// The path and query of a WebSocket lead to a room that may be.
fn path(bytes: &[u8]) {
    let Ok(uri) = Uri::try_from(bytes) else {
        return;
    };
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&uri) else {
        return;
    };
    if let Ok(Door::Bare { name, group }) = routes::door(&uri, &query) {
        assert!(name.len() <= MAX_ROOM_NAME_BYTES && !name.contains('/'));
        assert!(group.is_none_or(|size| (1..=MAX_BARE_ROOM_PEERS).contains(&size)));
    }
    // A token that is no token has an answer of its own.
    let _ = routes::token(&query);
}

/// What is taken for a request, matchbox takes for the same, and the event that comes of it, too.
fn request(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Ok(request) = Request::parse(text) else {
        return;
    };
    let theirs: Option<JsonPeerRequest> = serde_json::from_str(text).ok();
    let ours = match request {
        Request::KeepAlive => Some(PeerRequest::KeepAlive),
        Request::Signal { receiver, data } => {
            let sender = PeerId(Uuid::max());
            let event: Option<JsonPeerEvent> = signal::event(sender, data).parse().ok();
            let data = serde_json::from_str(data).ok();
            let expected = data.clone();
            assert_eq!(
                event,
                expected.map(|data| JsonPeerEvent::Signal { sender, data })
            );
            data.map(|data| PeerRequest::Signal { receiver, data })
        }
    };
    assert!(ours.is_some() && ours == theirs);
}

/// A token's id is one that no server draws.
fn secret(bytes: &[u8]) {
    if let Ok(token) = String::from_utf8_lossy(bytes).parse::<PeerToken>() {
        assert_eq!(token.peer_id().0.get_version_num(), 8);
    }
}

/// Nobody has a ticket that was not signed here.
fn ticket(bytes: &[u8]) {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Keys::drawn().unwrap_or_else(|error| panic!("{error}")));
    let text = String::from_utf8_lossy(bytes);
    assert!(ticket::read(keys, &text, "BCD234", 0).is_err());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

    #[test]
    fn every_kept_input_is_parsed_safely() {
        for (name, parse) in TARGETS {
            let files = fs::read_dir(Path::new(FOLDER).join(name)).unwrap();
            let inputs: Vec<Vec<u8>> = files
                .map(|file| fs::read(file.unwrap().path()).unwrap())
                .collect();
            assert!(!inputs.is_empty(), "no input of {name}");
            inputs.iter().for_each(|input| parse(input));
        }
    }

    #[test]
    fn every_folder_is_a_target_s() {
        let folders: BTreeSet<String> = fs::read_dir(FOLDER)
            .unwrap()
            .map(|folder| folder.unwrap().file_name().into_string().unwrap())
            .collect();
        let names = TARGETS.iter().map(|(name, _)| (*name).to_owned());
        assert_eq!(folders, names.collect());
    }
}
