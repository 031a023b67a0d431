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

/// Whether a peer counts another one to its room.
pub fn knows(peer: &MatchboxTransport, other: PeerId) -> bool {
    peer.known_peers().iter().any(|known| known.id == other)
}

/// Waits until two peers whose connection has ended know each other again.
pub async fn know_again(a: &mut MatchboxTransport, b: &mut MatchboxTransport) {
    let (a_id, b_id) = (id_of(a).await, id_of(b).await);
    until("they know each other again", || {
        for peer in [&mut *a, &mut *b] {
            while peer.receive().is_some() {}
            while peer.take_closed().is_some() {}
        }
        knows(a, b_id) && knows(b, a_id)
    })
    .await;
}

/// Has one of two peers, the other one, and both hang up, several times; each time they meet again.
pub async fn part_and_meet_again(a: &mut MatchboxTransport, b: &mut MatchboxTransport) {
    let (a_id, b_id) = (id_of(a).await, id_of(b).await);
    for (a_does, b_does) in [(true, false), (false, true), (true, true)].repeat(3) {
        if a_does {
            a.hang_up(b_id);
            assert!(!knows(a, b_id));
        }
        if b_does {
            b.hang_up(a_id);
            assert!(!knows(b, a_id));
        }
        know_again(a, b).await;
        say(a, b, "again").await;
        say(b, a, "indeed").await;
    }
}
