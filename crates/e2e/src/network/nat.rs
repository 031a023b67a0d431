//! An internet of a test's own: a server with a public address, and homes behind NATs of each kind
//! (RFC 4787 names their mapping and filtering; the older names are RFC 3489's).
//!
//! Each NAT is a namespace whose nftables translate; the internet between them is another one, which
//! takes its time and counts what goes straight from one NAT to another. With one host behind each NAT its port is
//! kept, so that only the symmetric one maps anew for each destination.

use std::{
    ffi::OsStr,
    fs, io,
    net::{Ipv4Addr, UdpSocket},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::{
    Namespace, Path, SignalingHost, TUN, delay::Delay, feed, ip, slow_router, slowly_from,
};
use crate::{
    peer::{Invitation, NativePeer},
    place::{Scratch, output},
    process::{Drained, Process},
};

/// What all servers share.
const SECRET: &str = "a secret of this test";

/// The server's address.
const SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Where STUN and TURN listen.
const TURN_PORT: u16 = 3478;

/// How long a packet is on its way from one NAT or server to another.
///
/// Without it a relayed check may overtake the news of the relay's address. The native stack (rtc-ice
/// 0.21) then takes that address for one of the other's NAT and prefers it to the straight way.
const ON_THE_WAY: Path = Path {
    delay: Duration::from_millis(15),
    jitter: Duration::ZERO,
    loss: 0.0,
    seed: 0,
};

/// How long a TURN server may take to listen.
const START: Duration = Duration::from_secs(20);

/// How often it is asked whether it does.
const PAUSE: Duration = Duration::from_millis(100);

/// How a NAT maps and filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// One mapping for all destinations, open to everybody.
    FullCone,
    /// One mapping, open to addresses that were sent to.
    AddressRestricted,
    /// One mapping, open to addresses and ports that were sent to.
    PortRestricted,
    /// A mapping for each destination, open to that one only.
    Symmetric,
}

impl Nat {
    /// All kinds, from the most open one on.
    pub const ALL: [Self; 4] = [
        Self::FullCone,
        Self::AddressRestricted,
        Self::PortRestricted,
        Self::Symmetric,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FullCone => "full cone",
            Self::AddressRestricted => "address-restricted",
            Self::PortRestricted => "port-restricted",
            Self::Symmetric => "symmetric",
        }
    }

    /// Whether packets can go straight between two of these: a symmetric one sends from a port that
    /// nobody was told of, which only those let in who look at no port.
    pub fn lets_through(self, other: Self) -> bool {
        let is_strict = |nat| matches!(nat, Self::PortRestricted | Self::Symmetric);
        let any_symmetric = self == Self::Symmetric || other == Self::Symmetric;
        !(any_symmetric && is_strict(self) && is_strict(other))
    }

    /// The rules of a NAT whose one host is `home`.
    fn rules(self, home: Ipv4Addr) -> String {
        let random = match self {
            Self::Symmetric => "fully-random",
            _ => "",
        };
        let open_to = match self {
            Self::FullCone => "meta l4proto udp",
            Self::AddressRestricted => "ip saddr . udp dport @known",
            Self::PortRestricted | Self::Symmetric => "",
        };
        let open = match open_to {
            "" => String::new(),
            _ => format!("iifname \"wan\" {open_to} dnat to {home}\n"),
        };
        // What comes unasked is dropped before it takes a mapping's place.
        format!(
            "table ip nat_test {{\n\
                 set known {{ type ipv4_addr . inet_service; flags dynamic,timeout; timeout 5m; }}\n\
                 chain out {{ type nat hook postrouting priority 100;\n\
                 oifname \"wan\" masquerade {random}\n}}\n\
                 chain in {{ type nat hook prerouting priority -100;\n{open}}}\n\
                 chain onward {{ type filter hook forward priority 0;\n\
                 iifname \"lan\" meta l4proto udp update @known {{ ip daddr . udp sport }}\n}}\n\
                 chain own {{ type filter hook input priority 0;\n\
                 iifname \"wan\" ct state new drop\n}}\n}}\n"
        )
    }
}

