//! English.

use super::{
    Chat, Common, Credits, Lab, Lesson, Menu, NetGraph, Play, Room, Rooms, Settings, Spoken, Title,
    Trouble, Words, named, trouble::sentence,
};
use crate::lab::dial::Part;
use netplay::{
    replay::ReplayError,
    session::{BanReason, Failure, Notice},
    signaling::api::ApiError,
    transport::Outage,
};
use protocol::{api::ProblemCode, peer::RefusalReason};

pub(super) static WORDS: Words = Words {
    common: Common {
        back: "Back",
        settings: "Settings",
        away: "away",
        slow: "slow",
        no_server: "Nobody new can join until the server is back",
        server_lost: "The connection to the server is lost: nobody new can join",
        room_closed: "The room was closed: nobody new can join",
        somebody: "Somebody",
    },
    title: Title {
        name: "name",
        quick_match: "Quick match",
        new_room: "New room",
        join: "Join",
        code_hint: "to join a friend: type the room’s code",
        no_code: "a code is six letters and digits, such as QKX7PM",
        open_rooms: "Open rooms",
        practise: "Practise",
        two_scenes: "Two scenes",
        last_match: "Last match",
        credits: "Credits",
        put_aside: |place| {
            format!(
                "Your settings could not be read and begin anew. What was there is kept: {place}"
            )
        },
        one_moment: "One moment",
        finding_company: "looking for company",
        opening_room: "opening a room",
        finding_room: "finding the room",
        calling_bot: "calling a bot",
        scenes_meet: "the scenes find each other",
        opening_replay: "opening the replay",
        try_again: "Try again",
    },
    rooms: Rooms {
        nobody: "Nobody waits here now. Make an open room: others find it.",
        look_again: "Look again",
        more: "More rooms",
        new: "New open room",
        line: |code, peers, capacity| format!("{code}   {peers} of {capacity}"),
    },
    room: Room {
        room: "room",
        get_ready: "Get ready",
        ready: "Ready",
        copy_link: "Copy link",
        lock: "Lock the room",
        unlock: "Unlock the room",
        you: "you",
        is_ready: "ready",
        not_ready: "not ready",
        here_can_play: "who is here can play",
        locked_alone: "the room is locked: nobody new gets in",
        share: "share the code: you play as soon as a friend is here",
        play_meanwhile: "Play with bots meanwhile",
        press_ready: "press Ready when you are",
        here_we_go: "here we go",
        wait_for_others: "waiting for the others",
        my_team: |team| format!("Your team: {}", team.unwrap_or("any")),
    },
    play: Play {
        bot: "Bot",
        bots: |number| format!("{number} Bots"),
        bot_for: |name| format!("Bot for {name}"),
        waiting: "Waiting",
        menu: "Menu",
        no_server: "no server",
        nobody_new: "nobody new can join",
        watching: "watching",
        sitting_out: "watching: a bot plays your seat until your game keeps up",
        in_memory: "no network: meeting in memory, not by WebRTC",
        draw: "Draw",
        you_win: "You win",
        you_lose: "You lose",
        wins: |side| format!("{side} wins"),
        rematch: "Rematch",
        no_rematch: "No rematch",
        join_match: "Join the match",
        want_again: |names, all| match names {
            [name] => format!("{name} wants to play again (1 of {all})"),
            names => {
                let told = names.join(", ");
                format!("{told} want to play again ({} of {all})", names.len())
            }
        },
        others_play: "the others play again: you can drop in",
        drops_in: |name| format!("{name} plays now"),
        ping: "Ping",
        watch_replay: "Watch replay (R)",
        pause: "Pause",
        resume: "Play",
        replay_keys: "pause Space   seek left and right   speed up and down   back Esc",
    },
    chat: Chat {
        chat: "Chat",
        emotes: ["Nice!", "Wow!", "Sorry!", "Thanks!"],
        mute: "Mute",
        unmute: "Unmute",
        players: "Players",
        nobody_else: "Nobody else is here.",
    },
    lesson: Lesson {
        skip: "Skip",
        begin: "Learn to play",
    },
    lab: Lab {
        part: |part| match part {
            Part::Latency => "Round trip",
            Part::Jitter => "Jitter",
            Part::Loss => "Loss",
            Part::Delay => "Input delay",
        },
        value: |part, value| match part {
            Part::Latency | Part::Jitter => format!("+{value} ms"),
            Part::Loss => format!("{value} %"),
            Part::Delay if value == 1 => "1 frame".into(),
            Part::Delay => format!("{value} frames"),
        },
        presets: ["None", "LAN", "Home", "Far away", "Terrible"],
        fold: "Hide the network (N)",
        unfold: |latency, loss| format!("Network: {latency} ms, {loss} %"),
        confirmed: "confirmed",
        predicted: "predicted",
        made_again: "rolled back",
        scene: |predicted, rollbacks, rtt| {
            let rtt = rtt.map_or(String::new(), |rtt| format!("   {rtt:.0} ms"));
            format!("{predicted} predicted   {rollbacks} rollbacks/s{rtt}")
        },
    },
    net_graph: NetGraph {
        pictures: |mean, longest| format!("picture {mean:.1} ms, longest {longest:.1} ms"),
        predicted: |frames| format!("{frames} frames predicted"),
        rollbacks: |rollbacks, again| format!("{rollbacks} rollbacks/s, {again} steps again/s"),
        loss: "loss",
        direct: "direct",
        relayed: "by relay",
        memory: "in memory",
        unknown: "path unknown",
        copy: "Copy diagnostics",
    },
    settings: Settings {
        overall: "Volume",
        effects: "Effects",
        music: "Music",
        language_name: "English",
        language: "Language",
        quality: "Picture",
        qualities: ["Automatic", "Light", "Full"],
        reduced_motion: "Less movement",
        high_contrast: "High contrast",
        hide_chat: "Hide chat",
        left_handed: "Left-handed touch",
        full_screen: "Full screen",
        on: "On",
        off: "Off",
    },
    menu: Menu {
        heading: "Menu",
        no_pause: "The match goes on: others are playing. You stand still meanwhile.",
        resume: "Go on",
        leave: "Leave the match",
    },
    spoken: Spoken {
        language: "en",
        title: "Title",
        room: "Room",
        playing: "Match",
        result: "Result",
        watching: "Replay",
        failure: "Trouble",
    },
    credits: Credits {
        heading: "Credits",
        game: concat!(
            protocol::title!(),
            " is free software, under the MIT licence or the Apache licence 2.0: yours to read, to \
             change and to share."
        ),
        engine: "Made with Bevy, in Rust. Peers meet by matchbox and WebRTC.",
        font: "Font: Exo 2, by The Exo 2 Project Authors, under the SIL Open Font License 1.1.",
        rest: "All shapes, lights and sounds are made by formulas of this project. The licences of \
               everything in it are with its sources.",
    },
    notice,
    outage,
    heading,
    trouble,
};

