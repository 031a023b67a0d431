//! Scramble: a whole game in two short files, the worked answer of `docs/TEMPLATE.md`.

#![allow(
    elided_lifetimes_in_paths,
    reason = "systems take what they need as arguments"
)]

mod picture;
mod rules;

fn main() -> bevy::app::AppExit {
    game::run::<picture::Scramble>()
}
