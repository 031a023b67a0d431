//! The game on a phone: by fingers alone, at two phones' sizes, and with a phone's keyboard.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{
    browser::Browser,
    fingers::{Control, Fingers, control, controls},
    place::output,
    play::until,
    server::Server,
};
use serde::Deserialize;
use serde_json::json;

/// The module takes a browser seconds to compile.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the page tells of the player's disc, see `crates/game/src/demo/told.rs`.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Game {
    x: f64,
    y: f64,
    ball_x: f64,
    ball_y: f64,
    charge: f64,
    dashes: u32,
    turned: bool,
}

async fn game(browser: &Browser) -> Result<Option<Game>> {
    let answer = browser
        .evaluate("return JSON.stringify(window.game.disc?.() ?? null)")
        .await?;
    let text = answer.as_str().context("disc() is no object")?;
    serde_json::from_str(text).with_context(|| format!("no game: {text}"))
}

/// The control with this label.
async fn button(browser: &Browser, label: &str) -> Result<Control> {
    control(browser, label, |control| control.text == label).await
}

/// No control reaches out of the page or over another one.
async fn fits(browser: &Browser, screen: &str, size: (u32, u32)) -> Result<()> {
    const SLACK: f64 = 1.0;
    let controls = controls(browser).await?;
    ensure!(!controls.is_empty(), "{screen} has no controls");
    for (index, one) in controls.iter().enumerate() {
        let (right, bottom) = (one.left + one.width, one.top + one.height);
        ensure!(
            one.left >= -SLACK
                && one.top >= -SLACK
                && right <= f64::from(size.0) + SLACK
                && bottom <= f64::from(size.1) + SLACK,
            "{screen}: cut off: {one:?}"
        );
        for other in &controls[index + 1..] {
            let beside =
                other.left >= right - SLACK || other.left + other.width <= one.left + SLACK;
            let below = other.top >= bottom - SLACK || other.top + other.height <= one.top + SLACK;
            ensure!(beside || below, "{screen}: {one:?} lies over {other:?}");
        }
    }
    let (width, height) = size;
    let name = format!("phone-{screen}-{width}x{height}.png");
    browser.screenshot(&output()?.join(name)).await
}

