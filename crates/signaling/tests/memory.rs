//! What a WebSocket costs that idles, or promises a long message, measured on the whole process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "this test speaks WebSocket by hand")]
mod support;

use signaling::Config;
use support::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Both ends are in this process, and many systems allow it 1,024 open files.
const SOCKETS: usize = 450;

/// Measured are about 3 KiB, the clients included. The stock server takes 132 to 138 KiB.
const MAX_BYTES_EACH: usize = 8 * 1024;

/// The head of a frame of 64,000 bytes, and the first of them.
const PROMISE: [u8; 24] = [
    0x81, 0xfe, 0xfa, 0, 0, 0, 0, 0, b'"', b'K', b'e', b'e', b'p', b'A', b'l', b'i', b'v', b'e',
    b'"', b' ', b' ', b' ', b' ', b' ',
];

#[tokio::test]
async fn an_idle_socket_is_cheap_and_so_is_a_promise() {
    let server = Server::start(Config::default()).await;
    // The first ones pay for what is shared.
    let mut sockets = Vec::new();
    for number in 0..SOCKETS / 10 {
        sockets.push(join(&server, number).await);
    }
    let before = resident_bytes();
    for number in SOCKETS / 10..SOCKETS {
        sockets.push(join(&server, number).await);
    }
    let each = (resident_bytes() - before) / (SOCKETS - SOCKETS / 10);
    println!("{each} bytes of memory for each idle socket");
    assert!(each < MAX_BYTES_EACH, "{each} bytes each");
    for socket in &mut sockets {
        socket.write_all(&PROMISE).await.unwrap();
    }
    // When the last one's has come, the others' have, or will not matter.
    join(&server, SOCKETS).await;
    let each = (resident_bytes() - before) / (SOCKETS - SOCKETS / 10);
    println!("{each} bytes after each has promised a long message");
    assert!(each < MAX_BYTES_EACH, "{each} bytes each");
    drop(sockets);
    server.stop().await;
}

/// A client with no buffers of its own, so that what is measured is the server.
async fn join(server: &Server, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "GET /room-{} HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        number / 8
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // Read until its id has come: then the socket is set up.
    let mut received = Vec::new();
    while !received.ends_with(b"\"}") {
        assert_ne!(
            stream.read_buf(&mut received).await.unwrap(),
            0,
            "the server closed"
        );
    }
    assert!(received.starts_with(b"HTTP/1.1 101 "));
    stream
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1024
}
