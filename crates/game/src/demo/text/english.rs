//! English, of the discs.

use super::{Figures, Rules, Said, Taught};
use game::contract::Words;
use sim::demo::{ArenaKind, Ball, Level};

pub(super) static SAID: Said = Said {
    words: Words {
        tagline: "orange against blue, peer to peer",
        keys: [
            "move WASD or arrows   kick Space   dash Shift",
            "move WASD   kick Space   dash Shift",
            "move arrows   kick Enter   dash Shift",
        ],
        touch: [
            "Left thumb steers, right thumb kicks",
            "Right thumb steers, left thumb kicks",
        ],
        teams: &["Orange", "Blue"],
    },
    rules: Rules {
        arena: |arena| match arena {
            ArenaKind::Classic => "Arena: classic",
            ArenaKind::Small => "Arena: small",
            ArenaKind::Big => "Arena: big",
            ArenaKind::Hexagon => "Arena: hexagon",
        },
        teams: |size| format!("Teams: {size} v {size}"),
        time: |minutes| format!("Time: {minutes} min"),
        goals: |goals| match goals {
            Some(goals) => format!("Goals: {goals}"),
            None => "Goals: no limit".into(),
        },
        ball: |ball| match ball {
            Ball::Light => "Ball: light",
            Ball::Normal => "Ball: normal",
            Ball::Heavy => "Ball: heavy",
        },
        dash: |dash| if dash { "Dash: on" } else { "Dash: off" },
        bots: |level| match level {
            Level::Easy => "Bots: easy",
            Level::Medium => "Bots: medium",
            Level::Hard => "Bots: hard",
            Level::Idle => "Bots: idle",
        },
    },
    buttons: ["Kick", "Dash"],
    go: "Go!",
    golden_goal: "Golden goal",
    goal: |team| ["Goal for Orange!", "Goal for Blue!"][team],
    scored: |name| format!("{name} scores"),
    own_goal: |name| format!("{name}: own goal"),
    figures: Figures {
        scorers: |names| format!("Goals: {names}"),
        last_goal: |name| format!("Last goal: {name}"),
        own_goal_of: |name| format!("{name} (own goal)"),
        heads: ["Goals", "Own", "Saves", "Kicks", "Ball"],
    },
    taught: Taught {
        moving: [
            "Move: WASD or the arrows",
            "Move: the left stick",
            "Move: put a thumb on the stick and push it",
        ],
        kicking: [
            "Kick: go to the ball, hold Space, let go",
            "Kick: go to the ball, hold A, let go",
            "Kick: go to the ball, hold the Kick button, let go",
        ],
        hold_longer: [
            "Stronger: hold Space until the ring is full",
            "Stronger: hold A until the ring is full",
            "Stronger: hold the Kick button until the ring is full",
        ],
        dashing: [
            "Dash: steer somewhere and press Shift",
            "Dash: steer somewhere and press X",
            "Dash: push the stick and tap the Dash button",
        ],
        scoring: "Now score: into the blue goal!",
        praise: "Well done!",
        farewell: "Goal! That is all there is to know. Have fun!",
    },
};
