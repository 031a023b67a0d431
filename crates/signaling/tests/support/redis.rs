//! A Redis of the test's own, on a socket in a folder of its own.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use uuid::Uuid;

/// A running server with no data; dropping it ends it and removes its folder.
pub struct RedisServer {
    folder: PathBuf,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts one; nothing, and a word about it, when `redis-server` is not installed.
    pub fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("peerball-redis-{}", Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        let mut server = Self {
            folder,
            process: None,
        };
        match server.run() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                eprintln!(
                    "SKIPPED: redis-server is not installed; `cargo xtask setup test` installs it"
                );
                None
            }
            started => {
                started.unwrap();
                Some(server)
            }
        }
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    /// Ends it as a failure of its machine would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it again after [`RedisServer::kill`], at the same place and with no data.
    pub fn restart(&mut self) {
        self.run().unwrap();
    }

    fn run(&mut self) -> io::Result<()> {
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "socket"])
            .args(["--save", "", "--appendonly", "no", "--loglevel", "notice"])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let log = process.stdout.take().unwrap();
        self.process = Some(process);
        let mut lines = BufReader::new(log).lines();
        let ready = |line: io::Result<String>| line.unwrap().contains("eady to accept connections");
        assert!(lines.any(ready), "redis-server has ended at once");
        // A server whose log nobody reads would stop when the pipe is full.
        std::thread::spawn(move || lines.count());
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
