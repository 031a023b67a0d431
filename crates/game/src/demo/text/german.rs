//! German, of the discs.

use super::{Figures, Rules, Said, Taught};
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
        touch: [
            "Linker Daumen steuert, rechter schießt",
            "Rechter Daumen steuert, linker schießt",
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
    buttons: ["Schuss", "Sprint"],
    go: "Los!",
    golden_goal: "Das nächste Tor zählt",
    goal: |team| ["Tor für Orange!", "Tor für Blau!"][team],
    scored: |name| format!("{name} trifft"),
    own_goal: |name| format!("{name}: Eigentor"),
    figures: Figures {
        scorers: |names| format!("Tore: {names}"),
        last_goal: |name| format!("Letztes Tor: {name}"),
        own_goal_of: |name| format!("{name} (Eigentor)"),
        heads: ["Tore", "Eigen", "Paraden", "Schüsse", "Ball"],
    },
    taught: Taught {
        moving: [
            "Bewegen: WASD oder Pfeile",
            "Bewegen: der linke Stick",
            "Bewegen: Daumen auf den Stick und schieben",
        ],
        kicking: [
            "Schuss: geh zum Ball, halte die Leertaste, lass los",
            "Schuss: geh zum Ball, halte A, lass los",
            "Schuss: geh zum Ball, halte den Knopf „Schuss“, lass los",
        ],
        hold_longer: [
            "Stärker: halte die Leertaste, bis der Ring voll ist",
            "Stärker: halte A, bis der Ring voll ist",
            "Stärker: halte „Schuss“, bis der Ring voll ist",
        ],
        dashing: [
            "Sprint: lenke irgendwohin und drücke Umschalt",
            "Sprint: lenke irgendwohin und drücke X",
            "Sprint: schieb den Stick und tippe auf „Sprint“",
        ],
        scoring: "Jetzt ein Tor: ins blaue Tor!",
        praise: "Gut gemacht!",
        farewell: "Tor! Mehr musst du nicht wissen. Viel Spaß!",
    },
};
