//! Two ends of a connection that say a word to each other, natively and in a page.

use bytes::Bytes;
use futures_timer::Delay;
use netplay::transport::{Channel, Transport, matchbox::MatchboxTransport};
use protocol::PeerId;
use std::time::Duration;
use web_time::Instant;

/// How long anything that is waited for may take.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until `done`, looking again every few milliseconds. `what` is that, in words.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < DEADLINE, "it takes too long until {what}");
        Delay::new(Duration::from_millis(2)).await;
    }
}

/// A peer's id, once signaling has assigned it.
pub async fn id_of(peer: &MatchboxTransport) -> PeerId {
    until("signaling says who we are", || peer.local_id().is_some()).await;
    peer.local_id().expect("assigned")
}

/// Says a word on the reliable channel until the other has heard it.
pub async fn say(from: &mut MatchboxTransport, to: &mut MatchboxTransport, word: &str) {
    let (from_id, to_id) = (id_of(from).await, id_of(to).await);
    until(word, || {
        from.send(
            to_id,
            Channel::Reliable,
            Bytes::copy_from_slice(word.as_bytes()),
        );
        // Whatever has come to the speaker is of no interest here, but must not pile up.
        while from.receive().is_some() {}
        let mut heard = false;
        while let Some((sender, _, packet)) = to.receive() {
            heard |= sender == from_id && packet == word.as_bytes();
        }
        heard
    })
    .await;
}
