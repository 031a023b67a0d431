//! German, of the discs.

use super::{Rules, Said};
use game::contract::Words;
use sim::demo::{ArenaKind, Ball, Level};

pub(super) static SAID: Said = Said {
    words: Words {
        tagline: "Orange gegen Blau, von Rechner zu Rechner",
        keys: [
            "WASD oder Pfeile   Schuss Leertaste   Sprint Umschalt",
            "WASD   Schuss Leertaste   Sprint Umschalt",
            "Pfeile   Schuss Enter   Sprint Umschalt",
        ],
        teams: &["Orange", "Blau"],
    },
    rules: Rules {
        arena: |arena| match arena {
            ArenaKind::Classic => "Feld: klassisch",
            ArenaKind::Small => "Feld: klein",
            ArenaKind::Big => "Feld: groß",
            ArenaKind::Hexagon => "Feld: Sechseck",
        },
        teams: |size| format!("Teams: {size} gegen {size}"),
        time: |minutes| format!("Zeit: {minutes} min"),
        goals: |goals| match goals {
            Some(goals) => format!("Tore: {goals}"),
            None => "Tore: ohne Grenze".into(),
        },
        ball: |ball| match ball {
            Ball::Light => "Ball: leicht",
            Ball::Normal => "Ball: normal",
            Ball::Heavy => "Ball: schwer",
        },
        dash: |dash| if dash { "Sprint: an" } else { "Sprint: aus" },
        bots: |level| match level {
            Level::Easy => "Bots: leicht",
            Level::Medium => "Bots: mittel",
            Level::Hard => "Bots: schwer",
            Level::Idle => "Bots: stehen",
        },
    },
    go: "Los!",
    golden_goal: "Das nächste Tor zählt",
    goal: |team| ["Tor für Orange!", "Tor für Blau!"][team],
    scored: |name| format!("{name} trifft"),
    own_goal: |name| format!("{name}: Eigentor"),
};
