//! The relay in a time of the test's own, with clients that write what they like.

mod bounds;

use super::{
    Client, Time, TurnQuotas,
    access::key,
    message::{
        ALLOCATE, BINDING, CHANNEL_BIND, CREATE_PERMISSION, DATA_INDICATION, ERROR, Message,
        REFRESH, SEND_INDICATION, SUCCESS, Writer, attribute, read_channel_data,
        write_channel_data,
    },
    policy::Policy,
    relay::{Outcome, Refused, Relay, Sockets},
};
use crate::{ice::TurnSecrets, limits::TURN_NONCE_LIFETIME, operations::metrics::Metrics};
use std::{
    cell::Cell,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

const SECRET: &str = "north";
const RELAY: [u8; 4] = [203, 0, 113, 9];
const PEER: ([u8; 4], u16) = ([198, 51, 100, 7], 7_000);

/// Sockets that only count: how many are open, and the next one's port.
struct Counted {
    open: Rc<()>,
    next: Cell<u16>,
}

impl Sockets for Counted {
    type Socket = Rc<()>;

    fn open(&mut self, _: Client, _: bool, _: bool) -> Option<(SocketAddr, Rc<()>)> {
        let port = self.next.replace(self.next.get() + 1);
        Some(((RELAY, port).into(), Rc::clone(&self.open)))
    }

    fn serves(&self, v6: bool) -> bool {
        !v6
    }
}

struct Test {
    metrics: Arc<Metrics>,
    relay: Relay<Counted>,
    open: Rc<()>,
    time: Time,
    transactions: u8,
}

/// A client and its credentials.
#[derive(Clone)]
struct User {
    client: Client,
    name: String,
    key: [u8; 16],
    nonce: String,
}

fn client(last: u8, port: u16) -> Client {
    Client {
        stream: None,
        address: ([192, 0, 2, last], port).into(),
    }
}

impl Test {
    fn new(quotas: TurnQuotas) -> Self {
        let open = Rc::new(());
        let time = Time {
            now: Instant::now(),
            unix: 1_000,
        };
        let sockets = Counted {
            open: Rc::clone(&open),
            next: Cell::new(50_000),
        };
        let policy = Policy::new(Vec::new(), vec![RELAY.into()]);
        let secrets = TurnSecrets::from_lines(SECRET);
        let metrics = Arc::new(Metrics::default());
        Self {
            relay: Relay::new(
                (secrets, quotas),
                policy,
                sockets,
                Arc::clone(&metrics),
                time,
            ),
            metrics,
            open,
            time,
            transactions: 0,
        }
    }

    /// Sockets that are open.
    fn sockets(&self) -> usize {
        Rc::strong_count(&self.open) - 2
    }

    /// Allocations that live.
    fn allocations(&self) -> i64 {
        self.metrics.turn_allocations.value()
    }

    fn refusals(&self, why: Refused) -> u64 {
        self.metrics.turn_refusals.of(why).value()
    }

    fn pass(&mut self, time: Duration) {
        self.time.now += time;
        self.time.unix += time.as_secs();
        self.relay.sweep(self.time);
    }

    fn answer(&mut self, client: Client, raw: &[u8]) -> Option<Vec<u8>> {
        match self.relay.hear_client(client, raw, self.time) {
            Outcome::Answer(bytes) => Some(bytes),
            Outcome::Nothing => None,
            _ => panic!("an answer, or none"),
        }
    }

    /// A user who has asked for a nonce, with a password of `secret`.
    fn user(&mut self, client: Client, name: &str, secret: &str) -> User {
        let bare = Writer::new(ALLOCATE, &[1; 12]).finish();
        let answer = self.answer(client, &bare).unwrap();
        let answer = Message::parse(&answer).unwrap();
        assert_eq!(code(&answer), Some(401));
        let realm = answer.text(attribute::REALM).unwrap();
        let password = TurnSecrets::from_lines(secret).passwords(name).next();
        User {
            client,
            name: name.to_owned(),
            key: key(name, realm, &password.unwrap()),
            nonce: answer.text(attribute::NONCE).unwrap().to_owned(),
        }
    }

    fn good(&mut self, client: Client) -> User {
        self.user(client, "9000:alice", SECRET)
    }

    /// A request with its author's proof.
    fn request(&mut self, user: &User, kind: u16, write: impl Fn(Writer) -> Writer) -> Vec<u8> {
        self.transactions += 1;
        let writer = write(Writer::new(kind, &[self.transactions; 12]));
        writer
            .attribute(attribute::USERNAME, user.name.as_bytes())
            .attribute(attribute::REALM, super::access::REALM.as_bytes())
            .attribute(attribute::NONCE, user.nonce.as_bytes())
            .signed(&user.key)
            .finish()
    }

    /// Asks, and gives the error's code or 0. Every answer to a proven request is signed.
    fn ask(&mut self, user: &User, kind: u16, write: impl Fn(Writer) -> Writer) -> u16 {
        let request = self.request(user, kind, write);
        let answer = self.answer(user.client, &request).unwrap();
        let answer = Message::parse(&answer).unwrap();
        let code = code(&answer).unwrap_or(0);
        let expected = if code == 0 { SUCCESS } else { ERROR };
        assert_eq!(answer.kind, kind + expected);
        assert!(matches!(code, 400 | 401 | 438) || answer.is_signed_with(&user.key));
        code
    }

    fn allocate(&mut self, user: &User) -> u16 {
        self.ask(user, ALLOCATE, udp)
    }

    fn permit(&mut self, user: &User, peers: &[IpAddr]) -> u16 {
        self.ask(user, CREATE_PERMISSION, |mut writer| {
            for peer in peers {
                writer = writer.address(attribute::XOR_PEER_ADDRESS, (*peer, 9).into());
            }
            writer
        })
    }

    fn bind(&mut self, user: &User, channel: u16, peer: SocketAddr) -> u16 {
        self.ask(user, CHANNEL_BIND, |writer| {
            writer
                .attribute(
                    attribute::CHANNEL_NUMBER,
                    &[(channel >> 8) as u8, channel as u8, 0, 0],
                )
                .address(attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    /// Sends data to a peer; says whether it goes out.
    fn send(&mut self, user: &User, peer: SocketAddr, data: &[u8]) -> bool {
        let raw = Writer::new(SEND_INDICATION, &[0; 12])
            .address(attribute::XOR_PEER_ADDRESS, peer)
            .attribute(attribute::DATA, data)
            .finish();
        let outcome = self.relay.hear_client(user.client, &raw, self.time);
        matches!(outcome, Outcome::Forward { peer: to, data: sent, .. } if to == peer && sent == data)
    }
}

fn udp(writer: Writer) -> Writer {
    writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

fn code(message: &Message<'_>) -> Option<u16> {
    let value = message.get(attribute::ERROR_CODE)?;
    Some(u16::from(value[2]) * 100 + u16::from(value[3]))
}

fn quotas() -> TurnQuotas {
    TurnQuotas::default()
}

#[test]
fn anybody_may_ask_for_the_own_address() {
    let mut test = Test::new(quotas());
    let asker = client(1, 4_321);
    let answer = test
        .answer(asker, &Writer::new(BINDING, &[3; 12]).finish())
        .unwrap();
    let answer = Message::parse(&answer).unwrap();
    assert_eq!(
        (answer.kind, answer.transaction),
        (BINDING + SUCCESS, [3; 12])
    );
    let value = answer.get(attribute::XOR_MAPPED_ADDRESS).unwrap();
    assert_eq!(answer.address(value), Some(asker.address));
}

#[test]
fn a_user_relays_both_ways() {
    let mut test = Test::new(quotas());
    let user = test.good(client(1, 1));
    let peer = SocketAddr::from(PEER);
    assert_eq!(test.allocate(&user), 0);
    assert!(!test.send(&user, peer, b"early"), "there is no permission");
    assert_eq!(
        test.relay.hear_peer(user.client, peer, b"early", test.time),
        None
    );

    assert_eq!(test.permit(&user, &[peer.ip()]), 0);
    assert!(test.send(&user, peer, b"there"));
    let back = test
        .relay
        .hear_peer(user.client, peer, b"back", test.time)
        .unwrap();
    let back = Message::parse(&back).unwrap();
    assert_eq!(back.kind, DATA_INDICATION);
    assert_eq!(back.get(attribute::DATA), Some(&b"back"[..]));
    let from = back.get(attribute::XOR_PEER_ADDRESS).unwrap();
    assert_eq!(back.address(from), Some(peer));

    assert_eq!(test.bind(&user, 0x4000, peer), 0);
    let raw = write_channel_data(0x4000, b"by channel", false);
    let outcome = test.relay.hear_client(user.client, &raw, test.time);
    assert!(matches!(
        outcome,
        Outcome::Forward {
            data: b"by channel",
            ..
        }
    ));
    let back = test
        .relay
        .hear_peer(user.client, peer, b"and back", test.time)
        .unwrap();
    assert_eq!(read_channel_data(&back), Some((0x4000, &b"and back"[..])));
    assert_eq!(test.metrics.turn_bytes.value(), 5 + 4 + 10 + 8);
    assert_eq!(test.metrics.turn_dropped.value(), 2);
}

#[test]
fn two_relays_hear_each_other_without_the_network() {
    let mut test = Test::new(quotas());
    let (one, two) = (test.good(client(1, 1)), test.good(client(2, 2)));
    assert_eq!((test.allocate(&one), test.allocate(&two)), (0, 0));
    let (first, second) = (
        SocketAddr::from((RELAY, 50_000)),
        SocketAddr::from((RELAY, 50_001)),
    );
    assert_eq!(test.bind(&one, 0x4001, second), 0);
    let raw = write_channel_data(0x4001, b"hello", false);
    let outcome = test.relay.hear_client(one.client, &raw, test.time);
    assert!(
        matches!(outcome, Outcome::Nothing),
        "the other has not permitted it"
    );
    assert_eq!(test.permit(&two, &[RELAY.into()]), 0);
    let Outcome::Cross(to, bytes) = test.relay.hear_client(one.client, &raw, test.time) else {
        panic!("it goes across");
    };
    assert_eq!(to, two.client);
    let message = Message::parse(&bytes).unwrap();
    let from = message.get(attribute::XOR_PEER_ADDRESS).unwrap();
    assert_eq!(message.address(from), Some(first));
    // Nothing else at that address is a peer: no other port, and nobody who claims to be there.
    assert!(!test.send(&two, (RELAY, 22).into(), b"ssh"));
    assert_eq!(
        test.relay
            .hear_peer(two.client, (RELAY, 53).into(), b"dns", test.time),
        None
    );
}

#[test]
fn strangers_get_no_relay() {
    let mut test = Test::new(quotas());
    let wrong = test.user(client(1, 1), "9000:alice", "south");
    assert_eq!(test.allocate(&wrong), 401);
    let expired = test.user(client(1, 1), "1000:alice", SECRET);
    assert_eq!(test.allocate(&expired), 401);
    for name in ["alice", "", ":", "-1:alice", "99999999999999999999:alice"] {
        let nameless = test.user(client(1, 1), name, SECRET);
        assert_eq!(test.allocate(&nameless), 401, "{name:?}");
    }
    let long = test.user(client(1, 1), &format!("9000:{}", "a".repeat(200)), SECRET);
    assert_eq!(test.allocate(&long), 401);
    let mut forged = test.good(client(1, 1));
    forged.nonce = forged.nonce.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(test.allocate(&forged), 438);
    let mut moved = test.good(client(1, 1));
    moved.client = client(1, 2);
    assert_eq!(test.allocate(&moved), 438, "a nonce is its address's");
    let late = test.good(client(1, 1));
    test.pass(TURN_NONCE_LIFETIME + Duration::from_secs(1));
    assert_eq!(test.allocate(&late), 438);
    assert_eq!((test.allocations(), test.sockets()), (0, 0));
    assert_eq!(test.refusals(Refused::Credentials), 8);
}

#[test]
fn credentials_expire_in_the_midst_too() {
    let mut test = Test::new(quotas());
    let mut user = test.user(client(1, 1), "1500:alice", SECRET);
    assert_eq!(test.allocate(&user), 0);
    test.pass(Duration::from_secs(499));
    assert_eq!(test.ask(&user, REFRESH, |writer| writer), 0);
    test.pass(Duration::from_secs(1));
    assert_eq!(test.ask(&user, REFRESH, |writer| writer), 401);
    user.name = "9999:alice".to_owned();
    assert_eq!(
        test.ask(&user, REFRESH, |writer| writer),
        401,
        "not its key"
    );
    let other = test.user(client(1, 1), "9000:mallory", SECRET);
    assert_eq!(
        test.ask(&other, REFRESH, |writer| writer),
        441,
        "not its allocation"
    );
}

#[test]
fn the_operator_s_network_is_out_of_reach() {
    let mut test = Test::new(quotas());
    let user = test.good(client(1, 1));
    assert_eq!(test.allocate(&user), 0);
    let good = IpAddr::from(PEER.0);
    for denied in [
        [127, 0, 0, 1],
        [10, 0, 0, 1],
        [169, 254, 169, 254],
        [224, 0, 0, 1],
    ] {
        assert_eq!(test.permit(&user, &[denied.into()]), 403);
        assert_eq!(
            test.permit(&user, &[good, denied.into()]),
            403,
            "all or none"
        );
        assert_eq!(test.bind(&user, 0x4000, (denied, 80).into()), 403);
        assert!(!test.send(&user, (denied, 80).into(), b"x"));
    }
    assert!(!test.send(&user, PEER.into(), b"x"), "none it is");
    assert_eq!(test.permit(&user, &["2606:4700::1".parse().unwrap()]), 443);
    assert_eq!(test.refusals(Refused::Peer), 12);
}

#[test]
fn requests_out_of_place_are_refused() {
    let mut test = Test::new(quotas());
    let user = test.good(client(1, 1));
    assert_eq!(test.ask(&user, REFRESH, |writer| writer), 437);
    assert_eq!(test.permit(&user, &[PEER.0.into()]), 437);
    assert_eq!(test.ask(&user, ALLOCATE, |writer| writer), 400);
    let tcp = |writer: Writer| writer.attribute(attribute::REQUESTED_TRANSPORT, &[6, 0, 0, 0]);
    assert_eq!(test.ask(&user, ALLOCATE, tcp), 442);
    let v6 = |w: Writer| udp(w).attribute(attribute::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    assert_eq!(test.ask(&user, ALLOCATE, v6), 440);
    let reserve = |writer: Writer| udp(writer).attribute(attribute::EVEN_PORT, &[0x80]);
    assert_eq!(test.ask(&user, ALLOCATE, reserve), 508);
    let unknown = |writer: Writer| udp(writer).attribute(0x001a, &[]);
    assert_eq!(test.ask(&user, ALLOCATE, unknown), 420);
    assert_eq!(test.sockets(), 0);

    let first = test.request(&user, ALLOCATE, udp);
    let answers = [(); 2].map(|()| test.answer(user.client, &first).unwrap());
    assert_eq!(answers[0], answers[1], "its answer was lost");
    assert_eq!(test.allocate(&user), 437, "another one");
    assert_eq!(test.sockets(), 1);
    assert_eq!(test.permit(&user, &[]), 400);
}
