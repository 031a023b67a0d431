//! The game on a phone: by fingers alone, at two phones' sizes, and with a phone's keyboard.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{
    browser::Browser,
    disc::disc,
    fingers::Fingers,
    place::output,
    play::until,
    screen::{Control, button, control, controls, fits, resize},
    server::Server,
};
use serde_json::json;

/// The module takes a browser seconds to compile.
const PATIENCE: Duration = Duration::from_secs(90);

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
    let start = until("a match", PATIENCE, async || disc(browser).await).await?;
    fingers.put(1, rest)?;
    fingers.put(2, kick)?;
    until("a kick charged on the way", PATIENCE, async || {
        let Some(now) = disc(browser).await? else {
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
        let now = disc(browser).await?;
        Ok(now.filter(|now| now.charge == 0.0))
    })
    .await?;
    until("a dash", PATIENCE, async || {
        fingers.tap(dash)?;
        let now = disc(browser).await?;
        Ok(now.filter(|now| now.dashes > start.dashes))
    })
    .await?;
    fingers.lift(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_play_by_fingers() -> Result<()> {
    let server = Server::with_web_client().await?;
    // A long phone, and a small one with a dense screen.
    for (size, density) in [((390, 844), 1.0), ((360, 640), 2.0)] {
        let (width, height) = size;
        let browser = Browser::phone("phone", width, height, density).await?;
        browser.open(&server.page("")).await?;
        let told = browser.evaluate("return devicePixelRatio").await?;
        ensure!(told.as_f64() == Some(density), "the density is {told}");
        button(&browser, "Practise").await?;
        resize(&browser, size).await?;
        fits(&browser, "phone-title", size).await?;
        let mut fingers = Fingers::on(&browser);
        fingers.press("Settings").await?;
        button(&browser, "Back").await?;
        browser.draws(10).await?;
        let name = format!("phone-settings-{width}x{height}.png");
        browser.screenshot(&output()?.join(name)).await?;
        fingers.press("Back").await?;
        until("the settings to close", PATIENCE, async || {
            let open = controls(&browser).await?.iter().any(|c| c.text == "Back");
            Ok((!open).then_some(()))
        })
        .await?;
        fingers.press("Practise").await?;
        plays_by_fingers(&browser, size).await?;
        let turned = (height, width);
        resize(&browser, turned).await?;
        fits(&browser, "phone-turned", turned).await?;
    }
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
