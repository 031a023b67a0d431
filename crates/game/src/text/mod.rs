//! What the house says to players, one file a language. What only one game says is its own
//! ([`crate::contract::Words`]).
//!
//! [`Words`] has a place for each sentence and label, so the compiler checks that a language is
//! complete: a translation is one more file, and its line in [`of`]. What is said with a value in
//! it is a function, since languages put their values in different places.

mod english;
mod german;
mod trouble;

use crate::{
    lab::dial::Part,
    preferences::{Language, Preferences},
};
use netplay::{
    session::{Notice, PeerView},
    transport::{Outage, SignalingState},
};
pub use trouble::Trouble;

/// All sentences and labels of one language.
pub struct Words {
    /// Labels that several screens share.
    pub common: Common,
    /// The title, and on the way into a room.
    pub title: Title,
    /// The list of public rooms.
    pub rooms: Rooms,
    /// The room before a match.
    pub room: Room,
    /// The match and its end, also as a replay.
    pub play: Play,
    /// What players say to each other.
    pub chat: Chat,
    /// What newcomers are taught in.
    pub lesson: Lesson,
    /// The laboratory of two scenes.
    pub lab: Lab,
    /// The net graph.
    pub net_graph: NetGraph,
    /// The settings.
    pub settings: Settings,
    /// The menu of a match.
    pub menu: Menu,
    /// Who made what.
    pub credits: Credits,
    /// For screen readers.
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "pages speak"))]
    pub spoken: Spoken,
    /// What has happened in the room.
    pub notice: fn(&Notice) -> String,
    /// Why the server is not there, and what the player can do about it.
    pub outage: fn(&Outage) -> String,
    /// A few words on what happened.
    pub heading: fn(&Trouble) -> &'static str,
    /// What happened, and what the player can do about it.
    pub trouble: fn(&Trouble) -> String,
}

/// Labels that several screens share.
pub struct Common {
    /// Leads to where one came from.
    pub back: &'static str,
    /// Opens the settings.
    pub settings: &'static str,
    /// Beside a player who does not look.
    pub away: &'static str,
    /// Beside a player whose machine is too slow.
    pub slow: &'static str,
    /// Said while the server is gone.
    pub no_server: &'static str,
    /// Said among players whose server does not come back.
    pub server_lost: &'static str,
    /// Said among players whose room is closed.
    pub room_closed: &'static str,
    /// In place of the name of a player who gave none.
    pub somebody: &'static str,
}

/// The title, and on the way into a room.
pub struct Title {
    /// Beside the field of the player's name.
    pub name: &'static str,
    /// Plays with whoever waits.
    pub quick_match: &'static str,
    /// Opens a room of one's own.
    pub new_room: &'static str,
    /// Enters the room of the code.
    pub join: &'static str,
    /// Below the code's field.
    pub code_hint: &'static str,
    /// Below the code's field when it holds none.
    pub no_code: &'static str,
    /// Lists the public rooms.
    pub open_rooms: &'static str,
    /// Plays against a bot.
    pub practise: &'static str,
    /// Plays two scenes in one window.
    pub two_scenes: &'static str,
    /// Watches the last match.
    pub last_match: &'static str,
    /// Opens the credits.
    pub credits: &'static str,
    /// Kept preferences could not be read, and are now at this place.
    pub put_aside: fn(&str) -> String,
    /// While one waits to get in.
    pub one_moment: &'static str,
    /// Waiting for a quick match.
    pub finding_company: &'static str,
    /// Waiting for a new room.
    pub opening_room: &'static str,
    /// Waiting for somebody's room.
    pub finding_room: &'static str,
    /// Waiting to practise.
    pub calling_bot: &'static str,
    /// Waiting for two scenes.
    pub scenes_meet: &'static str,
    /// Waiting for a replay.
    pub opening_replay: &'static str,
    /// After a failure.
    pub try_again: &'static str,
}

/// The list of public rooms.
pub struct Rooms {
    /// When nobody waits.
    pub nobody: &'static str,
    /// Asks the server again.
    pub look_again: &'static str,
    /// Shows the next page.
    pub more: &'static str,
    /// Makes a public room.
    pub new: &'static str,
    /// A room's code, how many are there, and for how many it is.
    pub line: fn(&str, usize, usize) -> String,
}

