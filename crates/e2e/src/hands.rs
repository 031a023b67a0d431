//! A player's hands at a page in Chromium: a pointer that finds the controls in the picture, and keys.

use anyhow::{Result, bail};
use serde_json::json;

use crate::{
    browser::Browser,
    screen::{Control, button, control, controls},
};

/// Pictures between two movements of a hand: a person is not faster.
const MOVEMENT: u32 = 2;

/// Controls that are walked through at most on the way to one.
const WAY: usize = 30;

/// A key, as browsers name what it means and where it is.
pub type Key = (&'static str, &'static str);

/// Confirms, presses what has the keyboard.
pub const ENTER: Key = ("Enter", "Enter");
/// To the next control.
pub const TAB: Key = ("Tab", "Tab");
/// To the control above.
pub const ARROW_UP: Key = ("ArrowUp", "ArrowUp");
/// To the control on the left, or less of a slider.
pub const ARROW_LEFT: Key = ("ArrowLeft", "ArrowLeft");
/// To the control on the right, or more of a slider.
pub const ARROW_RIGHT: Key = ("ArrowRight", "ArrowRight");
/// Steers to the left.
pub const LEFT: Key = ("a", "KeyA");
/// Steers to the right.
pub const RIGHT: Key = ("d", "KeyD");
/// Charges a kick.
pub const SPACE: Key = (" ", "Space");
/// Dashes.
pub const SHIFT: Key = ("Shift", "ShiftLeft");

/// The hands of one player.
pub struct Hands<'a> {
    browser: &'a Browser,
}

impl<'a> Hands<'a> {
    /// They neither point nor press anything yet.
    pub fn on(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// Presses the control with this label by the pointer.
    ///
    /// # Errors
    /// When there is none after a while, or the browser refuses.
    pub async fn press(&self, label: &str) -> Result<()> {
        let at = button(self.browser, label).await?.center();
        self.press_at(at).await
    }

    /// Presses this place by the pointer.
    ///
    /// # Errors
    /// When the browser refuses or does not answer.
    pub async fn press_at(&self, (x, y): (f64, f64)) -> Result<()> {
        for (kind, button, buttons) in [
            ("mouseMoved", "none", 0),
            ("mousePressed", "left", 1),
            ("mouseReleased", "left", 0),
        ] {
            self.browser.devtools(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons,
                        "clickCount": 1 }),
            )?;
            self.browser.draws(MOVEMENT).await?;
        }
        Ok(())
    }

    fn send(&self, kind: &str, key: &str, code: &str) -> Result<()> {
        let parameters = json!({ "type": kind, "key": key, "code": code });
        self.browser.devtools("Input.dispatchKeyEvent", parameters)
    }

    /// Presses a key down.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn hold(&self, (key, code): Key) -> Result<()> {
        self.send("keyDown", key, code)
    }

    /// Lets a key go.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn release(&self, (key, code): Key) -> Result<()> {
        self.send("keyUp", key, code)
    }

    /// Presses a key for a moment.
    ///
    /// # Errors
    /// When the browser refuses or does not answer.
    pub async fn tap(&self, key: Key) -> Result<()> {
        self.hold(key)?;
        self.browser.draws(MOVEMENT).await?;
        self.release(key)?;
        self.browser.draws(MOVEMENT).await
    }

    /// Types large letters and digits, each by its key.
    ///
    /// # Errors
    /// When the browser refuses or does not answer.
    pub async fn type_code(&self, code: &str) -> Result<()> {
        for letter in code.chars() {
            let kind = if letter.is_ascii_digit() {
                "Digit"
            } else {
                "Key"
            };
            let (key, code) = (letter.to_string(), format!("{kind}{letter}"));
            self.send("keyDown", &key, &code)?;
            self.browser.draws(MOVEMENT).await?;
            self.send("keyUp", &key, &code)?;
        }
        Ok(())
    }

    /// Walks by a key, such as [`TAB`], until a control has the keyboard.
    ///
    /// # Errors
    /// When there is no such control after a while, or the way does not lead to it.
    pub async fn walk(&self, key: Key, what: &str, is_it: impl Fn(&Control) -> bool) -> Result<()> {
        control(self.browser, what, &is_it).await?;
        for _ in 0..WAY {
            let all = controls(self.browser).await?;
            if all.iter().any(|control| control.focused && is_it(control)) {
                return Ok(());
            }
            self.tap(key).await?;
        }
        bail!("{} does not lead to {what}", key.0)
    }

    /// Walks by a key to the control with this label, and presses it.
    ///
    /// # Errors
    /// As [`Self::walk`].
    pub async fn choose(&self, key: Key, label: &str) -> Result<()> {
        self.walk(key, label, |control| control.text == label)
            .await?;
        self.tap(ENTER).await
    }
}
