//! SIGHUP, which only a program can be sent.

use crate::tls::{Certificate, Folder, PATIENCE, seen_at};
use signaling::{TlsFiles, limits::CERTIFICATE_CHECK_INTERVAL};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};
use tokio::{sync::mpsc::unbounded_channel, time::timeout};

/// The server as a program, ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// As `systemctl kill -s HUP` does it: the program, and a signal long before it looks by itself.
#[tokio::test]
async fn a_hangup_takes_up_a_new_certificate_at_once() {
    let (first, second) = (Certificate::new(), Certificate::new());
    let folder = Folder::new("hangup");
    folder.put(&first);
    let TlsFiles {
        certificate, key, ..
    } = folder.files();
    let mut program = Command::new(env!("CARGO_BIN_EXE_signaling"));
    program.args(["--bind", "127.0.0.1", "--port", "0", "--log-format", "json"]);
    program.arg("--tls-cert").arg(certificate);
    program.arg("--tls-key").arg(key);
    let mut program = Program(program.stdout(Stdio::piped()).spawn().unwrap());
    let log = BufReader::new(program.0.stdout.take().unwrap());
    let (lines, mut log_lines) = unbounded_channel();
    // Ends with the program.
    thread::spawn(move || {
        log.lines()
            .map_while(Result::ok)
            .try_for_each(|line| lines.send(line))
    });
    let mut next_line = async || -> serde_json::Value {
        let line = timeout(PATIENCE, log_lines.recv()).await.unwrap();
        serde_json::from_str(&line.expect("the program has ended")).unwrap()
    };
    let serving = next_line().await;
    let address = serving["address"].as_str().unwrap().parse().unwrap();
    let both = [&first, &second];
    assert_eq!(seen_at(address, &both).await, first.der);

    folder.put(&second);
    let start = Instant::now();
    let hangup = format!("kill -HUP {}", program.0.id());
    let sent = Command::new("sh").args(["-c", &hangup]).status();
    assert!(sent.unwrap().success());
    assert_eq!(next_line().await["message"], "took up a new certificate");
    assert!(start.elapsed() < CERTIFICATE_CHECK_INTERVAL / 2);
    assert_eq!(seen_at(address, &both).await, second.der);
}