/// In place of a reason that nobody gave.
const SILENCE: &str = "Nobody said why";

fn heading(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Session(failure) => match failure {
            Failure::Signaling(_) | Failure::Unreachable(_) => "No connection",
            Failure::Refused { .. } => "Not let in",
            Failure::Desync(_) => "Out of step",
            Failure::Internal(_) => "Cannot play",
            Failure::Left => "You left",
        },
        Trouble::Api(ApiError::Unreachable { .. } | ApiError::NotOurServer { .. }) => "No server",
        Trouble::Api(ApiError::Problem(problem)) => match problem.code {
            ProblemCode::NoSuchRoom => "No such room",
            ProblemCode::RoomFull => "Room full",
            ProblemCode::RoomSealed => "Room closed",
            ProblemCode::WrongVersion => "Another version",
            _ => "The server says no",
        },
        Trouble::Address(_) => "No such address",
        Trouble::Hosting(_) => "Cannot host",
        Trouble::Replay(error) => match error {
            ReplayError::Foreign | ReplayError::TooLong(_) => "Not a replay",
            ReplayError::Truncated { .. } | ReplayError::Corrupt(_) => "Damaged replay",
            ReplayError::Version(_) | ReplayError::Rules(_) => "Another version",
        },
        Trouble::File(_) => "No such replay",
    }
}

fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Session(failure) => session(failure),
        Trouble::Api(error) => api(error),
        Trouble::Address(error) => format!("{error} It looks like ws://192.168.0.7:3536."),
        Trouble::Hosting(why) => {
            format!("This computer could not open a room for others: {why}.")
        }
        Trouble::Replay(error) => {
            let why = match error {
                ReplayError::Foreign => "it is no replay.",
                ReplayError::TooLong(_) => "it is longer than any replay.",
                ReplayError::Truncated { .. } => "its end is missing.",
                ReplayError::Corrupt(_) => "it is damaged.",
                ReplayError::Version(_) => "another version of the game wrote it.",
                ReplayError::Rules(_) => "it was played by other rules.",
            };
            format!("This file cannot be played: {why}")
        }
        Trouble::File(why) => format!("The file could not be read: {}", sentence(why, SILENCE)),
    }
}

fn session(failure: &Failure) -> String {
    match failure {
        Failure::Signaling(why) => {
            let why = outage(why);
            format!("{why} Check the network and the address, then try again.")
        }
        Failure::Refused { reason, detail } => {
            let why = match reason {
                RefusalReason::ProtocolVersion | RefusalReason::Rules => {
                    "The others play another version of the game. Reload the page, or update, on \
                     both sides."
                }
                RefusalReason::RoomFull => "All places in this room are taken.",
            };
            if detail.is_empty() {
                why.to_owned()
            } else {
                format!("{why} ({detail})")
            }
        }
        Failure::Unreachable(name) => format!(
            "{} is in the room, but no connection to them could be made: one of your networks \
             lets nothing through. Try another network.",
            named(name, &WORDS)
        ),
        Failure::Internal(why) => {
            format!(
                "The game cannot run a match here: {}",
                sentence(why, SILENCE)
            )
        }
        Failure::Desync(frame) => format!(
            "The players' games differ since step {frame}, so the match cannot go on fairly. \
             Play again; if it returns, please report it."
        ),
        Failure::Left => "You have left the room.".to_owned(),
    }
}

