//! What the game was started with: command-line flags natively, the page's address on the web.

use bevy::prelude::*;
#[cfg(any(test, target_arch = "wasm32"))]
use netplay::signaling::link::{percent_decode, query_pairs};

/// The wishes of whoever started the game. Everything is optional: without any, the title comes.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(clap::Parser))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    command(
        name = protocol::name!(),
        version,
        about = concat!(protocol::title!(), ": a fast peer-to-peer game.")
    )
)]
pub struct Args {
    /// The signaling server, such as ws://192.168.0.7:3536. Without it a native game hosts one
    /// itself when it creates a room; a page uses the server that it came from.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, env = protocol::variable!("SERVER")))]
    pub server: Option<String>,
    /// Joins this room at once.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, env = protocol::variable!("ROOM")))]
    pub room: Option<String>,
    /// The player's name.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, env = protocol::variable!("NAME")))]
    pub name: Option<String>,
    /// Creates a room at once.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, conflicts_with = "room"))]
    pub create: bool,
    /// Plays at once with whoever waits in a public room of the server.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, conflicts_with_all = ["room", "create"])
    )]
    pub quick: bool,
    /// Starts to practise against a bot at once.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, conflicts_with_all = ["room", "create", "quick", "scenes"])
    )]
    pub practise: bool,
    /// Begins with the lesson, also for whoever has had it.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, conflicts_with_all = ["room", "create", "quick", "practise", "scenes"])
    )]
    pub tutorial: bool,
    /// Begins at the title, also for whoever has not had the lesson: then it teaches nobody by itself.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long = "no-tutorial", conflicts_with = "tutorial", action = clap::ArgAction::SetFalse)
    )]
    pub teaches: bool,
    /// With 2: two players in two scenes of one window, which needs no server.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))
    )]
    pub scenes: u8,
    /// A STUN server that tells this peer its public address, such as stun:host:3478; may be
    /// repeated. Without one, peers meet on one network or where addresses are public.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, value_name = "URL", env = protocol::variable!("ICE"), value_delimiter = ',')
    )]
    pub ice: Vec<String>,
    /// Connects by the server's relays only, so that no other player learns of this one's address.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, env = protocol::variable!("RELAY_ONLY")))]
    pub relay_only: bool,
    /// Plays by itself, and is ready as soon as it is in a room.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long))]
    pub autopilot: bool,
    /// The rules of matches in a room of one's own, such as arena=hexagon,seats=8,bots=hard.
    #[cfg_attr(not(target_arch = "wasm32"), arg(long, value_name = "RULES"))]
    pub rules: Option<String>,
    /// Prints what a picture costs in so many seconds of a match, and ends.
    #[cfg(not(target_arch = "wasm32"))]
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub measure: Option<u64>,
    /// Watches this replay at once.
    #[cfg(not(target_arch = "wasm32"))]
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["room", "create", "quick", "practise", "scenes"]
    )]
    pub replay: Option<std::path::PathBuf>,
    /// The window's size, such as 1280x720.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        arg(long, value_name = "WIDTHxHEIGHT", value_parser = parse_size)
    )]
    pub size: Option<(u32, u32)>,
}

impl Args {
    /// Reads the command line; prints help or what is wrong with it, and exits, where needed.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read() -> Self {
        clap::Parser::parse()
    }

    /// Reads the page's address.
    #[cfg(target_arch = "wasm32")]
    pub fn read() -> Self {
        let (query, fragment) = crate::web::address();
        Self::from_address(&query, &fragment)
    }

    /// Reads the query (`?name=A&autopilot=1`) and the fragment (`#CODE`) of a page's address.
    ///
    /// Anybody can send a player a link, so nothing in it is trusted: what is unknown is ignored,
    /// and each value is cut where it is used.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub fn from_address(query: &str, fragment: &str) -> Self {
        let mut args = Self {
            scenes: 1,
            teaches: true,
            ..Self::default()
        };
        for (key, value) in query_pairs(query) {
            let flag = !matches!(value.as_str(), "" | "0" | "false");
            match key {
                "server" => args.server = Some(value).filter(|server| !server.is_empty()),
                "room" => args.room = Some(value).filter(|room| !room.is_empty()),
                "name" => args.name = Some(value),
                "ice" => args.ice.push(value),
                "create" => args.create = flag,
                "quick" => args.quick = flag,
                "practise" => args.practise = flag,
                "tutorial" => (args.tutorial, args.teaches) = (flag, flag),
                "scenes" => args.scenes = if value == "2" { 2 } else { 1 },
                "autopilot" => args.autopilot = flag,
                "rules" => args.rules = Some(value).filter(|rules| !rules.is_empty()),
                "relay_only" => args.relay_only = flag,
                _ => {}
            }
        }
        let code = percent_decode(fragment.trim_start_matches('#'));
        if !code.is_empty() {
            args.room = Some(code);
        }
        args
    }
}