/// The room before a match.
pub struct Room {
    /// Above the code.
    pub room: &'static str,
    /// In place of the code where there is none.
    pub get_ready: &'static str,
    /// Says that one is ready.
    pub ready: &'static str,
    /// Copies the link.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(dead_code, reason = "natively there is no clipboard to copy it to")
    )]
    pub copy_link: &'static str,
    /// Keeps newcomers out.
    pub lock: &'static str,
    /// Lets them in.
    pub unlock: &'static str,
    /// Beside oneself.
    pub you: &'static str,
    /// Beside who is ready.
    pub is_ready: &'static str,
    /// Beside who is not.
    pub not_ready: &'static str,
    /// While the server is gone, beside that.
    pub here_can_play: &'static str,
    /// Alone in a locked room.
    pub locked_alone: &'static str,
    /// Alone.
    pub share: &'static str,
    /// Alone: plays with bots until somebody comes.
    pub play_meanwhile: &'static str,
    /// To who is not ready.
    pub press_ready: &'static str,
    /// When all are ready.
    pub here_we_go: &'static str,
    /// When others are not.
    pub wait_for_others: &'static str,
    /// The team that one wants to play for, or any.
    pub my_team: fn(Option<&str>) -> String,
}

/// The match and its end, also as a replay.
pub struct Play {
    /// A seat's driver without a name.
    pub bot: &'static str,
    /// Several of them.
    pub bots: fn(usize) -> String,
    /// Who plays for somebody who is gone.
    pub bot_for: fn(&str) -> String,
    /// While the match stands.
    pub waiting: &'static str,
    /// Opens the match's menu.
    pub menu: &'static str,
    /// Beside the round trip while the server is gone.
    pub no_server: &'static str,
    /// Beside the round trip when the room has ended on the server.
    pub nobody_new: &'static str,
    /// In place of the keys to whoever has no seat.
    pub watching: &'static str,
    /// In place of the keys to whoever has a seat that a bot plays for now.
    pub sitting_out: &'static str,
    /// While two scenes play without WebRTC.
    pub in_memory: &'static str,
    /// Nobody won.
    pub draw: &'static str,
    /// The player's side won.
    pub you_win: &'static str,
    /// Another side won.
    pub you_lose: &'static str,
    /// The side of this name won.
    pub wins: fn(&str) -> String,
    /// Votes for playing again.
    pub rematch: &'static str,
    /// Takes that vote back.
    pub no_rematch: &'static str,
    /// Enters the match that others play already.
    pub join_match: &'static str,
    /// These want to play again, of so many; never empty.
    pub want_again: fn(&[&str], usize) -> String,
    /// When others play already.
    pub others_play: &'static str,
    /// Somebody has taken a bot's place.
    pub drops_in: fn(&str) -> String,
    /// Above the round trips of a result; short.
    pub ping: &'static str,
    /// Shows the match again.
    pub watch_replay: &'static str,
    /// Halts the replay.
    pub pause: &'static str,
    /// Lets it go on.
    pub resume: &'static str,
    /// Said for a while when a replay begins.
    pub replay_keys: &'static str,
}

