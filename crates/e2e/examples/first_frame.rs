//! How long pages take to their first picture in headless Chromium, one beside the other in one run:
//! `first_frame EMPTY GAME`, two folders with built web clients. Used by `cargo xtask bench
//! first-frame`.

use std::{
    env,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result};
use e2e::{browser::Browser, play::until, server::Server};

/// How often each page is opened, each time by a browser that has never seen it.
const ROUNDS: usize = 5;

/// The size of the page.
const SIZE: (u32, u32) = (1280, 720);

const PATIENCE: Duration = Duration::from_secs(120);

/// Notes when the first picture was drawn by WebGL, and when the page's loading panel was gone: then
/// the player can press something. Milliseconds since the page was asked for.
const WATCH: &str = "
    window.firstFrame = { drawn: null, playable: null };
    for (const name of ['clear', 'drawArrays', 'drawElements', 'drawArraysInstanced',
            'drawElementsInstanced', 'clearBufferfv']) {
        const draw = WebGL2RenderingContext.prototype[name];
        WebGL2RenderingContext.prototype[name] = function (...rest) {
            firstFrame.drawn ??= performance.now();
            return draw.apply(this, rest);
        };
    }
    const look = () => {
        const panel = document.getElementById('loading');
        if (panel?.hidden) firstFrame.playable ??= performance.now();
        if (firstFrame.playable === null) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);";

/// What a page came to, in milliseconds.
#[derive(Clone, Copy)]
enum Moment {
    /// The first picture is drawn.
    Drawn,
    /// The title takes input.
    Playable,
}

async fn time(folder: &Path, moment: Moment) -> Result<f64> {
    let server = Server::with_pages(folder).await?;
    let browser = Browser::device("first-frame", SIZE.0, SIZE.1).await?;
    browser.before_pages(WATCH)?;
    browser.open(&server.page("")).await?;
    let script = match moment {
        Moment::Drawn => "return firstFrame.drawn",
        Moment::Playable => "return firstFrame.playable",
    };
    let time = until("the first picture", PATIENCE, async || {
        Ok(browser.evaluate(script).await?.as_f64())
    })
    .await?;
    drop(browser);
    server.stop().await?;
    Ok(time)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    let mut folders = env::args_os().skip(1);
    let [empty, game] = [folders.next(), folders.next()];
    let empty = empty.context("the first argument is the empty window's page")?;
    let game = game.context("the second argument is the game's page")?;
    let (mut of_empty, mut of_game) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_empty.push(time(empty.as_ref(), Moment::Drawn).await?);
        of_game.push(time(game.as_ref(), Moment::Playable).await?);
    }
    let (empty, game) = (median(&mut of_empty), median(&mut of_game));
    let table = format!(
        "until the first picture, the median of {ROUNDS} new browsers\n\
         {empty:9.0} ms  an empty window of the engine\n\
         {game:9.0} ms  the game's title, ready to be used: {:.2} of it\n",
        game / empty,
    );
    io::stdout().write_all(table.as_bytes())?;
    Ok(())
}
