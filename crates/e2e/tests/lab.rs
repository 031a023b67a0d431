//! Two scenes with a bad network between them, set at the panel by pointer while they play.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use e2e::{
    browser::Browser,
    hands::Hands,
    place::output,
    play::{PACE, Pace, until},
    record::{Record, Told, common},
    screen::{Control, button, controls, resize},
    server::Server,
    status::Status,
};

/// The module takes a browser seconds to compile.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long is played over the bad network.
const PLAYED: Duration = Duration::from_secs(8);

/// A window in which the panel is open, and one that is drawn fast.
const LARGE: (u32, u32) = (960, 600);
const SMALL: (u32, u32) = (480, 320);

/// What both scenes tell, once it is so of both.
async fn both(browser: &Browser, what: &str, is_so: fn(&Status) -> bool) -> Result<()> {
    until(what, PATIENCE, async || {
        let statuses = browser.statuses().await?;
        let all = statuses.len() == 2 && statuses.iter().all(is_so);
        Ok(all.then_some(()))
    })
    .await
}

/// Sets a slider to `share`, from 0 to 1, by pressing it where its thumb's middle is then.
async fn set(hands: &Hands<'_>, slider: &Control, share: f64) -> Result<()> {
    // The thumb takes some of its width.
    let travel = slider.width * 0.95;
    let (x, y) = slider.center();
    hands.press_at((x + travel * (share - 0.5), y)).await
}

/// Plays for a while, and gives the number of rollbacks that each scene had meanwhile.
async fn rollbacks(browser: &Browser) -> Result<[u64; 2]> {
    let mut records = [Record::default(), Record::default()];
    let mut paces = [Pace::default(), Pace::default()];
    let mut rollbacks = [0; 2];
    until("both to have played", PATIENCE, async || {
        let statuses = browser.statuses().await?;
        ensure!(statuses.len() == 2, "a scene is gone: {statuses:?}");
        for (scene, status) in statuses.into_iter().enumerate() {
            // Another match counts from 0.
            let before = records[scene]
                .latest()
                .map_or(status.rollbacks, |before| before.rollbacks);
            rollbacks[scene] += status.rollbacks.saturating_sub(before);
            let at = Instant::now();
            let told = Told { at, status };
            records[scene].note(&told)?;
            paces[scene].note(&told);
        }
        let all = paces.iter().all(|pace| pace.played() >= PLAYED);
        Ok(all.then_some(()))
    })
    .await?;
    let compared = common(&records[0], &records[1])?;
    ensure!(compared > 0, "no worlds were compared");
    for (record, pace) in records.iter().zip(&paces) {
        eprintln!("{}", record.summary()?);
        ensure!(pace.rate() >= PACE, "{:.1} frames a second", pace.rate());
    }
    Ok(rollbacks)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_scenes_play_on_over_150_ms_and_10_percent_loss() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::device("lab", LARGE.0, LARGE.1).await?;
    let hands = Hands::on(&browser);
    browser.open(&server.page("?scenes=2&autopilot=1")).await?;
    both(&browser, "a match", |status| status.phase == "match").await?;
    button(&browser, "Hide the network (N)").await?;
    let mut sliders = controls(&browser).await?;
    sliders.retain(|control| control.text.is_empty());
    sliders.sort_by(|one, other| one.top.total_cmp(&other.top));
    let [latency, _jitter, loss, _delay] = &sliders[..] else {
        bail!("no four sliders: {sliders:?}");
    };
    set(&hands, latency, 150.0 / 400.0).await?;
    set(&hands, loss, 10.0 / 40.0).await?;
    let (width, height) = LARGE;
    let picture = output()?.join(format!("lab-{width}x{height}.png"));
    browser.screenshot(&picture).await?;
    hands.press("Hide the network (N)").await?;
    // What was set, as the folded panel tells it.
    button(&browser, "Network: 150 ms, 10 %").await?;
    resize(&browser, SMALL).await?;

    both(&browser, "the bad network", |status| {
        status.rtt_ms >= 135.0 && status.loss >= 0.03
    })
    .await?;
    for rollbacks in rollbacks(&browser).await? {
        ensure!(rollbacks > 20, "nothing was predicted: {rollbacks}");
    }
    for status in browser.statuses().await? {
        ensure!(status.rtt_ms < 400.0, "{status:?}");
    }
    drop(browser);
    server.stop().await
}
