//! The embedded TURN server, tried with webrtc-rs's client and with coturn's.

use crate::{http, support::Server};
use protocol::api::{IceServer, IceServers};
use signaling::{Config, IpNet, TurnConfig, TurnQuotas, TurnSecrets};
use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::Command,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a relay of this machine may reach in a test: this machine.
fn loopback() -> Vec<IpNet> {
    vec!["127.0.0.0/8".parse().unwrap()]
}

fn config(allowed_peers: Vec<IpNet>, quotas: TurnQuotas) -> Config {
    let mut config = Config {
        turn: Some(TurnConfig {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            allowed_peers,
            quotas,
            ..TurnConfig::default()
        }),
        ..Config::default()
    };
    config.ice.secrets = TurnSecrets::from_lines("north\nsouth");
    config
}

/// What the server tells of itself: its TURN address, and credentials.
struct Told {
    turn: SocketAddr,
    username: String,
    credential: String,
}

async fn told(server: &Server) -> Told {
    let response = http::get(server.address, "/api/v1/ice").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), "no-store");
    let told: IceServers = response.json();
    assert_eq!(told.relays, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let [stun, turn] = &told.ice_servers[..] else {
        panic!("two entries: {told:?}");
    };
    let IceServer {
        urls,
        username,
        credential,
    } = turn.clone();
    assert!(stun.username.is_none() && stun.urls[0].starts_with("stun:127.0.0.1:"));
    assert!(urls[1].ends_with("?transport=tcp"));
    let address = urls[0].strip_prefix("turn:").unwrap();
    Told {
        turn: (address.strip_suffix("?transport=udp").unwrap())
            .parse()
            .unwrap(),
        username: username.unwrap(),
        credential: credential.unwrap(),
    }
}

/// A client of webrtc-rs.
async fn client(told: &Told) -> Client {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = Client::new(ClientConfig {
        stun_serv_addr: told.turn.to_string(),
        turn_serv_addr: told.turn.to_string(),
        username: told.username.clone(),
        password: told.credential.clone(),
        realm: String::new(),
        software: "a test".to_owned(),
        rto_in_ms: 0,
        conn: Arc::new(socket),
        vnet: None,
    });
    let client = client.await.unwrap();
    client.listen().await.unwrap();
    client
}

