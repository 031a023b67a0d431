//! Friends at their pages, from the title to the rematch: one with a pointer and keys, the other with
//! fingers on a phone. And one who waits with bots until another drops in, both by keys alone.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{
    browser::Browser,
    fingers::Fingers,
    hands::{ARROW_RIGHT, ARROW_UP, ENTER, Hands, RIGHT, TAB},
    meeting::both_play,
    place::output,
    play::{Player, until},
    screen::{button, fits, resize},
    server::Server,
    status::Status,
};
use serde_json::json;

/// The module takes a browser seconds to compile, and two browsers longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small window, which draws fast enough beside the other page, and a phone held upright.
const WINDOW: (u32, u32) = (640, 360);
const PHONE: (u32, u32) = (360, 640);

/// Keeps what the page copies.
const KEEP_COPIES: &str = "
    if (navigator.clipboard) {
        navigator.clipboard.writeText = async (text) => { window.copied = text; };
    }";

/// Waits until the page's session is as wanted; a picture tells why it is not.
async fn session(browser: &Browser, what: &str, wanted: impl Fn(&Status) -> bool) -> Result<()> {
    let mut last = None;
    let waited = until(what, PATIENCE, async || {
        last = browser.status().await?;
        Ok(last.as_ref().filter(|status| wanted(status)).map(drop))
    })
    .await;
    if waited.is_err() {
        let picture = output()?.join("together-failed.png");
        browser.screenshot(&picture).await?;
    }
    waited.with_context(|| format!("{last:?}"))
}

/// Copies the room's link by its button.
async fn copied_link(browser: &Browser, hands: &Hands<'_>) -> Result<String> {
    hands.press("Copy link").await?;
    browser.holds("a copy", "Boolean(window.copied)").await?;
    let link = browser.evaluate("return window.copied").await?;
    Ok(link.as_str().context("the link is no text")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_meet_play_and_play_again() -> Result<()> {
    let server = Server::with_web_client().await?;
    let ada = Browser::device("together-1", WINDOW.0, WINDOW.1).await?;
    let bob = Browser::phone("together-2", PHONE.0, PHONE.1, 1.0).await?;
    let (hands, mut fingers) = (Hands::on(&ada), Fingers::on(&bob));
    ada.before_pages(KEEP_COPIES)?;
    ada.open(&server.page("?name=Ada")).await?;
    hands.press("New room").await?;
    let link = copied_link(&ada, &hands).await?;
    ensure!(link.starts_with(&server.page_of_newcomer("")), "{link}");
    // A short match, as its owner chooses. While nobody comes, nothing moves under the pointer.
    for goals in ["Goals: 3", "Goals: 5", "Goals: 10", "Goals: no limit"] {
        hands.press(goals).await?;
    }
    button(&ada, "Goals: 1").await?;
    bob.open(&link).await?;
    for page in [&ada, &bob] {
        session(page, "company", |status| status.peers == 1).await?;
    }
    fits(&bob, "room", PHONE).await?;
    hands.press("Ready").await?;
    // The first touch of all makes small buttons larger, so that what is below them moves.
    fingers.tap((0.5 * f64::from(PHONE.0), 0.75 * f64::from(PHONE.1)))?;
    bob.draws(10).await?;
    fingers.press("Ready").await?;
    for page in [&ada, &bob] {
        session(page, "the match", |status| status.phase == "match").await?;
    }

    // Bob steps aside, which on his upright screen is to the right, and Ada drives the ball straight
    // into the goal.
    let (x, y) = (0.25 * f64::from(PHONE.0), 0.7 * f64::from(PHONE.1));
    fingers.put(1, (x, y))?;
    fingers.slide(1, (x + 80.0, y))?;
    hands.hold(RIGHT)?;
    for page in [&ada, &bob] {
        session(page, "the result", |status| status.phase == "result").await?;
    }
    hands.release(RIGHT)?;
    fingers.lift(1)?;

    // One vote of two is not most of them.
    hands.press("Rematch").await?;
    button(&ada, "No rematch").await?;
    button(&bob, "Rematch").await?;
    fits(&bob, "result", PHONE).await?;
    for size in [(1280, 720), (390, 844), WINDOW] {
        resize(&ada, size).await?;
        fits(&ada, "result", size).await?;
    }
    let outcome = "return document.getElementById('said').textContent";
    let outcome = ada.evaluate(outcome).await?;
    ensure!(outcome == json!("Result: Orange 1, Blue 0."), "{outcome}");
    session(&ada, "still the result", |status| status.phase == "result").await?;
    fingers.press("Rematch").await?;
    for page in [&ada, &bob] {
        let again = |status: &Status| status.phase == "match" && status.matches == 1;
        session(page, "the rematch", again).await?;
    }
    drop((ada, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_alone() -> Result<()> {
    let server = Server::with_web_client().await?;
    let ada = Browser::chromium("alone-1", 480, 320).await?;
    ada.open(&server.page("?name=Ada")).await?;
    let hands = Hands::on(&ada);
    hands.choose(ARROW_RIGHT, "New room").await?;
    let link = ada.invitation().await?;
    hands.choose(ARROW_UP, "Play with bots meanwhile").await?;
    session(&ada, "the match", |status| status.phase == "match").await?;

    let bob = Browser::chromium("alone-2", 480, 320).await?;
    bob.open(&server.page("?name=Bob")).await?;
    let hands = Hands::on(&bob);
    let join = button(&bob, "Join").await?;
    hands
        .walk(TAB, "the code", |c| c.field && c.top == join.top)
        .await?;
    let code = link.rsplit('#').next().context("the link has a code")?;
    hands.type_code(code).await?;
    hands.tap(ENTER).await?;
    let has_seat = |status: &Status| status.phase == "match" && status.seat == Some(1);
    session(&bob, "a bot's seat", has_seat).await?;
    both_play(Player::Page(&ada, 0), Player::Page(&bob, 0)).await?;
    for page in [&ada, &bob] {
        let status = page.status().await?;
        let company = status.as_ref().map(|status| (status.peers, status.matches));
        ensure!(company == Some((1, 0)), "it is another match: {status:?}");
    }
    drop((ada, bob));
    server.stop().await
}
