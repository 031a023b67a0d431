//! Players who go and come back: a reload, a frozen page, a stopped process.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{
    browser::Browser,
    meeting::{both_play, page_and_peer, pages},
    peer::NativePeer,
    play::{ENOUGH_FRAMES, Player, play, until},
    server::Server,
    status::Status,
};
use protocol::Frame;
use serde_json::json;
use tokio::time::sleep;

/// Longer than any of these tests.
const NATIVE_SECONDS: u64 = 240;

/// From a reload to the player's own seat: the module is compiled anew.
const RETURN: Duration = Duration::from_secs(60);

/// How long a page is frozen: long enough for the others to give its seat to a bot.
const FROZEN: Duration = Duration::from_secs(4);

/// How long somebody is away whom everybody has given up by then.
const ASLEEP: Duration = Duration::from_secs(40);

/// The longest that play may stand when somebody goes, said or unsaid: a second and a round trip,
/// and what a machine needs that compiles the reloaded page's module beside it. What a heard
/// goodbye costs is printed.
const STALL_MILLIS: f64 = 1_500.0;

/// Has the page measure the longest time without a newly confirmed frame of its match, and see
/// whether another one is begun.
const MEASURE_STALLS: &str = "
    let [confirmed, since] = [0, performance.now()];
    window.longestStall = 0;
    window.beganAnew = false;
    setInterval(() => {
        const status = window.game.status();
        const now = performance.now();
        window.beganAnew ||= status.confirmed < confirmed;
        if (status.phase !== 'match' || status.confirmed !== confirmed) {
            [confirmed, since] = [status.confirmed, now];
        }
        window.longestStall = Math.max(window.longestStall, now - since);
    }, 10);";

/// Waits until the player plays in `seat` again, and not only watches, `past` the frame that the
/// others had reached: what it tells first may be from before it went.
async fn is_back(mut player: Player<'_>, seat: Option<usize>, past: Frame) -> Result<()> {
    until("the seat to be given back", RETURN, async || {
        let status = player.latest().await?.map(|told| told.status);
        let plays = |s: &Status| s.phase == "match" && s.seat == seat && !s.watching && s.peers > 0;
        Ok(status.filter(|s| plays(s) && s.confirmed > past).map(drop))
    })
    .await
}

/// The seat and the frame at which somebody plays.
fn standing(status: Option<Status>) -> Result<(Option<usize>, Frame)> {
    let status = status.context("the player has a status")?;
    ensure!(
        status.phase == "match" && status.seat.is_some(),
        "{status:?}"
    );
    Ok((status.seat, status.confirmed))
}

/// Waits while somebody is frozen, and sees that `peer` plays on: says how far it has come.
async fn outlive(peer: &mut NativePeer, time: Duration) -> Result<Frame> {
    let before = peer.next().await?.status;
    sleep(time).await;
    let after = peer.next().await?.status;
    ensure!(
        after.phase == "match" && after.confirmed > before.confirmed + 60,
        "the match waits for who is frozen: {after:?}"
    );
    Ok(after.confirmed)
}

/// Sees that `peer` never went from one match to another.
fn plays_one_match(peer: &NativePeer) -> Result<()> {
    let told = peer.history()?;
    let anew = told.windows(2).find(|pair| {
        let [before, after] = [&pair[0].status, &pair[1].status];
        after.confirmed < before.confirmed
    });
    ensure!(anew.is_none(), "another match was begun: {anew:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reloaded_page_gets_its_seat_back() -> Result<()> {
    let server = Server::with_web_client().await?;
    let first = Browser::chromium("reload-1", 480, 320).await?;
    let second = Browser::chromium("reload-2", 480, 320).await?;
    pages(&server, &first, &second).await?;
    both_play(Player::Page(&first, 0), Player::Page(&second, 0)).await?;

    // The one that made the room, and decides about it, goes first; then the other one.
    for (gone, stays) in [(&first, &second), (&second, &first)] {
        let (seat, frame) = standing(gone.status().await?)?;
        stays.evaluate(MEASURE_STALLS).await?;
        gone.reload().await?;
        is_back(Player::Page(gone, 0), seat, frame).await?;
        let anew = stays.evaluate("return window.beganAnew").await?;
        ensure!(anew == json!(false), "another match was begun: {anew}");
        let stall = stays.evaluate("return window.longestStall").await?;
        let stall = stall.as_f64().context("a number of milliseconds")?;
        eprintln!("the longest stall of who stayed: {stall:.0} ms");
        ensure!(
            stall < STALL_MILLIS,
            "the match waited for who went: {stall:.0} ms"
        );
        ensure!(gone.url().await?.contains('#'), "the room is in no address");
    }
    play(
        Player::Page(&first, 0),
        Player::Page(&second, 0),
        ENOUGH_FRAMES,
    )
    .await?;
    drop((first, second));
    server.stop().await
}

/// A page is frozen for so long, and wakes; then both play on in the match that they were in.
async fn freeze_and_wake(name: &str, time: Duration) -> Result<()> {
    let server = Server::with_web_client().await?;
    let page = Browser::chromium(name, 480, 320).await?;
    let other = format!("{name}-peer");
    let mut peer = page_and_peer(&server, &page, &other, NATIVE_SECONDS).await?;
    both_play(Player::Page(&page, 0), Player::Native(&mut peer)).await?;

    let (seat, _) = standing(page.status().await?)?;
    page.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" }))?;
    let reached = outlive(&mut peer, time).await?;
    page.devtools("Page.setWebLifecycleState", json!({ "state": "active" }))?;
    let woken = Instant::now();
    is_back(Player::Page(&page, 0), seat, reached).await?;
    eprintln!("back after {:.1?}", woken.elapsed());
    play(
        Player::Page(&page, 0),
        Player::Native(&mut peer),
        ENOUGH_FRAMES,
    )
    .await?;
    plays_one_match(&peer)?;
    drop((page, peer));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_page_is_missed_and_comes_back() -> Result<()> {
    freeze_and_wake("frozen", FROZEN).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_frozen_for_long_comes_back_by_itself() -> Result<()> {
    freeze_and_wake("deep-frozen", ASLEEP).await
}

/// A player is stopped for so long, and woken; then both play on in the match that they were in.
async fn stop_and_wake(name: &str, time: Duration) -> Result<()> {
    let server = Server::without_pages().await?;
    let room = server.create_room().await?;
    let signaling = server.signaling();
    let mut stopped = NativePeer::join(name, &signaling, &room, NATIVE_SECONDS).await?;
    let other = format!("{name}-peer");
    let mut peer = NativePeer::join(&other, &signaling, &room, NATIVE_SECONDS).await?;
    both_play(Player::Native(&mut stopped), Player::Native(&mut peer)).await?;

    let (seat, _) = standing(stopped.status()?)?;
    stopped.signal("STOP").await?;
    let reached = outlive(&mut peer, time).await?;
    stopped.signal("CONT").await?;
    let woken = Instant::now();
    is_back(Player::Native(&mut stopped), seat, reached).await?;
    eprintln!("back after {:.1?}", woken.elapsed());
    play(
        Player::Native(&mut stopped),
        Player::Native(&mut peer),
        ENOUGH_FRAMES,
    )
    .await?;
    plays_one_match(&peer)?;
    drop((stopped, peer));
    server.stop().await
}

/// As when a debugger stops the game.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_is_missed_and_comes_back() -> Result<()> {
    stop_and_wake("stopped", FROZEN).await
}

/// As when a laptop is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_for_long_comes_back_by_itself() -> Result<()> {
    stop_and_wake("asleep", ASLEEP).await
}