/// Reads `1280x720`.
#[cfg(not(target_arch = "wasm32"))]
fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let side = |text: &str| text.parse().ok().filter(|side| (160..=8192).contains(side));
    text.split_once('x')
        .and_then(|(width, height)| Some((side(width)?, side(height)?)))
        .ok_or_else(|| "expected WIDTHxHEIGHT, each from 160 to 8192".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(query: &str, fragment: &str) -> Args {
        Args::from_address(query, fragment)
    }

    #[test]
    fn a_bare_address_wishes_nothing() {
        assert_eq!(
            address("", ""),
            Args {
                scenes: 1,
                teaches: true,
                ..Args::default()
            }
        );
    }

    #[test]
    fn a_link_joins_its_room() {
        let args = address("?autopilot=1&name=A", "#QKX7PM");
        assert_eq!(args.room.as_deref(), Some("QKX7PM"));
        assert_eq!(args.name.as_deref(), Some("A"));
        assert!(args.autopilot && !args.create);
        assert!(!args.relay_only && address("?relay_only=1", "").relay_only);
    }

    #[test]
    fn two_scenes_and_creating_are_flags() {
        assert_eq!(address("?scenes=2&autopilot=1", "").scenes, 2);
        assert!(address("?create=1", "").create);
        assert!(address("?quick=1", "").quick);
        assert!(!address("?create=0", "").create);
        assert!(address("?create", "").create);
    }

    #[test]
    fn rules_are_asked_for_as_on_the_command_line() {
        let args = address("?create=1&rules=arena=hexagon,goals=1", "");
        assert_eq!(args.rules.as_deref(), Some("arena=hexagon,goals=1"));
        assert_eq!(address("?rules=", "").rules, None);
    }

    #[test]
    fn the_lesson_may_be_asked_for_and_left_out() {
        let wishes = |query| {
            let args = address(query, "");
            (args.tutorial, args.teaches)
        };
        assert_eq!(wishes(""), (false, true));
        assert_eq!(wishes("?tutorial=1"), (true, true));
        assert_eq!(wishes("?tutorial=0"), (false, false));
    }

    #[test]
    fn escapes_are_undone_and_malformed_ones_stay() {
        let args = address("?server=ws%3A%2F%2Fhost%3A3536&name=J%C3%B6rg+%4", "#");
        assert_eq!(args.server.as_deref(), Some("ws://host:3536"));
        assert_eq!(args.name.as_deref(), Some("Jörg %4"));
        assert_eq!(args.room, None);
    }

    #[test]
    fn several_stun_servers_may_be_named() {
        let args = address("?ice=stun:a:3478&ice=stun:b:3478", "");
        assert_eq!(args.ice, ["stun:a:3478", "stun:b:3478"]);
    }

    #[test]
    fn hostile_addresses_do_no_harm() {
        for query in [
            "?%",
            "?=&=&&",
            "?name=%FF%FE",
            "?scenes=999999999999",
            "?server=",
            "?\u{0}",
        ] {
            let args = address(query, "#%%%");
            assert_eq!(args.scenes, 1);
            assert_eq!(args.server, None);
        }
    }

    #[test]
    fn the_command_line_says_the_same() {
        use clap::Parser as _;
        let args = Args::try_parse_from([
            "peerball",
            "--room",
            "QKX7PM",
            "--name",
            "A",
            "--autopilot",
            "--size",
            "480x320",
        ])
        .unwrap();
        assert_eq!(args.room.as_deref(), Some("QKX7PM"));
        assert_eq!(args.size, Some((480, 320)));
        let args = Args::try_parse_from(["peerball", "--replay", "a.replay"]).unwrap();
        assert_eq!(args.replay, Some("a.replay".into()));
        assert!(Args::try_parse_from(["peerball", "--replay", "a", "--create"]).is_err());
        assert!(Args::try_parse_from(["peerball"]).unwrap().teaches);
        assert!(
            !Args::try_parse_from(["peerball", "--no-tutorial"])
                .unwrap()
                .teaches
        );
        assert!(Args::try_parse_from(["peerball", "--size", "1x1"]).is_err());
        assert!(Args::try_parse_from(["peerball", "--scenes", "3"]).is_err());
    }
}
