//! Peerball, the game: the same code in a native window and in a page.
//!
//! [`app`] puts it together. A match is watched and played in a [`scene`]: an entity that carries
//! its socket, its session and its camera; one or two of them make the same code. [`screens`] are
//! what a scene shows as text and buttons, [`sound`] what is heard. [`demo`] is the game that is
//! played: its picture, its input and its options.
//!
//! The match itself runs in `netplay`'s sessions and never waits for anything in here: a slow
//! picture looks at it less often, and that is all.

#![allow(
    elided_lifetimes_in_paths,
    reason = "systems take many borrowed arguments, whose lifetimes say nothing"
)]

mod app;
mod args;
mod demo;
#[cfg(not(target_arch = "wasm32"))]
mod desktop;
mod font;
#[cfg(not(target_arch = "wasm32"))]
mod hosting;
#[cfg(not(target_arch = "wasm32"))]
mod measure;
mod preferences;
mod quality;
mod scene;
mod screens;
mod sound;
#[cfg(target_arch = "wasm32")]
mod storage;
mod text;
mod theme;
#[cfg(target_arch = "wasm32")]
mod web;

fn main() -> bevy::app::AppExit {
    app::run(args::Args::read())
}
