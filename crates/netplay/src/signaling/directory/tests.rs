//! When a connection gives way to another one.

use super::*;

const PEER: PeerId = PeerId(uuid::Uuid::from_u128(1));

/// A peer whose first packet has just come.
fn heard() -> (Directory, Instant) {
    let directory = Directory::default();
    assert!(directory.admit(KnownPeer {
        id: PEER,
        here_before_us: false,
    }));
    directory.set_heard(PEER, 1);
    (directory, Instant::now())
}

#[test]
fn a_connection_that_is_heard_gives_way_to_no_other() {
    let (directory, now) = heard();
    assert!(!directory.admit_again(PEER, now));
    assert_eq!(directory.peers().len(), 1);
    let later = now + SILENCE_DEADLINE;
    assert!(
        directory.admit_again(PEER, later),
        "one that is silent does"
    );
    assert_eq!(directory.peers(), [], "until the other one is open");
    directory.set_open(PEER);
    assert_eq!(directory.peers().len(), 1);
    assert!(!directory.is_forsaken(PEER, later));
}

#[test]
fn a_peer_that_wants_to_begin_anew_and_falls_silent_has_done_so() {
    let (directory, now) = heard();
    let silent = now + SILENCE_DEADLINE;
    assert!(!directory.is_forsaken(PEER, silent), "silence alone heals");
    assert!(!directory.admit_again(PEER, now));
    assert!(!directory.is_forsaken(PEER, now));
    assert!(directory.is_forsaken(PEER, silent));
    assert!(!directory.is_forsaken(PEER, now + WISH), "long ago");
}

#[test]
fn another_connection_is_tried_unless_the_peer_has_left_or_is_banned() {
    let (directory, _) = heard();
    assert_eq!(directory.failures(PEER), None, "it lives");
    directory.set_over(PEER);
    assert_eq!(directory.failures(PEER), Some(0));
    assert!(directory.admit_again(PEER, Instant::now()));
    directory.set_over(PEER);
    assert_eq!(directory.failures(PEER), Some(1));
    directory.set_gone(PEER);
    assert_eq!(directory.failures(PEER), None, "it has left");
    directory.set_known(PEER);
    assert_eq!(directory.failures(PEER), Some(1), "and is back");
    directory.ban(PEER);
    assert_eq!(directory.failures(PEER), None);
}