async fn receive(conn: &impl Conn) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; 1_500];
    let (length, from) = timeout(PATIENCE, conn.recv_from(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    (buffer[..length].to_vec(), from)
}

#[tokio::test]
async fn a_client_relays_to_a_peer_and_to_another_relay() {
    let server = Server::start(config(loopback(), TurnQuotas::default())).await;
    let told = told(&server).await;
    let here = client(&told).await;
    let seen = here.send_binding_request().await.unwrap();
    assert_eq!(seen.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));

    let relay = here.allocate().await.unwrap();
    let relay_address = relay.local_addr().unwrap();
    let peer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let peer_address = peer.local_addr().unwrap();
    let mut buffer = [0; 1_500];
    for round in 0..20u8 {
        // The first goes by indication, later ones by the channel that the client has bound.
        relay.send_to(&[round; 1_100], peer_address).await.unwrap();
        let (length, from) = timeout(PATIENCE, peer.recv_from(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (&buffer[..length], from),
            (&[round; 1_100][..], relay_address)
        );
        peer.send_to(&[round; 3], relay_address).await.unwrap();
        assert_eq!(receive(&relay).await, (vec![round; 3], peer_address));
    }

    let there = client(&told).await;
    let other = there.allocate().await.unwrap();
    let other_address = other.local_addr().unwrap();
    for (conn, to, from) in [
        (&relay, &other, relay_address),
        (&other, &relay, other_address),
    ] {
        // Whoever is to hear must first have spoken: that permits it.
        to.send_to(b"open", from).await.unwrap();
        conn.send_to(b"across", to.local_addr().unwrap())
            .await
            .unwrap();
        let mut heard = receive(to).await;
        if heard.0 == b"open" {
            heard = receive(to).await;
        }
        assert_eq!(heard, (b"across".to_vec(), from));
    }
    here.close().await.unwrap();
    server.stop().await;
    let _free = UdpSocket::bind(told.turn).await.unwrap();
}

#[tokio::test]
async fn wrong_expired_and_too_many_are_refused() {
    let quotas = TurnQuotas {
        user_allocations: 2,
        ..TurnQuotas::default()
    };
    let server = Server::start(config(loopback(), quotas)).await;
    let good = told(&server).await;
    let turn = good.turn;
    let refusal = async |username: &str, credential: &str| {
        let told = Told {
            turn,
            username: username.to_owned(),
            credential: credential.to_owned(),
        };
        let client = client(&told).await;
        let refused = client.allocate().await;
        refused.err().map(|error| error.to_string())
    };
    let wrong = refusal(&good.username, "bm90aGluZw==").await.unwrap();
    assert!(wrong.contains("401"), "{wrong}");
    // `echo -n 1000:alice | openssl dgst -sha1 -hmac north -binary | base64`
    let expired = refusal("1000:alice", "6ANS2sM+SnH+pQyRUs6nGfTCfYk=")
        .await
        .unwrap();
    assert!(expired.contains("401"), "{expired}");

    let first = client(&good).await;
    let relay = first.allocate().await.unwrap();
    let second = client(&good).await;
    let _other = second.allocate().await.unwrap();
    let third = refusal(&good.username, &good.credential).await.unwrap();
    assert!(third.contains("486"), "{third}");
    relay.close().await.unwrap();
    let _third = client(&good).await.allocate().await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_relay_reaches_nothing_on_this_machine_unless_told_so() {
    let server = Server::start(config(Vec::new(), TurnQuotas::default())).await;
    let told = told(&server).await;
    let client = client(&told).await;
    let relay = client.allocate().await.unwrap();
    let service = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0))
        .await
        .unwrap();
    for peer in [
        service.local_addr().unwrap(),
        ([10, 0, 0, 1], 53).into(),
        ([169, 254, 169, 254], 80).into(),
    ] {
        let error = relay.send_to(b"hello", peer).await.unwrap_err();
        assert!(error.to_string().contains("403"), "{peer}: {error}");
    }
    let mut buffer = [0; 16];
    let nothing = service.try_recv(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    server.stop().await;
}

#[tokio::test]
async fn hostile_datagrams_and_streams_change_nothing() {
    let server = Server::start(config(loopback(), TurnQuotas::default())).await;
    let told = told(&server).await;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut bytes = vec![0u8; 1_400];
    let mut random = 1u64;
    for round in 0..4_000usize {
        for byte in bytes.iter_mut() {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = (random >> 56) as u8;
        }
        // A header that is almost right, so that some get further.
        bytes[0] = [0, 1, 0x40, 0x7f][round % 4];
        bytes[1] = [1, 3, 8, 9][round / 4 % 4];
        bytes[4..8].copy_from_slice(&0x2112_a442_u32.to_be_bytes());
        let length = round % 1_400;
        bytes[2..4].copy_from_slice(&(length.saturating_sub(20) as u16).to_be_bytes());
        socket.send_to(&bytes[..length], told.turn).await.unwrap();
    }
    for head in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0, 1, 0xff, 0xff],
        &[0x40, 0, 0xff, 0xff],
    ] {
        let mut stream = TcpStream::connect(told.turn).await.unwrap();
        stream.write_all(head).await.unwrap();
        let mut rest = Vec::new();
        let closed = timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .unwrap();
        assert!(rest.is_empty() && closed.is_ok_and(|length| length == 0) || rest.is_empty());
    }
    // A head that never gets its body costs a place for a while, and nobody else's.
    let mut slow = TcpStream::connect(told.turn).await.unwrap();
    slow.write_all(&[0, 3]).await.unwrap();
    let client = client(&told).await;
    client.allocate().await.unwrap();
    server.stop().await;
}

/// coturn's own client: it allocates, binds channels and plays both ends of relays.
#[tokio::test(flavor = "multi_thread")]
async fn coturn_s_client_relays_by_udp_and_tcp() {
    const CLIENT: &str = "turnutils_uclient";
    let is_missing = (Command::new(CLIENT).arg("-h").output())
        .is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if is_missing {
        eprintln!("SKIPPED: {CLIENT} is not installed; `cargo xtask setup test` installs it");
        return;
    }
    let server = Server::start(config(loopback(), TurnQuotas::default())).await;
    let told = told(&server).await;
    for transport in [&[][..], &["-t"]] {
        let port = told.turn.port().to_string();
        let mut command = Command::new(CLIENT);
        command
            .args(transport)
            // Two clients that send to each other, without reserved ports for RTCP.
            .args(["-y", "-c", "-n", "20", "-m", "2", "-l", "200", "-z", "5"])
            .args(["-u", &told.username, "-w", &told.credential, "-p", &port])
            .arg(told.turn.ip().to_string());
        let run = tokio::task::spawn_blocking(move || command.output());
        let output = timeout(PATIENCE, run).await.unwrap().unwrap().unwrap();
        let log = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(
            log.contains("Total lost packets 0 (0.000000%)"),
            "{transport:?}: {log}"
        );
    }
    server.stop().await;
}
