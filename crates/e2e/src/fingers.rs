//! Fingers on a page: touches by Chromium's DevTools protocol, which keeps several fingers down from
//! one command to the next (WebDriver's own actions lift them all where one of them moves).

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::{browser::Browser, play::until};

/// What a page's game tells of one of its controls, in the page's pixels.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Control {
    /// What stands on it, or in it.
    pub text: String,
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
    /// Whether it has the keyboard.
    pub focused: bool,
    /// Whether it is a field for text.
    #[serde(default, deserialize_with = "is_there")]
    pub field: bool,
}

fn is_there<'de, D: serde::Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(value)?.is_some())
}

impl Control {
    /// Its middle.
    pub fn center(&self) -> (f64, f64) {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }
}

/// The controls that the page shows now.
///
/// # Errors
/// When the browser does not answer, or answers something else.
pub async fn controls(browser: &Browser) -> Result<Vec<Control>> {
    let script = "return JSON.stringify(window.gamePage.controls)";
    let answer = browser.evaluate(script).await?;
    let text = answer.as_str().context("there are no controls")?;
    serde_json::from_str(text).with_context(|| format!("no controls: {text}"))
}

/// Waits for a control, and for it to lie still.
///
/// # Errors
/// When there is none after a while.
pub async fn control(
    browser: &Browser,
    what: &str,
    is_it: impl Fn(&Control) -> bool,
) -> Result<Control> {
    let mut before = None;
    until(what, crate::browser::START, async || {
        let now = controls(browser).await?.into_iter().find(&is_it);
        let is_still = now.is_some() && now == before;
        before.clone_from(&now);
        Ok(now.filter(|_| is_still))
    })
    .await
}

/// The fingers of one player.
pub struct Fingers<'a> {
    browser: &'a Browser,
    down: BTreeMap<u32, (f64, f64)>,
}

impl<'a> Fingers<'a> {
    /// None of them touches the page yet.
    pub fn on(browser: &'a Browser) -> Self {
        Self {
            browser,
            down: BTreeMap::new(),
        }
    }

    fn dispatch(&self, kind: &str) -> Result<()> {
        let points: Vec<_> = (self.down.iter())
            .map(|(id, (x, y))| json!({ "id": id, "x": x, "y": y }))
            .collect();
        let parameters = json!({ "type": kind, "touchPoints": points });
        self.browser
            .devtools("Input.dispatchTouchEvent", parameters)
    }

    /// Puts a finger down.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn put(&mut self, finger: u32, at: (f64, f64)) -> Result<()> {
        self.down.insert(finger, at);
        self.dispatch("touchStart")
    }

    /// Moves a finger that is down.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn slide(&mut self, finger: u32, to: (f64, f64)) -> Result<()> {
        self.down.insert(finger, to);
        self.dispatch("touchMove")
    }

    /// Lifts a finger. The protocol ends all touches at once: the other fingers are put down again.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn lift(&mut self, finger: u32) -> Result<()> {
        self.down.remove(&finger);
        let others = std::mem::take(&mut self.down);
        self.dispatch("touchEnd")?;
        self.down = others;
        match self.down.is_empty() {
            true => Ok(()),
            false => self.dispatch("touchStart"),
        }
    }

    /// Taps once.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn tap(&mut self, at: (f64, f64)) -> Result<()> {
        const FINGER: u32 = 9;
        self.put(FINGER, at)?;
        self.lift(FINGER)
    }
}
