//! The program: the house with a game in it.

#![allow(
    elided_lifetimes_in_paths,
    reason = "systems take many borrowed arguments, whose lifetimes say nothing"
)]

mod demo;

fn main() -> bevy::app::AppExit {
    game::run::<demo::Discs>()
}
