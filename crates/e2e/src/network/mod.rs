//! Networks of a test's own: hosts in network namespaces, and a router between them that delays,
//! reorders and loses packets.
//!
//! Each [`Host`] is a namespace whose only way to the others leads through the router's. There a
//! packet goes from the host's device to a TUN device, where a thread of the test holds it
//! for a while (`delay`), and back from the TUN device to the other host's, where nftables
//! loses some. Nothing of it has a name on this machine, and the system removes each part with the
//! last process that uses it.

mod delay;
mod namespace;
pub mod nat;
pub mod pair;
pub mod players;
mod signaling;
mod venue;

use std::{
    fs, io,
    io::{ErrorKind, Write},
    net::Ipv4Addr,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tappers::{Interface, Tun};

use delay::Delay;
pub use {
    namespace::Namespace,
    signaling::SignalingHost,
    venue::{Home, Venue},
};

/// The router's TUN device.
const TUN: &str = "tun0";

/// The router's table of routes that lead to it.
const SLOW: &str = "100";

/// The router's table of nftables.
const TABLE: &str = "hosts";

/// The set of that table with the devices that no packet passes.
const CUT: &str = "cut";

/// What happens to each packet on its way from one host to another. The way back is the same.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// How long it takes, on the average.
    pub delay: Duration,
    /// By how much that differs at most, evenly spread and at most `delay`. Packets overtake one another within it.
    pub jitter: Duration,
    /// The share of packets that are lost, 0 to 1; in steps of 0.0001.
    pub loss: f64,
    /// What the times of the packets follow from.
    pub seed: u64,
}

/// Hosts and the router between them.
pub struct Network {
    router: Namespace,
    hosts: u8,
    _delay: Delay,
}

/// A machine of its own, as far as the network goes.
pub struct Host {
    /// Where its processes live.
    pub namespace: Namespace,
    /// Its only address.
    pub address: Ipv4Addr,
    /// The router's end of its only link.
    device: String,
}

/// Why this process may have no networks of its own; nothing when it may.
///
/// # Errors
/// When making one fails though it is permitted.
pub fn forbidden() -> Result<Option<String>> {
    for (program, argument) in [("ip", "-V"), ("nft", "--version")] {
        let missing = Command::new(program)
            .arg(argument)
            .output()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound);
        if missing {
            return Ok(Some(format!(
                "{program} is not installed; `cargo xtask setup test` installs it"
            )));
        }
    }
    match router() {
        Ok(_) => Ok(None),
        Err(error) => match error.kind() {
            // No /dev/net/tun, or a container whose /proc cannot be written.
            ErrorKind::PermissionDenied | ErrorKind::NotFound | ErrorKind::ReadOnlyFilesystem => {
                Ok(Some(format!(
                    "network namespaces and TUN devices are not permitted here ({error}); root may, \
                 with CAP_SYS_ADMIN, CAP_NET_ADMIN and /dev/net/tun"
                )))
            }
            _ => Err(error.into()),
        },
    }
}

/// A namespace that forwards packets, with a TUN device: all that needs a permission.
fn router() -> io::Result<(Namespace, Tun)> {
    let namespace = Namespace::new()?;
    let tun = namespace.inside(|| {
        // A packet that comes back from the TUN device has another host's address.
        for (setting, value) in [
            ("conf/all/rp_filter", "0"),
            ("conf/default/rp_filter", "0"),
            ("ip_forward", "1"),
        ] {
            fs::write(format!("/proc/sys/net/ipv4/{setting}"), value)?;
        }
        Tun::new_named(Interface::new(TUN)?)
    })??;
    Ok((namespace, tun))
}

/// A namespace that forwards packets, and holds those on their way that [`slowly_from`] sends there.
fn slow_router(path: Path) -> Result<(Namespace, Delay)> {
    let (router, tun) = router()?;
    ip(
        &router,
        &format!("link set {TUN} up\nroute add default dev {TUN} table {SLOW}\n"),
    )?;
    Ok((router, Delay::start(tun, path)?))
}

/// The command of `ip` that leads what comes from `device` through the TUN device.
fn slowly_from(device: &str) -> String {
    format!("rule add iif {device} lookup {SLOW}\n")
}

impl Network {
    /// A network without hosts, whose packets fare as `path` says.
    ///
    /// # Errors
    /// When it is not permitted (see [`forbidden`]), or the system refuses.
    pub fn new(path: Path) -> Result<Self> {
        let (router, delay) = slow_router(path)?;
        let lost = (path.loss * 10_000.0).round();
        let network = Self {
            router,
            hosts: 0,
            _delay: delay,
        };
        network.nft(&format!(
            "table ip {TABLE} {{\n\
                 set {CUT} {{ type ifname; }}\n\
                 chain forward {{\n\
                 type filter hook forward priority 0;\n\
                 iifname @{CUT} drop;\n\
                 oifname @{CUT} drop;\n\
                 iifname \"{TUN}\" numgen random mod 10000 < {lost} drop;\n\
                 }}\n}}\n"
        ))?;
        Ok(network)
    }

    /// Runs the lines of `script` as commands of `nft` in the router.
    fn nft(&self, script: &str) -> Result<()> {
        feed(&self.router, &["nft", "-f", "-"], script).map(drop)
    }

    /// Adds a host.
    ///
    /// # Errors
    /// When the system refuses, or there are 255 already.
    pub fn host(&mut self) -> Result<Host> {
        self.hosts = self.hosts.checked_add(1).context("too many hosts")?;
        let number = self.hosts;
        let device = format!("host{number}");
        let namespace = Namespace::new()?;
        let path = namespace.path();
        ip(
            &self.router,
            &format!(
                "link add {device} type veth peer name eth0 netns {}\n\
                 addr add 10.77.{number}.1/24 dev {device}\n\
                 link set {device} up\n\
                 {}",
                path.display(),
                slowly_from(&device)
            ),
        )?;
        ip(
            &namespace,
            &format!(
                "link set lo up\n\
                 addr add 10.77.{number}.2/24 dev eth0\n\
                 link set eth0 up\n\
                 route add default via 10.77.{number}.1\n"
            ),
        )?;
        Ok(Host {
            namespace,
            address: Ipv4Addr::new(10, 77, number, 2),
            device,
        })
    }

    /// Lets no packet to or from `host` pass any more. Its own link stays up: it is not told.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn cut(&self, host: &Host) -> Result<()> {
        self.nft(&format!(
            "add element ip {TABLE} {CUT} {{ {} }}\n",
            host.device
        ))
    }

    /// Undoes [`Self::cut`].
    ///
    /// # Errors
    /// When the system refuses, or `host` was not cut.
    pub fn mend(&self, host: &Host) -> Result<()> {
        self.nft(&format!(
            "delete element ip {TABLE} {CUT} {{ {} }}\n",
            host.device
        ))
    }
}

/// Runs the lines of `script` as commands of `ip` in `namespace`.
fn ip(namespace: &Namespace, script: &str) -> Result<()> {
    feed(namespace, &["ip", "-batch", "-"], script).map(drop)
}

/// Runs `command` in `namespace` with `script` as its input, and gives what it prints.
fn feed(namespace: &Namespace, command: &[&str], script: &str) -> Result<String> {
    let output = namespace.inside(|| {
        let mut child = Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(script.as_bytes())?;
        }
        child.wait_with_output()
    })??;
    ensure!(
        output.status.success(),
        "{command:?} fails with:\n{script}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
