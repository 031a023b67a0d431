//! Bringing players together: a page makes a room, and others open its link.

use std::time::Duration;

use anyhow::Result;

use crate::{
    browser::Browser,
    peer::NativePeer,
    play::{Player, until},
    server::Server,
};

/// From the first page to the first frames of a match. The module alone takes a browser seconds
/// to compile.
const START: Duration = Duration::from_secs(120);

/// Confirmed frames of a match that has begun.
const BEGUN: u32 = 60;

/// Opens a page that makes a room, plays by itself, and gives the room's code.
async fn make_room(server: &Server, page: &Browser) -> Result<String> {
    page.open(&server.page("?autopilot=1&create=1&name=Ada"))
        .await?;
    let link = page.invitation().await?;
    Ok(link.rsplit('#').next().unwrap_or_default().to_owned())
}

/// Lets `first` make a room, and opens its link in `second`.
///
/// # Errors
/// When a page cannot be opened, or makes no room.
pub async fn pages(server: &Server, first: &Browser, second: &Browser) -> Result<()> {
    let code = make_room(server, first).await?;
    second
        .open(&server.page(&format!("?autopilot=1&name=Bob#{code}")))
        .await
}

/// Lets `page` make a room and a native peer join it for `seconds`, its logs under `name`.
///
/// # Errors
/// When the page makes no room, or the peer cannot be started.
pub async fn page_and_peer(
    server: &Server,
    page: &Browser,
    name: &str,
    seconds: u64,
) -> Result<NativePeer> {
    let code = make_room(server, page).await?;
    NativePeer::join(name, &server.signaling(), &code, seconds).await
}

/// Waits until both are in the midst of a match.
///
/// # Errors
/// When they do not come to it in time.
pub async fn both_play(mut one: Player<'_>, mut other: Player<'_>) -> Result<()> {
    until("the match", START, async || {
        let both = [one.latest().await?, other.latest().await?];
        let plays = both
            .iter()
            .flatten()
            .filter(|told| told.status.confirmed > BEGUN);
        Ok((plays.count() == 2).then_some(()))
    })
    .await
}
