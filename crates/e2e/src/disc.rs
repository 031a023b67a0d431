//! The player's disc, as the page tells of it.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::browser::Browser;

/// What the page tells of the first scene's disc, see `crates/game/src/demo/told.rs`. Lengths are in
/// metres.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Disc {
    /// Where it is, to the right.
    pub x: f64,
    /// Where it is, upwards.
    pub y: f64,
    /// Where the ball is, to the right.
    pub ball_x: f64,
    /// Where the ball is, upwards.
    pub ball_y: f64,
    /// How far its kick is charged, from 0 to 1.
    pub charge: f64,
    /// Its dashes since the scene was begun.
    pub dashes: u32,
    /// Whether the arena is shown upright: its right is above then.
    pub turned: bool,
}

/// The disc in the newest picture; nothing before there is a match.
///
/// # Errors
/// When the browser does not answer, or answers something else.
pub async fn disc(browser: &Browser) -> Result<Option<Disc>> {
    let answer = browser
        .evaluate("return JSON.stringify(window.game.disc?.() ?? null)")
        .await?;
    let text = answer.as_str().context("disc() is no object")?;
    serde_json::from_str(text).with_context(|| format!("no disc: {text}"))
}