/// Which TURN server relays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Ours, in the signaling server.
    Embedded,
    /// coturn, which has to be installed.
    Coturn,
}

impl Turn {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Coturn => "coturn",
        }
    }

    /// Why it cannot be had; nothing when it can.
    pub fn missing(self) -> Option<&'static str> {
        let is_missing = self == Self::Coturn
            && std::process::Command::new("turnserver")
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_err();
        is_missing.then_some("coturn is not installed (Debian: coturn)")
    }

    /// What the signaling server is told.
    fn options(self) -> Vec<String> {
        let mut options = vec![format!("--turn-secret={SECRET}")];
        match self {
            Self::Embedded => options.extend([
                "--turn".to_owned(),
                format!("--turn-bind={SERVER}:{TURN_PORT}"),
            ]),
            Self::Coturn => options.extend([
                format!("--stun=stun:{SERVER}:{TURN_PORT}"),
                format!("--turn-urls=turn:{SERVER}:{TURN_PORT}?transport=udp"),
            ]),
        }
        options
    }
}

/// The internet, and the server on it.
pub struct Internet {
    middle: Namespace,
    _delay: Delay,
    /// The signaling server.
    pub server: SignalingHost,
    _coturn: Option<Drained>,
    homes: u8,
}

/// A player's host behind a NAT.
pub struct NatHome {
    host: Namespace,
    /// It translates as long as somebody lives there.
    _nat: Namespace,
    state: Scratch,
}

impl Internet {
    /// An internet with a server whose relays are `turn`'s.
    ///
    /// # Errors
    /// When it is not permitted, or a server does not start.
    pub async fn open(turn: Turn) -> Result<Self> {
        let (middle, delay) = slow_router(ON_THE_WAY)?;
        let host = Namespace::new()?;
        ip(
            &middle,
            &format!(
                "link set lo up\n\
                 link add server type veth peer name eth0 netns {}\n\
                 addr add 203.0.113.1/24 dev server\n\
                 link set server up\n\
                 {}",
                host.path().display(),
                slowly_from("server")
            ),
        )?;
        ip(
            &host,
            &format!(
                "link set lo up\n\
                 addr add {SERVER}/24 dev eth0\n\
                 link set eth0 up\n\
                 route add default via 203.0.113.1\n"
            ),
        )?;
        // Whatever does not come from the server and does not go there is from NAT to NAT.
        feed(
            &middle,
            &["nft", "-f", "-"],
            &format!(
                "table ip nat_test {{\n\
                     counter straight {{ }}\n\
                     chain onward {{ type filter hook forward priority 0;\n\
                     oifname \"{TUN}\" ip saddr != {SERVER} ip daddr != {SERVER} \
                     counter name straight\n}}\n}}\n"
            ),
        )?;
        let coturn = match turn {
            Turn::Embedded => None,
            Turn::Coturn => Some(start_coturn(&host).await?),
        };
        let server = SignalingHost::on(host, SERVER, turn.options()).await?;
        Ok(Self {
            middle,
            _delay: delay,
            server,
            _coturn: coturn,
            homes: 0,
        })
    }

    /// Adds a home behind a NAT.
    ///
    /// # Errors
    /// When the system refuses, or there are 60 already.
    pub fn home(&mut self, nat: Nat) -> Result<NatHome> {
        self.homes += 1;
        let number = self.homes;
        ensure!(number <= 60, "too many homes");
        let (host, translator) = (Namespace::new()?, forwarding()?);
        let (gateway, public) = (4 * number + 1, 4 * number + 2);
        let home = Ipv4Addr::new(192, 168, number, 2);
        ip(
            &self.middle,
            &format!(
                "link add nat{number} type veth peer name wan netns {}\n\
                 addr add 198.51.100.{gateway}/30 dev nat{number}\n\
                 link set nat{number} up\n\
                 {}",
                translator.path().display(),
                slowly_from(&format!("nat{number}"))
            ),
        )?;
        ip(
            &translator,
            &format!(
                "link set lo up\n\
                 addr add 198.51.100.{public}/30 dev wan\n\
                 link set wan up\n\
                 route add default via 198.51.100.{gateway}\n\
                 link add lan type veth peer name eth0 netns {}\n\
                 addr add 192.168.{number}.1/24 dev lan\n\
                 link set lan up\n",
                host.path().display()
            ),
        )?;
        ip(
            &host,
            &format!(
                "link set lo up\n\
                 addr add {home}/24 dev eth0\n\
                 link set eth0 up\n\
                 route add default via 192.168.{number}.1\n"
            ),
        )?;
        feed(&translator, &["nft", "-f", "-"], &nat.rules(home))?;
        Ok(NatHome {
            host,
            _nat: translator,
            state: Scratch::new()?,
        })
    }

