//! The house: everything of a peer-to-peer game but the game, in a native window and in a page.
//!
//! [`contract::Game`] is the one door: a game says by it what its rules are, how it is drawn and what
//! it says, and [`run`] does the rest. `main.rs` plays one, and another one is in `examples/`: both
//! use nothing but what is public here.
//!
//! A match is watched and played in a [`scene`]: an entity that carries its session and its camera;
//! one or two of them make the same code. [`screens`] are what a scene shows as text and buttons,
//! [`sound`] what is heard. Of a game's worlds only [`scene::link`] knows, and passes on what the
//! others need.
//!
//! The match itself runs in `netplay`'s sessions and never waits for anything in here: a slow
//! picture looks at it less often, and that is all.

#![allow(
    elided_lifetimes_in_paths,
    reason = "systems take many borrowed arguments, whose lifetimes say nothing"
)]

mod app;
mod args;
pub mod bitmap;
pub mod contract;
#[cfg(not(target_arch = "wasm32"))]
mod desktop;
mod font;
mod fullscreen;
#[cfg(not(target_arch = "wasm32"))]
mod hosting;
pub mod lab;
#[cfg(not(target_arch = "wasm32"))]
mod measure;
mod netgraph;
pub mod preferences;
pub mod quality;
pub mod scene;
pub mod screens;
pub mod sound;
#[cfg(target_arch = "wasm32")]
mod storage;
mod text;
pub mod theme;
pub mod touch;
#[cfg(test)]
mod toy;
#[cfg(target_arch = "wasm32")]
pub mod web;
#[cfg(target_arch = "wasm32")]
mod web_controls;

pub use app::run;
pub use contract::Game;
