//! Fingers on a page: touches by Chromium's DevTools protocol, which keeps several fingers down from
//! one command to the next (WebDriver's own actions lift them all where one of them moves).

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use crate::{browser::Browser, screen::button};

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

    /// Taps the control with this label.
    ///
    /// # Errors
    /// When there is none after a while, or the browser refuses.
    pub async fn press(&mut self, label: &str) -> Result<()> {
        let at = button(self.browser, label).await?.center();
        self.tap(at)
    }
}