    /// Packets so far that went from one NAT to another without the server.
    ///
    /// # Errors
    /// When the counter cannot be read.
    pub fn straight_packets(&self) -> Result<u64> {
        let listed = feed(
            &self.middle,
            &["nft", "list", "counter", "ip", "nat_test", "straight"],
            "",
        )?;
        let mut words = listed.split_whitespace();
        words.find(|word| *word == "packets");
        let count = words.next().context("nft tells no count")?;
        Ok(count.parse()?)
    }

    /// Lets the player `name` join `room` from `home` and stay for `seconds`.
    ///
    /// # Errors
    /// When the peer cannot be started.
    pub async fn join(
        &self,
        home: &NatHome,
        room: &str,
        name: &str,
        seconds: u64,
        options: &[&str],
    ) -> Result<NativePeer> {
        let mut all = vec![OsStr::new("--state"), home.state.path().as_os_str()];
        all.extend(options.iter().map(OsStr::new));
        let invitation = Invitation {
            name,
            server: &self.server.signaling(),
            room,
            seconds,
            options: &all,
        };
        NativePeer::start(&invitation, |command, log| {
            home.host.inside(|| Process::start(command, log))?
        })
        .await
    }
}

/// A namespace that forwards packets.
fn forwarding() -> Result<Namespace> {
    let namespace = Namespace::new()?;
    namespace.inside(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1"))??;
    Ok(namespace)
}

async fn start_coturn(host: &Namespace) -> Result<Drained> {
    let folder = output()?;
    let mut command = Command::new("turnserver");
    command
        .args(["-n", "--use-auth-secret", "--realm=game", "--no-cli"])
        .args(["--no-tls", "--no-dtls", "--log-file=stdout"])
        .arg(format!("--pidfile={}", folder.join("coturn.pid").display()))
        .arg(format!("--static-auth-secret={SECRET}"))
        .arg(format!("--listening-ip={SERVER}"))
        .arg(format!("--relay-ip={SERVER}"))
        .arg(format!("--listening-port={TURN_PORT}"));
    let process =
        host.inside(|| Process::start(&mut command, &folder.join("coturn.err.log")))??;
    let running = process.drain(&folder.join("coturn.log")).await?;
    let answers = host.inside(answers_stun)??;
    ensure!(answers, "coturn does not answer; see {}", folder.display());
    Ok(running)
}

/// Asks the TURN server for its own address until it answers; no longer than [`START`].
fn answers_stun() -> io::Result<bool> {
    const BINDING_REQUEST: [u8; 20] = *b"\x00\x01\x00\x00\x21\x12\xa4\x42only a test!";
    let socket = UdpSocket::bind((SERVER, 0))?;
    socket.connect((SERVER, TURN_PORT))?;
    socket.set_read_timeout(Some(PAUSE))?;
    let start = Instant::now();
    while start.elapsed() < START {
        // Nobody listens yet: the one fails at once, or the other after the pause.
        let asked = socket.send(&BINDING_REQUEST);
        if asked.and_then(|_| socket.recv(&mut [0; 128])).is_ok() {
            return Ok(true);
        }
        thread::sleep(PAUSE);
    }
    Ok(false)
}