/// Plays until the disc has moved by one finger, has charged a kick by another one at the same time,
/// and has dashed.
async fn plays_by_fingers(browser: &Browser, size: (u32, u32)) -> Result<()> {
    /// How far the stick's finger goes, in the page's pixels.
    const REACH: f64 = 60.0;
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let rest = (0.25 * width, 0.7 * height);
    let kick = (0.85 * width, 0.85 * height);
    let dash = (0.7 * width, 0.78 * height);

    let mut fingers = Fingers::on(browser);
    let start = until("a match", PATIENCE, async || game(browser).await).await?;
    fingers.put(1, rest)?;
    fingers.put(2, kick)?;
    until("a kick charged on the way", PATIENCE, async || {
        let Some(now) = game(browser).await? else {
            return Ok(None);
        };
        // Towards the ball, as it is seen: upright, the arena's right is up.
        let (x, y) = (now.ball_x - now.x, now.ball_y - now.y);
        let (right, down) = if now.turned { (-y, -x) } else { (x, -y) };
        let length = right.hypot(down).max(1e-3);
        let to = (
            rest.0 + right / length * REACH,
            rest.1 + down / length * REACH,
        );
        fingers.slide(1, to)?;
        let has_moved = (now.x - start.x).hypot(now.y - start.y) > 0.5;
        Ok((has_moved && now.charge > 0.9).then_some(()))
    })
    .await?;
    let name = format!("phone-match-{}x{}.png", size.0, size.1);
    browser.screenshot(&output()?.join(name)).await?;
    fingers.lift(2)?;
    until("the kick to be let go", PATIENCE, async || {
        let now = game(browser).await?;
        Ok(now.filter(|now| now.charge == 0.0))
    })
    .await?;
    until("a dash", PATIENCE, async || {
        fingers.tap(dash)?;
        let now = game(browser).await?;
        Ok(now.filter(|now| now.dashes > start.dashes))
    })
    .await?;
    fingers.lift(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_plays_by_fingers() -> Result<()> {
    let server = Server::with_web_client().await?;
    let (width, height, density) = (390, 844, 1.0);
    let size = (width, height);
    let browser = Browser::phone("phone", width, height, density).await?;
    browser.open(&server.page("")).await?;
    let practise = button(&browser, "Practise").await?;
    fits(&browser, "title", size).await?;
    let mut fingers = Fingers::on(&browser);
    fingers.tap(button(&browser, "Settings").await?.center())?;
    let back = button(&browser, "Back").await?;
    browser.draws(10).await?;
    let name = format!("phone-settings-{width}x{height}.png");
    browser.screenshot(&output()?.join(name)).await?;
    fingers.tap(back.center())?;
    until("the settings to close", PATIENCE, async || {
        let open = controls(&browser).await?.iter().any(|c| c.text == "Back");
        Ok((!open).then_some(()))
    })
    .await?;
    fingers.tap(practise.center())?;
    plays_by_fingers(&browser, size).await?;

    // Turned round, the page and its picture are as large as each other, and nothing scrolls.
    let turned = json!({ "width": height, "height": width, "deviceScaleFactor": density,
        "mobile": true, "screenWidth": height, "screenHeight": width });
    browser.devtools("Emulation.setDeviceMetricsOverride", turned)?;
    until("the picture to turn", PATIENCE, async || {
        let script = "const canvas = document.getElementById('game');
            const box = canvas.getBoundingClientRect();
            return [box.width, box.height, canvas.width, canvas.height, scrollY,
                document.documentElement.scrollHeight]";
        let pixels = |side: u32| (f64::from(side) * density) as u32;
        let expected = json!([height, width, pixels(height), pixels(width), 0, width]);
        Ok((browser.evaluate(script).await? == expected).then_some(()))
    })
    .await?;
    browser.draws(10).await?;
    fits(&browser, "turned", (height, width)).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_keyboard_types_names_and_codes() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::phone("keyboard", 390, 844, 1.0).await?;
    browser.open(&server.page("")).await?;
    let name = control(&browser, "the name", |c| c.field).await?;
    let join = button(&browser, "Join").await?;
    let mut fingers = Fingers::on(&browser);
    // Where a phone's keyboard comes from: a real field has the page's focus.
    fingers.tap(name.center())?;
    let typing = async |what: &str| {
        until(what, PATIENCE, async || {
            let script = "return document.activeElement.className === 'field'";
            Ok((browser.evaluate(script).await? == json!(true)).then_some(()))
        })
        .await
    };
    typing("the name's field").await?;
    // As keyboards on glass insert: by words, and without keys.
    for word in ["Grace", " Hopper"] {
        browser.devtools("Input.insertText", json!({ "text": word }))?;
    }
    let shows = async |is_it: &dyn Fn(&Control) -> bool, what: &str| {
        until(what, PATIENCE, async || {
            let all = controls(&browser).await?;
            Ok(all.iter().any(is_it).then_some(()))
        })
        .await
    };
    shows(&|c| c.field && c.text == "Grace Hopper", "the name").await?;

    let code = control(&browser, "the code", |c| c.field && c.top > name.top).await?;
    fingers.tap(code.center())?;
    typing("the code's field").await?;
    // What a field does not allow comes back out of it.
    browser.devtools("Input.insertText", json!({ "text": "QKX\u{e4}7PM" }))?;
    shows(&|c| c.field && c.text == "QKX7PM", "the code").await?;
    until("the real field to follow", PATIENCE, async || {
        let script = "return document.activeElement.value";
        Ok((browser.evaluate(script).await? == json!("QKX7PM")).then_some(()))
    })
    .await?;
    browser
        .screenshot(&output()?.join("phone-typed-390x844.png"))
        .await?;
    fingers.tap(join.center())?;
    until("the room to be looked for", PATIENCE, async || {
        let status = browser.status().await?;
        Ok(status.filter(|status| status.phase == "failed"))
    })
    .await?;
    let focus = browser.evaluate("return document.activeElement.id").await?;
    ensure!(focus == json!("game"), "the game has no keyboard: {focus}");
    drop(browser);
    server.stop().await
}
