//! A newcomer's first minutes at a page: silence until the first key, the lesson, and settings that
//! are still there the next time.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{
    browser::Browser,
    disc::disc,
    hands::{ARROW_LEFT, Hands, Key, LEFT, RIGHT, SHIFT, SPACE},
    place::output,
    screen::{button, fits},
    server::Server,
};
use serde_json::{Value, json};

/// From one thing that is said to the next; the module takes a browser seconds to compile.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pictures in which a page that is not silent would have begun to sound.
const PICTURES: u32 = 60;

/// A small window, which draws fast.
const WINDOW: (u32, u32) = (640, 480);

/// Notes what the page says to screen readers, and what it does about sound.
const LISTEN: &str = "
    window.heard = [];
    new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => {
        if (target.id === 'said') {
            addedNodes.forEach(({ textContent }) => heard.push(textContent));
        }
    })).observe(document, { subtree: true, childList: true });
    window.sound = { contexts: 0, sources: 0, peak: 0 };
    const Context = window.AudioContext;
    window.AudioContext = class extends Context {
        constructor(...options) { super(...options); sound.contexts += 1; sound.context = this; }
    };
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...when) {
        sound.sources += 1;
        return start.apply(this, when);
    };
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (to instanceof AudioDestinationNode && !sound.ear) {
            sound.ear = this.context.createAnalyser();
            connect.call(this, sound.ear);
        }
        return connect.call(this, to, ...rest);
    };
    setInterval(() => {
        if (!sound.ear) return;
        const wave = new Float32Array(sound.ear.fftSize);
        sound.ear.getFloatTimeDomainData(wave);
        sound.peak = wave.reduce((peak, value) => Math.max(peak, Math.abs(value)), sound.peak);
    }, 20);";

/// The item in which preferences are kept, as the page reads it.
const KEPT: &str = concat!(
    "JSON.parse(localStorage.getItem('",
    protocol::name!(),
    " preferences') ?? '{}')"
);

/// Waits until the page has said this, doing something after each picture meanwhile.
async fn hears(
    browser: &Browser,
    beginning: &str,
    mut meanwhile: impl AsyncFnMut() -> Result<()>,
) -> Result<()> {
    let has = format!("return heard.some((text) => text.startsWith({beginning:?}))");
    let begun = Instant::now();
    while browser.evaluate(&has).await? != json!(true) {
        if begun.elapsed() > PATIENCE {
            let heard = browser.evaluate("return heard").await?;
            anyhow::bail!("{beginning:?} was never said, but {heard}");
        }
        meanwhile().await?;
        browser.draws(1).await?;
    }
    Ok(())
}

async fn nothing() -> Result<()> {
    Ok(())
}

async fn is_titled(browser: &Browser, screen: &str) -> Result<()> {
    let title = concat!(" - ", protocol::title!());
    let is_it = format!("document.title === '{screen}{title}'");
    browser.holds(screen, &is_it).await
}

/// Nothing is made for sound before the first key; after it, one hears something.
async fn sounds_after_a_key(browser: &Browser, hands: &Hands<'_>, key: Key) -> Result<()> {
    browser.draws(PICTURES).await?;
    let before = browser
        .evaluate("return [sound.contexts, sound.sources]")
        .await?;
    ensure!(
        before == json!([0, 0]),
        "it did not wait for a key: {before}"
    );
    hands.hold(key)?;
    let sounds = "sound.contexts === 1 && sound.context.state === 'running' \
         && sound.sources > 0 && sound.peak > 0.001";
    browser.holds("sound", sounds).await
}

/// Goes to and fro on the left of the ball, which is not touched.
async fn moves(browser: &Browser, hands: &Hands<'_>) -> Result<()> {
    let mut held = LEFT;
    hears(browser, "Kick:", async || {
        let wanted = match disc(browser).await?.map(|disc| disc.x) {
            Some(x) if x < -6.0 => RIGHT,
            Some(x) if x > -5.0 => LEFT,
            _ => held,
        };
        if wanted != held {
            hands.release(held)?;
            hands.hold(wanted)?;
            held = wanted;
        }
        Ok(())
    })
    .await?;
    hands.release(held)
}