/// What players say to each other.
pub struct Chat {
    /// Above the room's chat, and opens a line in a match.
    pub chat: &'static str,
    /// The emotes, in a word each.
    pub emotes: [&'static str; 4],
    /// Hears a player no more.
    pub mute: &'static str,
    /// Hears it again.
    pub unmute: &'static str,
    /// Lists the players of a match.
    pub players: &'static str,
    /// When there is nobody else.
    pub nobody_else: &'static str,
}

/// What newcomers are taught in; what they are taught is the game's.
pub struct Lesson {
    /// Ends it.
    pub skip: &'static str,
    /// In the settings: begins it again.
    pub begin: &'static str,
}

/// The laboratory of two scenes. What stands beside a slider or on a button is short.
pub struct Lab {
    /// The name of a part of the dial.
    pub part: fn(Part) -> &'static str,
    /// Its value.
    pub value: fn(Part, u16) -> String,
    /// The presets, from none to the worst.
    pub presets: [&'static str; 5],
    /// Folds the controls away.
    pub fold: &'static str,
    /// Shows them: with the latency in milliseconds and the loss in percent.
    pub unfold: fn(u16, u16) -> String,
    /// Frames that nothing can change any more.
    pub confirmed: &'static str,
    /// Frames that are guessed.
    pub predicted: &'static str,
    /// Frames that were guessed wrong.
    pub made_again: &'static str,
    /// How a scene predicts: frames, rollbacks a second, and the round trip in milliseconds.
    pub scene: fn(u32, u32, Option<f32>) -> String,
}

/// The net graph.
pub struct NetGraph {
    /// The mean and the longest time of a picture, in milliseconds.
    pub pictures: fn(f32, f32) -> String,
    /// Frames that are predicted.
    pub predicted: fn(u32) -> String,
    /// Rollbacks, and frames stepped again, each a second.
    pub rollbacks: fn(u32, u32) -> String,
    /// Before the share of datagrams that are lost.
    pub loss: &'static str,
    /// Packets go from peer to peer.
    pub direct: &'static str,
    /// They go through a relay.
    pub relayed: &'static str,
    /// They never leave the program.
    pub memory: &'static str,
    /// Nobody knows how they go.
    pub unknown: &'static str,
    /// Puts the diagnostics onto the clipboard.
    pub copy: &'static str,
}

/// The settings.
pub struct Settings {
    /// The overall volume.
    pub overall: &'static str,
    /// The effects' volume.
    pub effects: &'static str,
    /// The music's volume.
    pub music: &'static str,
    /// The language's own name.
    pub language_name: &'static str,
    /// Beside the language.
    pub language: &'static str,
    /// Beside the picture's quality.
    pub quality: &'static str,
    /// The qualities: as the machine allows, low, high.
    pub qualities: [&'static str; 3],
    /// Less movement.
    pub reduced_motion: &'static str,
    /// Stronger outlines.
    pub high_contrast: &'static str,
    /// Neither lines of chat nor emotes.
    pub hide_chat: &'static str,
    /// The buttons under the left thumb.
    pub left_handed: &'static str,
    /// Takes the whole screen.
    pub full_screen: &'static str,
    /// On a toggle.
    pub on: &'static str,
    /// On a toggle.
    pub off: &'static str,
}

/// The menu of a match.
pub struct Menu {
    /// Its heading.
    pub heading: &'static str,
    /// What one might expect of it otherwise.
    pub no_pause: &'static str,
    /// Closes it.
    pub resume: &'static str,
    /// Leaves the match.
    pub leave: &'static str,
}

/// What a page has screen readers say, and its titles.
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "pages speak"))]
pub struct Spoken {
    /// The language's code (BCP 47).
    pub language: &'static str,
    /// The first screen.
    pub title: &'static str,
    /// The room before a match.
    pub room: &'static str,
    /// The match.
    pub playing: &'static str,
    /// The end of a match.
    pub result: &'static str,
    /// A match that is over, again.
    pub watching: &'static str,
    /// What went wrong.
    pub failure: &'static str,
}

/// Who made what.
pub struct Credits {
    /// Its heading.
    pub heading: &'static str,
    /// On the game itself.
    pub game: &'static str,
    /// On the engine and the network.
    pub engine: &'static str,
    /// On the font.
    pub font: &'static str,
    /// On everything else.
    pub rest: &'static str,
}

/// The words of a language.
pub fn of(language: Language) -> &'static Words {
    match language {
        Language::English => &english::WORDS,
        Language::German => &german::WORDS,
    }
}

/// A player's name, or what stands in for one.
pub fn named<'n>(name: &'n str, words: &'n Words) -> &'n str {
    if name.is_empty() {
        words.common.somebody
    } else {
        name
    }
}

impl Preferences {
    /// The words of the preferred language.
    pub(crate) fn words(&self) -> &'static Words {
        of(self.language)
    }
}

impl Words {
    /// What keeps a player of the room from the match, in a word; empty if nothing does.
    pub fn presence(&self, peer: &PeerView) -> &'static str {
        match (peer.away, peer.slow) {
            (true, _) => self.common.away,
            (_, true) => self.common.slow,
            _ => "",
        }
    }

    /// What is to be said of the server, if it is gone.
    pub fn server_news(&self, signaling: &SignalingState) -> Option<String> {
        match signaling {
            SignalingState::Lost => Some(self.common.no_server.to_owned()),
            SignalingState::Gone(Outage::RoomClosed) => Some(self.common.room_closed.to_owned()),
            SignalingState::Gone(_) => Some(self.common.server_lost.to_owned()),
            SignalingState::Failed(outage) => Some((self.outage)(outage)),
            SignalingState::Connecting | SignalingState::Online => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    /// What the page says before and beside the game, by its keys.
    fn page(source: &str) -> Map<String, Value> {
        // The object is the last thing that is assigned.
        let (_, object) = source.rsplit_once(" = ").unwrap();
        serde_json::from_str(object.trim_end().trim_end_matches(';')).unwrap()
    }

    #[test]
    fn the_page_says_the_same_in_every_language() {
        let english = page(include_str!("../../../../assets/words/english.js"));
        let german = page(include_str!("../../../../assets/words/german.js"));
        assert!(english.keys().eq(german.keys()));
        for (key, sentence) in english.iter().chain(&german) {
            let sentence = sentence.as_str().unwrap_or_default();
            assert!(!sentence.trim().is_empty(), "{key} says nothing");
        }
    }
}
