//! A Redis of the test's own, on a socket in a folder of its own.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use uuid::Uuid;

/// A running server with no data; dropping it ends it and removes its folder.
pub struct RedisServer {
    folder: PathBuf,
    process: Option<Child>,
    /// Does the same when this process is killed, of which it learns by the end of its input.
    guard: Option<Child>,
}

impl RedisServer {
    /// Starts one; nothing, and a word about it, when `redis-server` is not installed.
    pub fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("peerball-redis-{}", Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        let mut server = Self {
            folder,
            process: None,
            guard: None,
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
        // The guard first: it would kill whoever has the number next.
        for process in [&mut self.guard, &mut self.process] {
            if let Some(mut process) = process.take() {
                process.kill().unwrap();
                process.wait().unwrap();
            }
        }
    }

    /// Starts it again after [`RedisServer::kill`], at the same place and with no data.
    pub fn restart(&mut self) {
        self.run().unwrap();
    }

    /// A connection of the test's own.
    pub fn connect(&self) -> ::redis::Connection {
        let client = ::redis::Client::open(self.url()).unwrap();
        client.get_connection().unwrap()
    }

    /// Carries out a command.
    pub fn command(&self, words: &[&str]) {
        let mut command = ::redis::cmd(words[0]);
        command.arg(&words[1..]).exec(&mut self.connect()).unwrap();
    }

    /// Answers nobody for so long.
    pub fn pause(&self, time: Duration) {
        self.command(&["CLIENT", "PAUSE", &time.as_millis().to_string(), "ALL"]);
    }

    /// Lets a node connect that uses [`RedisServer::url_of`], or cuts it off.
    pub fn allow(&self, user: &str, may: bool) {
        let may = if may { "on" } else { "off" };
        self.command(&["ACL", "SETUSER", user, may, "nopass", "~*", "&*", "+@all"]);
        if may == "off" {
            self.command(&["CLIENT", "KILL", "USER", user]);
        }
    }

    /// Where a node finds it that [`RedisServer::allow`] is for.
    pub fn url_of(&self, user: &str) -> String {
        format!("{}?user={user}&pass=any", self.url())
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
        let guard = Command::new("sh")
            .args(["-c", r#"read -r _; kill -9 "$0"; rm -r "$1""#])
            .arg(process.id().to_string())
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.process = Some(process);
        self.guard = Some(guard);
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