/// Drives after the ball until a kick that was charged on the way has hit it hard.
async fn kicks(browser: &Browser, hands: &Hands<'_>) -> Result<()> {
    /// From middle to middle, in metres: a kick that is let go here meets the ball in time.
    const NEAR: f64 = 1.6;
    const CHARGED: f64 = 0.7;

    let mut is_held = false;
    hears(browser, "Dash:", async || {
        let Some(disc) = disc(browser).await? else {
            return Ok(());
        };
        let is_near = disc.ball_x - disc.x < NEAR;
        if is_held && is_near && disc.charge > CHARGED {
            hands.release(SPACE)?;
            is_held = false;
        } else if !is_held && !is_near {
            hands.hold(SPACE)?;
            is_held = true;
        }
        Ok(())
    })
    .await?;
    hands.release(SPACE)
}

/// The whole lesson, along the line between the goals: driving straight on kicks and scores.
async fn learns(browser: &Browser, hands: &Hands<'_>) -> Result<()> {
    moves(browser, hands).await?;
    fits(browser, "lesson", WINDOW).await?;
    hands.hold(RIGHT)?;
    kicks(browser, hands).await?;
    hears(browser, "Now score:", async || hands.tap(SHIFT).await).await?;
    hears(browser, "Goal! That is all", nothing).await?;
    hands.release(RIGHT)?;
    is_titled(browser, "Title").await
}

/// An expression for whether this volume, German, and that the lesson was had are kept.
fn is_kept(volume: f64) -> String {
    format!(
        "(({{ volume, language, taught }}) => taught && language === 'german' \
         && Math.abs(volume?.overall - {volume}) < 0.01)({KEPT})"
    )
}

async fn kept(browser: &Browser) -> Result<Value> {
    browser.evaluate(&format!("return {KEPT}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_learns_and_finds_the_settings_again() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::device("first-start", WINDOW.0, WINDOW.1).await?;
    let hands = Hands::on(&browser);
    browser.before_pages(LISTEN)?;
    browser.open(&server.page_of_newcomer("")).await?;
    hears(&browser, "Move:", nothing).await?;
    sounds_after_a_key(&browser, &hands, LEFT).await?;
    learns(&browser, &hands).await?;

    // The first setting has the keyboard; the language is turned by the pointer.
    hands.press("Settings").await?;
    button(&browser, "Back").await?;
    hands.tap(ARROW_LEFT).await?;
    hands.press("‹  English  ›").await?;
    button(&browser, "Zurück").await?;
    let settings = is_kept(0.7);
    browser.holds("the settings to be kept", &settings).await?;
    let before = kept(&browser).await?;

    // The next time there is no lesson, and everything is as it was.
    browser.reload().await?;
    is_titled(&browser, "Titel").await?;
    let after = kept(&browser).await?;
    ensure!(before == after, "{before} became {after}");
    hands.press("Einstellungen").await?;
    button(&browser, "Zurück").await?;
    hands.tap(ARROW_LEFT).await?;
    let settings = is_kept(0.6);
    browser
        .holds("the volume from where it was", &settings)
        .await?;

    // What cannot be read is put aside, and told.
    let item = concat!(protocol::name!(), " preferences");
    browser
        .evaluate(&format!("localStorage.setItem('{item}', '{{broken')"))
        .await?;
    browser.open(&server.page("")).await?;
    hears(&browser, "Your settings could not be read", nothing).await?;
    let aside = format!("localStorage.getItem('{item} aside') === '{{broken'");
    browser.holds("what was put aside", &aside).await?;
    button(&browser, "Practise").await?;
    browser
        .screenshot(&output()?.join("title-put-aside-640x480.png"))
        .await?;
    drop(browser);
    server.stop().await
}
