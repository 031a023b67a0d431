//! What a page shows in its picture: its controls, whether they fit, and all of it at another size.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::{
    browser::{Browser, START},
    place::output,
    play::until,
};

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
    until(what, START, async || {
        let now = controls(browser).await?.into_iter().find(&is_it);
        let is_still = now.is_some() && now == before;
        before.clone_from(&now);
        Ok(now.filter(|_| is_still))
    })
    .await
}

/// Waits for the control with this label.
///
/// # Errors
/// As [`control`].
pub async fn button(browser: &Browser, label: &str) -> Result<Control> {
    control(browser, label, |control| control.text == label).await
}

/// Makes sure that no control reaches out of a page of this size or over another one, and takes a
/// picture of it with `name` and the size as its name.
///
/// # Errors
/// When one does, or there is none; or when the browser does not answer.
pub async fn fits(browser: &Browser, name: &str, size: (u32, u32)) -> Result<()> {
    const SLACK: f64 = 1.0;
    let (width, height) = size;
    let file = format!("{name}-{width}x{height}.png");
    browser.screenshot(&output()?.join(file)).await?;
    let controls = controls(browser).await?;
    ensure!(!controls.is_empty(), "{name} has no controls");
    for (index, one) in controls.iter().enumerate() {
        let (right, bottom) = (one.left + one.width, one.top + one.height);
        ensure!(
            one.left >= -SLACK
                && one.top >= -SLACK
                && right <= f64::from(width) + SLACK
                && bottom <= f64::from(height) + SLACK,
            "{name} at {width}x{height}: cut off: {one:?}"
        );
        for other in &controls[index + 1..] {
            let beside =
                other.left >= right - SLACK || other.left + other.width <= one.left + SLACK;
            let below = other.top >= bottom - SLACK || other.top + other.height <= one.top + SLACK;
            ensure!(
                beside || below,
                "{name} at {width}x{height}: {one:?} lies over {other:?}"
            );
        }
    }
    Ok(())
}

/// Pictures after which a screen has found its place.
const SETTLED: u32 = 10;

/// Gives a page in Chromium another size, as when a phone is turned round or a window is drawn
/// larger. Waits until page and picture are as large as each other, and nothing scrolls.
///
/// # Errors
/// When that is not so after a while.
pub async fn resize(browser: &Browser, size: (u32, u32)) -> Result<()> {
    let (width, height) = size;
    // A scale of 0 leaves the density as it is.
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 0,
        "mobile": true, "screenWidth": width, "screenHeight": height });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics)?;
    let density = browser.evaluate("return devicePixelRatio").await?;
    let density = density.as_f64().context("a density is a number")?;
    let pixels = |side: u32| (f64::from(side) * density) as u32;
    let expected = json!([
        width,
        height,
        pixels(width),
        pixels(height),
        0,
        width,
        height
    ]);
    let what = format!("the picture to be {width}x{height}");
    let mut measured = json!(null);
    until(&what, START, async || {
        let script = "const canvas = document.getElementById('game');
            const box = canvas.getBoundingClientRect();
            const { scrollWidth, scrollHeight } = document.documentElement;
            return [box.width, box.height, canvas.width, canvas.height, scrollY, scrollWidth,
                scrollHeight]";
        measured = browser.evaluate(script).await?;
        Ok((measured == expected).then_some(()))
    })
    .await
    .with_context(|| format!("{measured} is not {expected}"))?;
    browser.draws(SETTLED).await
}
