//! The slow part of the path: takes packets out of a TUN device, holds them, and puts them back.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    os::{fd::AsFd, unix::net::UnixStream},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, ppoll},
    sys::time::TimeSpec,
};
use sim::rng::Rng;
use tappers::Tun;

use super::Path;

/// Packets that are held at once; further ones are lost, as in a router whose memory is full.
const MAX_HELD: usize = 10_000;

/// No IP packet is longer.
const MAX_PACKET: usize = 65_536;

/// The first half byte of an IPv4 packet.
const IPV4: u8 = 4;

/// The thread that holds the packets. It ends with this value.
pub struct Delay {
    /// Closing it wakes the thread, which then ends.
    _alive: UnixStream,
}

impl Delay {
    /// Starts to hold what comes out of `tun`, for as long as `path` says.
    ///
    /// # Errors
    /// When the system gives no thread or no file.
    pub fn start(mut tun: Tun, path: Path) -> io::Result<Self> {
        tun.set_nonblocking(true)?;
        let (alive, ended) = UnixStream::pair()?;
        thread::Builder::new().name("delay".into()).spawn(move || {
            let mut line = Line::new(&tun, path);
            if let Err(error) = line.run(&ended) {
                // The test sees a network that is down, and here why.
                eprintln!("the router has failed: {error}");
            }
        })?;
        Ok(Self { _alive: alive })
    }
}

/// Packets on their way.
struct Line<'a> {
    tun: &'a Tun,
    path: Path,
    random: Rng,
    /// By when each is due, and among equals by the order of their coming.
    held: BTreeMap<(Instant, u64), Vec<u8>>,
    count: u64,
}

impl<'a> Line<'a> {
    fn new(tun: &'a Tun, path: Path) -> Self {
        Self {
            tun,
            path,
            random: Rng::new(path.seed),
            held: BTreeMap::new(),
            count: 0,
        }
    }

    /// Runs until the other end of `ended` is closed.
    fn run(&mut self, ended: &UnixStream) -> io::Result<()> {
        let mut buffer = vec![0; MAX_PACKET];
        loop {
            self.put_back()?;
            let wait = self
                .held
                .first_key_value()
                .map(|((due, _), _)| due.saturating_duration_since(Instant::now()));
            let mut ready = [
                PollFd::new(self.tun.as_fd(), PollFlags::POLLIN),
                PollFd::new(ended.as_fd(), PollFlags::POLLIN),
            ];
            match ppoll(&mut ready, wait.map(TimeSpec::from), None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            if ready[1].any() == Some(true) {
                return Ok(());
            }
            self.take_in(&mut buffer)?;
        }
    }

    fn take_in(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            let length = match self.tun.recv(buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let packet = &buffer[..length];
            // The system's own IPv6 announcements concern nobody here.
            let is_ours = packet.first().is_some_and(|first| first >> 4 == IPV4);
            if is_ours && self.held.len() < MAX_HELD {
                let due = Instant::now() + self.time();
                self.held.insert((due, self.count), packet.to_vec());
                self.count += 1;
            }
        }
    }

    /// How long the next packet takes: each its own time, so that some overtake others.
    fn time(&mut self) -> Duration {
        let Path { delay, jitter, .. } = self.path;
        let span = (2 * jitter).as_micros() as u64 + 1;
        let drawn = Duration::from_micros(self.random.next_u64() % span);
        (delay + drawn).saturating_sub(jitter)
    }

    fn put_back(&mut self) -> io::Result<()> {
        while let Some(entry) = self.held.first_entry() {
            if entry.key().0 > Instant::now() {
                break;
            }
            match self.tun.send(&entry.remove()) {
                // What the system has no room for is lost, as on any network.
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
