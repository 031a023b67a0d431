//! How many may come, and how often.

use super::*;
use netplay::signaling::{
    directory::{
        MAX_ATTEMPTS, MAX_ATTEMPTS_EVER, MAX_REMEMBERED, MAX_RETURN_ATTEMPTS, MAX_SOCKETS,
    },
    guard::MAX_CANDIDATES,
};

#[test]
fn a_new_offer_replaces_an_attempt_a_few_times() {
    let (mut guard, directory) = guard();
    for attempt in 1..2 * MAX_ATTEMPTS {
        let mid = format!("again{attempt}");
        let may = attempt <= MAX_ATTEMPTS;
        assert_eq!(
            hear(&mut guard, OTHER, offer_in(&mid)).is_some(),
            may,
            "{attempt}"
        );
        assert_eq!(say(&mut guard, OTHER, answer_in(&mid)).is_some(), may);
    }
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn peers_and_candidates_are_bounded() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    let passed = (0..3 * MAX_CANDIDATES)
        .filter(|_| hear(&mut guard, OTHER, candidate()).is_some())
        .count();
    assert_eq!(passed, MAX_CANDIDATES as usize);
    for number in 0..64_u128 {
        guard.incoming(PeerEvent::NewPeer(id(100 + number)));
        hear(&mut guard, 10_000 + number, offer());
    }
    assert_eq!(directory.peers().len(), MAX_SOCKETS);
}

#[test]
fn who_left_before_it_was_open_makes_room_for_others() {
    let (mut guard, directory) = guard();
    for number in 0..MAX_SOCKETS as u128 {
        assert!(
            guard
                .incoming(PeerEvent::NewPeer(id(100 + number)))
                .is_some()
        );
    }
    let newcomer = PeerEvent::NewPeer(id(OTHER));
    assert!(guard.incoming(newcomer.clone()).is_none(), "full");
    guard.incoming(PeerEvent::PeerLeft(id(103)));
    assert!(guard.incoming(newcomer).is_some());
    assert!(guard.incoming(PeerEvent::NewPeer(id(200))).is_none());
    assert_eq!(directory.peers().len(), MAX_SOCKETS);
    assert!(
        hear(&mut guard, 103, offer()).is_none(),
        "nor may it come back for now"
    );
}

#[test]
fn a_peer_whose_socket_is_gone_may_begin_anew_a_few_times() {
    // Over which of its sockets a packet comes, and how many it gets.
    let cases: [(fn(u32) -> bool, u32); 3] = [
        (|_| false, MAX_ATTEMPTS),
        (|attempt| attempt == 1, 1 + MAX_RETURN_ATTEMPTS),
        (|_| true, MAX_ATTEMPTS_EVER),
    ];
    for (is_heard, most) in cases {
        let (mut guard, directory) = guard();
        guard.incoming(PeerEvent::NewPeer(id(OTHER)));
        for attempt in 1..most + 4 {
            let may = attempt < most;
            // One that was there is known again when it is there again.
            let is_known = attempt <= most && !(1..attempt).any(is_heard);
            assert_eq!(directory.peers().len(), usize::from(is_known));
            assert!(
                hear(&mut guard, OTHER, offer()).is_none(),
                "while it has a socket, or after too many"
            );
            if is_heard(attempt) {
                directory.set_heard(id(OTHER), attempt);
            }
            directory.set_over(id(OTHER));
            assert_eq!(directory.peers(), []);
            assert!(hear(&mut guard, OTHER, candidate()).is_none());
            // It may be told of, or offer by itself: who came first stays as it was.
            if attempt % 2 == 0 {
                let event = guard.incoming(PeerEvent::NewPeer(id(OTHER)));
                assert_eq!(event.is_some(), may);
                let offered = say(&mut guard, OTHER, offer());
                assert_eq!(offered.is_some(), may);
                if let Some(offered) = offered {
                    let answer = answer_in(mid(&offered));
                    assert!(hear(&mut guard, OTHER, answer).is_some());
                }
            } else {
                assert_eq!(hear(&mut guard, OTHER, offer()).is_some(), may);
                assert_eq!(say(&mut guard, OTHER, answer()).is_some(), may);
            }
            assert!(directory.peers().iter().all(|peer| !peer.here_before_us));
        }
    }
}

#[test]
fn the_banned_stay_out_and_the_forgotten_are_strangers() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    directory.ban(id(OTHER));
    directory.set_over(id(OTHER));
    assert!(hear(&mut guard, OTHER, offer()).is_none());
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none());
    for number in 0..MAX_REMEMBERED as u128 {
        let stranger = id(100 + number);
        assert!(guard.incoming(PeerEvent::NewPeer(stranger)).is_some());
        directory.set_over(stranger);
    }
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
}
