//! What goes wrong reaches the player as a sentence.

use std::time::Duration;

use anyhow::Result;
use e2e::{
    browser::Browser,
    play::until,
    server::{Server, deserted},
};

/// Longer than the game's own deadline for a connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens `url` and waits for the sentence of the failure.
async fn failure(browser: &Browser, url: &str) -> Result<String> {
    browser.open(url).await?;
    until("a failure", PATIENCE, async || {
        let status = browser
            .status()
            .await?
            .filter(|status| status.phase == "failed");
        Ok(status.and_then(|status| status.failure))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_and_a_server_that_is_down_are_told() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::chromium("failures", 480, 320).await?;

    let no_room = failure(&browser, &server.page("?autopilot=1#222222")).await?;
    let no_code = failure(&browser, &server.page("?autopilot=1#%3Cscript%3E")).await?;
    let down = format!("?autopilot=1&server={}#222222", deserted()?);
    let no_server = failure(&browser, &server.page(&down)).await?;

    for sentence in [&no_room, &no_code, &no_server] {
        println!("the player reads: {sentence}");
        assert!(
            sentence.ends_with('.') && sentence.contains(' '),
            "not a sentence: {sentence}"
        );
    }
    assert_ne!(no_room, no_server);
    drop(browser);
    server.stop().await
}