fn api(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable { server, .. } => format!(
            "The server at {server} does not answer. Check the address and the network; \
             practising and two scenes work without it."
        ),
        ApiError::NotOurServer { server, .. } => {
            format!(
                concat!(
                    "What answers at {} is not a ",
                    protocol::title!(),
                    " server."
                ),
                server
            )
        }
        ApiError::Problem(problem) => match problem.code {
            ProblemCode::NoSuchRoom => {
                "No room has this code. Rooms end when everybody has left: ask for a new one."
                    .to_owned()
            }
            ProblemCode::RoomFull => "All places in this room are taken.".to_owned(),
            ProblemCode::ServerFull => {
                "The server holds no more rooms now. Try again in a minute.".to_owned()
            }
            ProblemCode::ShuttingDown => {
                "The server is restarting. Try again in a minute.".to_owned()
            }
            ProblemCode::BadRequest => {
                format!(
                    "The server did not understand that: {}",
                    sentence(&problem.title, SILENCE)
                )
            }
            ProblemCode::RoomSealed => {
                "The room's owner lets nobody new in. Ask them to open it, or play elsewhere."
                    .to_owned()
            }
            ProblemCode::WrongVersion => {
                "The room is for another version of the game. Reload the page, or update, on both \
                 sides."
                    .to_owned()
            }
            ProblemCode::TooManyRequests => {
                "That was a little too often. Wait some seconds and try again.".to_owned()
            }
            ProblemCode::BadTicket | ProblemCode::TicketRequired => {
                "The server lets nobody into this room who has not asked it first. Join the room \
                 again."
                    .to_owned()
            }
            ProblemCode::NotOwner => {
                "Only who has been in the room for longest may do this.".to_owned()
            }
            ProblemCode::ForbiddenOrigin => {
                "The server takes no players from this page. Open its own page.".to_owned()
            }
            ProblemCode::Unavailable => {
                "The server cannot find its rooms at the moment. Try again in a minute.".to_owned()
            }
            ProblemCode::Unknown => sentence(&problem.title, SILENCE),
        },
    }
}

fn notice(notice: &Notice) -> String {
    let named = |name| named(name, &WORDS);
    match notice {
        Notice::Left(name) => format!("{} left", named(name)),
        Notice::Gone(name) => format!("{} is gone", named(name)),
        Notice::Back(name) => format!("{} is back", named(name)),
        Notice::Silent(name) => format!("{} fell silent", named(name)),
        Notice::Unreachable(name) => format!("{} could not be reached", named(name)),
        Notice::Banned { name, reason } => {
            let why = match reason {
                BanReason::Flooding => "for sending too much",
                BanReason::Chatting => "for flooding the chat",
                BanReason::Malformed => "for sending what no game sends",
                BanReason::Forging => "for forging the match",
            };
            format!("{} was thrown out {why}", named(name))
        }
        Notice::Unfit { name, reason, .. } => match reason {
            RefusalReason::ProtocolVersion => {
                format!("{} has another version of the game", named(name))
            }
            RefusalReason::Rules => format!("{} plays by other rules", named(name)),
            RefusalReason::RoomFull => format!("{} finds no place: the room is full", named(name)),
        },
        Notice::Differed(_) => "Somebody's match went wrong and is put right".into(),
        Notice::Replaced(_) => "Your match went wrong and is put right".into(),
        Notice::BotPlays => "A bot plays for you until you keep up again".into(),
        Notice::Deserted => "Everybody who played is gone".into(),
        Notice::Missed => "The match ended while it could not be followed".into(),
        Notice::CannotStart(_) => "The match cannot start with these options".into(),
        Notice::NoEntry => "The match is too big for newcomers".into(),
        Notice::TooMuchSaid => "Not so fast: that was not sent".into(),
    }
}

fn outage(outage: &Outage) -> String {
    match outage {
        Outage::BadAddress(_) => "The server's address is none.".into(),
        Outage::Unreachable(_) => "The server cannot be reached.".into(),
        Outage::Silent => "The server does not answer.".into(),
        Outage::Http(status) => format!("The server refused: HTTP status {status}."),
        Outage::Problem(problem) => api(&ApiError::Problem(problem.clone())),
        Outage::NoWelcome => "The server answers, but not as a server of this game.".into(),
        Outage::Renamed => "The server does not know you any more.".into(),
        Outage::RoomClosed => "The room was closed by its owner.".into(),
        Outage::Lost => "The connection to the server was lost. Join the room again.".into(),
        Outage::RoomFull => "All places in this room are taken.".into(),
        Outage::NoRelay => "This server has no relay, and without one the others would see your \
                            address. Allow direct connections, or play on another server."
            .into(),
        Outage::Nobody => "Nobody answered in time.".into(),
        Outage::Other(why) => sentence(why, SILENCE),
    }
}
