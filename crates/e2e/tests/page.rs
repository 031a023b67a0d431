//! The page around the game: loading, what it says when it cannot run, offline, below a path.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use e2e::{
    browser::Browser,
    client::WebClient,
    place::output,
    play::{Player, until},
    prefix::Prefix,
    server::Server,
};
use serde_json::{Value, json};

/// The module takes a browser seconds to compile, and several browsers longer.
const PATIENCE: Duration = Duration::from_secs(90);

/// Confirmed frames of a match that is played.
const PLAYED: u32 = 120;

/// Collects what a developer would see in red.
const COLLECT_COMPLAINTS: &str = "
    window.complaints = [];
    const complain = (text) => window.complaints.push(String(text));
    const said = console.error;
    console.error = (...words) => { complain(words.join(' ')); said.apply(console, words); };
    addEventListener('error', (event) =>
        complain(event.message || `${event.target.src || event.target.href} is missing`), true);
    addEventListener('unhandledrejection', (event) => complain(event.reason));
    addEventListener('securitypolicyviolation', (event) =>
        complain(`${event.violatedDirective} ${event.blockedURI}`), true);";

/// Waits until the page has failed, and gives what it says: what happened, and what to do.
async fn trouble(browser: &Browser) -> Result<(String, String)> {
    let ways = "!document.getElementById('loading-ways').hidden";
    browser.holds("the page to say what is wrong", ways).await?;
    let text = async |id: &str| -> Result<String> {
        let script = format!("return document.getElementById('{id}').innerText");
        let text = browser.evaluate(&script).await?;
        Ok(text.as_str().context("an element has a text")?.to_owned())
    };
    let link = text("loading-link").await?;
    ensure!(link == browser.url().await?, "{link} is no way out");
    let focus = browser
        .evaluate("return document.activeElement.id === 'loading-again'")
        .await?;
    ensure!(focus == json!(true), "the way out has no focus");
    Ok((text("loading-text").await?, text("loading-advice").await?))
}

async fn complaints(browser: &Browser) -> Result<Vec<Value>> {
    let complaints = browser.evaluate("return window.complaints").await?;
    Ok(complaints.as_array().cloned().unwrap_or_default())
}

/// Waits until the page is kept for offline play.
async fn is_kept(browser: &Browser) -> Result<()> {
    browser
        .evaluate(
            "window.kept = false;
             navigator.serviceWorker.ready.then((ready) => {
                 const active = () => { window.kept = ready.active.state === 'activated'; };
                 ready.active.addEventListener('statechange', active);
                 active();
             });",
        )
        .await?;
    browser.holds("the page to be kept", "window.kept").await
}

