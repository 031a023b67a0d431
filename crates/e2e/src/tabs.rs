//! A page behind another tab of its window: really hidden, and asked what it sees of that.
//!
//! WebDriver cannot look at a hidden page: to talk to a tab is to show it. So the page answers over
//! a `BroadcastChannel`, whose messages no browser holds back in hidden tabs, and whoever asks is
//! the tab in front.

use std::time::Instant;

use anyhow::{Context, Result};
use fantoccini::wd::WindowHandle;
use serde::Deserialize;
use serde_json::Value;

use crate::{browser::Browser, record::Told};

/// Lets the page count its pictures and answer.
const ANSWER: &str = "
    const channel = new BroadcastChannel('e2e');
    let pictures = 0;
    const draw = () => { pictures += 1; requestAnimationFrame(draw); };
    draw();
    channel.onmessage = () => channel.postMessage({
        visibility: document.visibilityState,
        pictures,
        // As text: WebDriver turns every number into a float.
        status: JSON.stringify(window.game.status()),
    });";

/// Asks the page from another one.
const ASK: &str = "
    const [done] = arguments;
    const channel = new BroadcastChannel('e2e');
    channel.onmessage = ({ data }) => { channel.close(); done(data); };
    channel.postMessage('how is it?');";

/// What a page behind another tab says.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `document.visibilityState`, as the page reads it.
    pub visibility: String,
    /// Animation frames that the page was given since it was covered.
    pub pictures: u64,
    /// What its only scene tells of itself.
    pub told: Told,
}

/// A page behind another tab.
pub struct Covered<'a> {
    browser: &'a Browser,
    page: WindowHandle,
}

impl<'a> Covered<'a> {
    /// Opens `url`, a document of the page's own origin, in a tab in front of the page.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn by(browser: &'a Browser, url: &str) -> Result<Self> {
        let client = browser.client();
        browser.evaluate(ANSWER).await?;
        let page = client.window().await?;
        let front = client.new_window(true).await?.handle;
        client.switch_to_window(front).await?;
        client.goto(url).await?;
        Ok(Self { browser, page })
    }

    /// What the page says now.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ask(&self) -> Result<Seen> {
        #[derive(Deserialize)]
        struct Answer {
            visibility: String,
            pictures: f64,
            status: String,
        }
        let answer: Value = self.browser.client().execute_async(ASK, vec![]).await?;
        let answer: Answer = serde_json::from_value(answer).context("no answer of ours")?;
        let at = Instant::now();
        let status = serde_json::from_str(&answer.status)
            .with_context(|| format!("no status: {}", answer.status))?;
        Ok(Seen {
            visibility: answer.visibility,
            pictures: answer.pictures as u64,
            told: Told { at, status },
        })
    }

    /// Closes the tab in front, and goes back to the page.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn uncover(self) -> Result<()> {
        let client = self.browser.client();
        client.close_window().await?;
        client.switch_to_window(self.page).await?;
        Ok(())
    }
}