async fn plays(browser: &Browser) -> Result<()> {
    until("some play", PATIENCE, async || {
        let status = browser.status().await?;
        let played = status.is_some_and(|s| s.phase == "match" && s.confirmed > PLAYED);
        Ok(played.then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_lacks_is_told() -> Result<()> {
    let server = Server::with_web_client().await?;
    for (missing, script) in [
        ("WebAssembly", "delete window.WebAssembly"),
        ("WebRTC", "delete window.RTCPeerConnection"),
        ("WebGL 2", ""),
    ] {
        for (width, height) in [(390, 844), (1280, 720)] {
            let browser = match script {
                "" => Browser::chromium_without_graphics("lacking", width, height).await?,
                _ => Browser::device("lacking", width, height).await?,
            };
            browser.before_pages(script)?;
            browser.open(&server.page("?name=Ada#QKX7PM")).await?;
            let (what, advice) = trouble(&browser).await?;
            ensure!(what.contains(missing), "no {missing}, but: {what}");
            ensure!(advice.ends_with('.'), "no advice: {advice}");
            let size = browser
                .evaluate(
                    "const { scrollWidth, scrollHeight, clientWidth, clientHeight } =
                         document.getElementById('loading');
                     return scrollWidth <= clientWidth && scrollHeight <= clientHeight",
                )
                .await?;
            ensure!(size == json!(true), "the advice is cut off at {width}");
            let name = format!("lacking-{}-{width}x{height}.png", missing.replace(' ', ""));
            browser.screenshot(&output()?.join(name)).await?;
        }
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bar_follows_the_download() -> Result<()> {
    // Of the compressed module, for some ten seconds.
    const BYTES_PER_SECOND: u32 = 400_000;

    let server = Server::with_web_client().await?;
    for (width, height) in [(390, 844), (1280, 720)] {
        let browser = Browser::device("bar", width, height).await?;
        browser.before_pages(
            "window.seen = [];
             setInterval(() => {
                 const value = document.getElementById('loading-bar')?.value;
                 if (value !== window.seen.at(-1)) window.seen.push(value);
             }, 50);",
        )?;
        browser.slow_down(BYTES_PER_SECOND)?;
        browser.open(&server.page("")).await?;
        let half = "document.getElementById('loading-bar').value > 0.4";
        browser.holds("half of the download", half).await?;
        let name = format!("loading-{width}x{height}.png");
        browser.screenshot(&output()?.join(name)).await?;
        browser.draws(1).await?;
        let seen = browser.evaluate("return window.seen").await?;
        let seen: Vec<f64> = serde_json::from_value(seen)?;
        ensure!(seen.is_sorted(), "the bar went back: {seen:?}");
        ensure!(
            seen.last() == Some(&1.0),
            "the bar was never full: {seen:?}"
        );
        let between = seen.iter().filter(|part| (0.05..0.95).contains(*part));
        ensure!(between.count() >= 10, "the bar jumped: {seen:?}");
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_is_told_and_tried_again() -> Result<()> {
    let client = WebClient::copy()?;
    let server = Server::with_pages(client.folder()).await?;
    for ending in ["_bg.wasm", "-loader.js"] {
        let file = client.file(ending)?;
        let away = client.folder().join("away");
        fs::create_dir(&away)?;
        // With its compressed copies.
        let mut moved = Vec::new();
        for suffix in ["", ".br", ".gz"] {
            let from = format!("{}{suffix}", file.display());
            let to = away.join(format!("file{suffix}"));
            fs::rename(&from, &to)?;
            moved.push((to, from));
        }
        // A new one each time: it keeps nothing.
        let browser = Browser::chromium("broken", 480, 320).await?;
        browser.open(&server.page("")).await?;
        let (what, _) = trouble(&browser).await?;
        ensure!(what.contains("could not be loaded"), "{ending}: {what}");
        for (from, to) in moved {
            fs::rename(from, to)?;
        }
        fs::remove_dir(away)?;
        browser
            .evaluate("document.getElementById('loading-again').click()")
            .await?;
        browser.draws(1).await?;
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn practice_starts_offline_and_says_what_happens() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::chromium("offline", 480, 320).await?;
    browser.before_pages(COLLECT_COMPLAINTS)?;
    browser.open(&server.page("")).await?;
    browser.draws(1).await?;
    is_kept(&browser).await?;
    let title = browser.evaluate("return document.title").await?;
    ensure!(
        title == json!(concat!("Title - ", protocol::title!())),
        "it is titled {title}"
    );
    let complaints_online = complaints(&browser).await?;
    ensure!(complaints_online.is_empty(), "{complaints_online:?}");

    let practice = server.page("?practise=1&autopilot=1");
    server.stop().await?;
    browser.reload().await?;
    browser.draws(1).await?;
    browser.open(&practice).await?;
    plays(&browser).await?;
    let said = browser
        .evaluate("return document.getElementById('said').textContent")
        .await?;
    ensure!(
        said.as_str().is_some_and(|said| !said.is_empty()),
        "silence"
    );
    let complaints = complaints(&browser).await?;
    ensure!(complaints.is_empty(), "{complaints:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_path_everything_works() -> Result<()> {
    let server = Server::with_web_client().await?;
    let proxy = Prefix::start(server.address(), "/games/ball").await?;
    let first = Browser::chromium("path-1", 480, 320).await?;
    first.before_pages(COLLECT_COMPLAINTS)?;
    first
        .open(&proxy.page("?autopilot=1&create=1&name=Ada"))
        .await?;
    let link = first.invitation().await?;
    ensure!(link.contains("/games/ball/"), "{link} leads elsewhere");
    let second = Browser::chromium("path-2", 480, 320).await?;
    let code = link.rsplit('#').next().unwrap_or_default();
    second
        .open(&proxy.page(&format!("?autopilot=1&name=Bob#{code}")))
        .await?;
    e2e::meeting::both_play(Player::Page(&first, 0), Player::Page(&second, 0)).await?;
    is_kept(&first).await?;

    // What an installed game needs is there too.
    let missing = first
        .evaluate(
            "window.missing = null;
             (async () => {
                 const missing = [];
                 const link = document.querySelector('link[rel=manifest]');
                 const manifest = await (await fetch(link.href)).json();
                 const scope = new URL(manifest.scope, link.href).href;
                 for (const url of [manifest.start_url, ...manifest.shortcuts.map((s) => s.url)]) {
                     if (!new URL(url, link.href).href.startsWith(scope)) missing.push(url);
                 }
                 const touch = document.querySelector('link[rel=apple-touch-icon]');
                 const icons = [...manifest.icons, { src: touch.href, sizes: '180x180' }];
                 for (const { src, sizes } of icons) {
                     const image = new Image();
                     image.src = new URL(src, link.href);
                     await image.decode().catch(() => {});
                     if (`${image.naturalWidth}x${image.naturalHeight}` !== sizes) missing.push(src);
                 }
                 const cover = document.querySelector('meta[property=\"og:image\"]').content;
                 if (!(await fetch(cover)).ok) missing.push(cover);
                 window.missing = missing;
             })();",
        )
        .await;
    missing?;
    first
        .holds("the manifest", "window.missing !== null")
        .await?;
    let missing = first.evaluate("return window.missing").await?;
    ensure!(missing == json!([]), "missing: {missing}");
    let complaints = complaints(&first).await?;
    ensure!(complaints.is_empty(), "{complaints:?}");
    drop((first, second, proxy));
    server.stop().await
}

/// Whether the page and its styles are both those of the update; neither may be alone.
async fn is_new(browser: &Browser) -> Result<bool> {
    const NEW: &str = "return [document.body.hasAttribute('data-new'),
        getComputedStyle(document.documentElement).getPropertyValue('--new') !== '']";

    let [page, styles]: [bool; 2] = serde_json::from_value(browser.evaluate(NEW).await?)?;
    ensure!(page == styles, "old and new are mixed: {page}, {styles}");
    Ok(page)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_taken_whole() -> Result<()> {
    let client = WebClient::copy()?;
    let server = Server::with_pages(client.folder()).await?;
    let browser = Browser::chromium("update", 480, 320).await?;
    browser.open(&server.page("")).await?;
    browser.draws(1).await?;
    is_kept(&browser).await?;
    browser.reload().await?;
    browser.draws(1).await?;
    ensure!(!is_new(&browser).await?, "it is not there yet");

    let mark = |page: String| page.replacen("<body>", "<body data-new>", 1);
    client.update(mark, ":root { --new: 1; }").await?;
    // The next load is the new version already, though the old one is kept.
    browser.reload().await?;
    browser.draws(1).await?;
    ensure!(is_new(&browser).await?, "the update is not taken");

    // The old version goes when the new one is kept; and that one starts without the server.
    browser
        .evaluate(
            "window.versions = null;
             setInterval(async () => { window.versions = (await caches.keys()).length; }, 100);
             window.isNew = false;
             setInterval(async () => {
                 const page = await caches.match('./');
                 window.isNew = Boolean(page && (await page.text()).includes('data-new'));
             }, 100);",
        )
        .await?;
    browser
        .holds(
            "the new version alone to be kept",
            "window.versions === 1 && window.isNew",
        )
        .await?;
    server.stop().await?;
    browser.reload().await?;
    browser.draws(1).await?;
    ensure!(is_new(&browser).await?, "the update is not taken");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_keeps_its_own_keys() -> Result<()> {
    const CONTROL: u32 = 2;
    const COMMAND: u32 = 4;

    let server = Server::with_web_client().await?;
    let browser = Browser::chromium("keys", 480, 320).await?;
    browser.before_pages(
        "window.taken = {};
         addEventListener('keydown', (event) => setTimeout(() => {
             const name = (event.ctrlKey ? 'Control+' : '') + (event.metaKey ? 'Meta+' : '');
             window.taken[name + event.code] = event.defaultPrevented;
         }), true);",
    )?;
    browser.open(&server.page("?practise=1")).await?;
    plays(&browser).await?;
    for (key, code, modifiers) in [
        ("w", "KeyW", 0),
        ("ArrowUp", "ArrowUp", 0),
        ("F3", "F3", 0),
        ("F6", "F6", 0),
        ("F11", "F11", 0),
        ("F12", "F12", 0),
        ("u", "KeyU", CONTROL),
        ("l", "KeyL", COMMAND),
    ] {
        for kind in ["keyDown", "keyUp"] {
            browser.devtools(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": key, "code": code, "modifiers": modifiers }),
            )?;
        }
    }
    browser
        .holds("the keys", "Object.keys(window.taken).length === 8")
        .await?;
    let taken = browser.evaluate("return window.taken").await?;
    ensure!(
        taken
            == json!({
                "KeyW": true, "ArrowUp": true, "F3": true,
                "F6": false, "F11": false, "F12": false,
                "Control+KeyU": false, "Meta+KeyL": false,
            }),
        "{taken}"
    );

    // Tab goes through the title's buttons and fields, and after the last one to the browser.
    browser.open(&server.page("")).await?;
    let mut taken = 0;
    loop {
        // A few pictures, until the focus has moved.
        browser.draws(4).await?;
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({ "type": kind, "key": "Tab", "code": "Tab" });
            browser.devtools("Input.dispatchKeyEvent", parameters)?;
        }
        browser.holds("the key", "'Tab' in window.taken").await?;
        let tab = browser
            .evaluate("const { Tab } = window.taken; delete window.taken.Tab; return Tab")
            .await?;
        if tab == json!(false) {
            break;
        }
        taken += 1;
        ensure!(taken < 20, "Tab never leaves the game");
    }
    ensure!(taken >= 3, "Tab leaves the game after {taken} steps");
    drop(browser);
    server.stop().await
}
