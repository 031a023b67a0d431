//! How far a handshake has come decides what passes.

use super::*;
use netplay::{
    signaling::{directory::MAX_ATTEMPTS, guard::AGAIN},
    transport::{KnownPeer, SignalingState},
};

#[test]
fn a_second_id_is_swallowed() {
    let (mut guard, directory) = guard();
    assert_eq!(directory.signaling(), SignalingState::Online);
    assert_eq!(guard.incoming(PeerEvent::IdAssigned(id(ME))), None);
    assert_eq!(guard.incoming(PeerEvent::IdAssigned(id(9))), None);
    assert_eq!(directory.local_id(), Some(id(ME)));
}

#[test]
fn a_newcomer_is_told_of_once() {
    let (mut guard, directory) = guard();
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none());
    assert!(guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_some());
    assert_eq!(directory.peers(), []);
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none(),
        "its handshake goes on"
    );
    let known = KnownPeer {
        id: id(OTHER),
        here_before_us: false,
    };
    assert_eq!(directory.peers(), [known]);
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(ME))).is_none(),
        "we are no newcomer"
    );
}

#[test]
fn whoever_offers_was_here_before() {
    let (mut guard, directory) = guard();
    assert!(hear(&mut guard, OTHER, offer()).is_some());
    assert_eq!(
        directory.peers(),
        [KnownPeer {
            id: id(OTHER),
            here_before_us: true
        }]
    );
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none(),
        "crossed offers deadlock"
    );
    assert!(hear(&mut guard, OTHER, offer()).is_none(), "a second offer");
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "an answer to no offer of ours"
    );
    assert!(say(&mut guard, OTHER, answer()).is_some());
    assert!(hear(&mut guard, OTHER, candidate()).is_some());
}

#[test]
fn an_answer_needs_an_offer() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "before our offer"
    );
    assert!(say(&mut guard, OTHER, offer()).is_some());
    let no_offer = PeerSignal::Offer("x".to_owned());
    assert!(hear(&mut guard, OTHER, no_offer).is_none());
    assert!(
        hear(&mut guard, OTHER, candidate()).is_none(),
        "before its answer"
    );
    let other_section = PeerSignal::Answer(answer_text().replace("a=mid:0", "a=mid:1"));
    assert!(
        hear(&mut guard, OTHER, other_section).is_none(),
        "of a section we did not offer"
    );
    let undecided = PeerSignal::Answer(CHROMIUM.to_owned());
    assert!(
        hear(&mut guard, OTHER, undecided).is_none(),
        "it must choose its part in DTLS"
    );
    assert!(hear(&mut guard, OTHER, answer()).is_some());
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "a second answer"
    );
    assert_eq!(directory.dropped(), 6);
}

#[test]
fn strangers_and_the_banned_are_not_heard() {
    let (mut guard, _) = guard();
    assert!(hear(&mut guard, OTHER, candidate()).is_none());
    assert!(hear(&mut guard, OTHER, answer()).is_none());
    assert!(hear(&mut guard, ME, offer()).is_none(), "our own id");
    assert!(
        say(&mut guard, OTHER, offer()).is_none(),
        "nobody told us of this one"
    );
}

#[test]
fn open_channels_outlive_signaling() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    directory.set_heard(id(OTHER), 1);
    assert!(guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_none());
    assert!(hear(&mut guard, OTHER, offer_in("new")).is_none());
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn channels_that_nothing_came_over_give_way_to_a_new_offer() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    assert!(say(&mut guard, OTHER, answer()).is_some());
    directory.set_open(id(OTHER));
    assert!(
        hear(&mut guard, OTHER, offer()).is_none(),
        "the same one twice"
    );
    assert!(hear(&mut guard, OTHER, offer_in("new")).is_some());
    // A packet of the older socket says nothing of this one.
    directory.set_heard(id(OTHER), 1);
    assert!(
        say(&mut guard, OTHER, answer()).is_none(),
        "of the older one"
    );
    assert!(say(&mut guard, OTHER, answer_in("new")).is_some());
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn each_further_offer_has_a_name_that_its_answer_repeats() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert!(say(&mut guard, OTHER, offer()).is_some());
    directory.set_over(id(OTHER));
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
    let offered = say(&mut guard, OTHER, offer()).expect("another offer");
    assert_eq!(
        mid(&offered),
        "again2",
        "not the name of the stack's own section"
    );
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "to the first offer"
    );
    assert!(
        hear(&mut guard, OTHER, candidate()).is_none(),
        "of the first attempt"
    );
    let heard = hear(&mut guard, OTHER, answer_in("again2")).expect("to the second");
    assert_eq!(mid(&heard), "0", "which our stack knows");
    let PeerSignal::IceCandidate(theirs) = hear(&mut guard, OTHER, candidate()).expect("theirs")
    else {
        panic!("a candidate became something else");
    };
    assert!(theirs.contains(r#""sdpMid":"0""#), "{theirs}");
    let PeerSignal::IceCandidate(ours) = say(&mut guard, OTHER, candidate()).expect("ours") else {
        panic!("a candidate became something else");
    };
    assert!(ours.contains(r#""sdpMid":"again2""#), "{ours}");
}

#[test]
fn the_side_that_answers_may_ask_for_another_offer() {
    let again = || PeerSignal::Offer(AGAIN.to_owned());
    let (mut answerer, _) = guard();
    assert!(
        say(&mut answerer, OTHER, again()).is_none(),
        "from a stranger"
    );
    hear(&mut answerer, OTHER, offer());
    let asked = say(&mut answerer, OTHER, again()).expect("it names the offer");
    assert_eq!(asked, PeerSignal::Offer(format!("{AGAIN} 0")));
    assert_eq!(
        hear(&mut answerer, OTHER, asked.clone()),
        None,
        "it does not offer"
    );

    let (mut offerer, _) = guard();
    let ask = |guard: &mut Guard, text: &str| {
        guard.incoming(PeerEvent::Signal {
            sender: id(OTHER),
            data: PeerSignal::Offer(text.to_owned()),
        })
    };
    assert_eq!(ask(&mut offerer, "again 0"), None, "a stranger");
    offerer.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert_eq!(ask(&mut offerer, "again 0"), None, "before our offer");
    assert!(say(&mut offerer, OTHER, offer()).is_some());
    assert!(
        say(&mut offerer, OTHER, again()).is_none(),
        "who offers does not ask"
    );
    for stray in ["again", "again ", "again 1", "again0", "again 0 0"] {
        assert_eq!(ask(&mut offerer, stray), None, "{stray}");
    }
    let begins = Some(PeerEvent::NewPeer(id(OTHER)));
    assert_eq!(ask(&mut offerer, "again 0"), begins);
    assert_eq!(ask(&mut offerer, "again 0"), None, "it does already");
    for attempt in 2..=2 * MAX_ATTEMPTS {
        let may = attempt < MAX_ATTEMPTS;
        say(&mut offerer, OTHER, offer());
        let asked = ask(&mut offerer, &format!("again again{attempt}"));
        assert_eq!(asked.is_some(), may, "{attempt}");
    }

    let (mut offerer, directory) = guard();
    offerer.incoming(PeerEvent::NewPeer(id(OTHER)));
    say(&mut offerer, OTHER, offer());
    directory.set_heard(id(OTHER), 1);
    assert_eq!(ask(&mut offerer, "again 0"), None, "it is open");
    directory.ban(id(OTHER));
    assert_eq!(ask(&mut offerer, "again 0"), None, "it is banned");
}

#[test]
fn who_left_after_its_attempt_failed_is_told_of() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    directory.set_over(id(OTHER));
    assert!(
        guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_some(),
        "so that nobody tries again"
    );
    assert!(guard.incoming(PeerEvent::PeerLeft(id(3))).is_none());
}

/// Two guards, of which each was told that the other one has come.
fn crossed() -> [(Guard, u128); 2] {
    [(1, 2), (2, 1)].map(|(me, other)| {
        let mut guard = Guard::new(Directory::default());
        guard.incoming(PeerEvent::IdAssigned(id(me)));
        assert!(guard.incoming(PeerEvent::NewPeer(id(other))).is_some());
        (guard, other)
    })
}

fn hear_event(guard: &mut Guard, sender: u128, data: PeerSignal) -> Option<PeerEvent> {
    let sender = id(sender);
    guard.incoming(PeerEvent::Signal { sender, data })
}

#[test]
fn of_two_offers_that_cross_one_yields_at_once() {
    for first_is_lost in [false, true] {
        let [(mut small, to_large), (mut large, to_small)] = crossed();
        let first = say(&mut small, to_large, offer()).expect("ours");
        let other = say(&mut large, to_small, offer()).expect("theirs");
        if !first_is_lost {
            assert!(hear(&mut large, to_small, first).is_some(), "it yields");
            assert!(say(&mut large, to_small, answer()).is_some());
        }
        // The smaller id's stands, and is made anew: the first one may have been lost.
        let again = hear_event(&mut small, to_large, other.clone());
        assert_eq!(again, Some(PeerEvent::NewPeer(id(to_large))));
        assert_eq!(hear_event(&mut small, to_large, other), None, "twice");
        let second = say(&mut small, to_large, offer()).expect("anew");
        let heard = hear(&mut large, to_small, second.clone()).expect("it yields");
        let answered = say(&mut large, to_small, answer_in(mid(&heard))).expect("an answer");
        assert!(hear(&mut small, to_large, answered).is_some());
        assert!(hear(&mut large, to_small, second).is_none(), "twice");
    }
}

#[test]
fn an_answered_offer_yields_to_nobody() {
    let [(mut small, to_large), (mut large, to_small)] = crossed();
    for (guard, other) in [(&mut small, to_large), (&mut large, to_small)] {
        say(guard, other, offer());
        assert!(hear(guard, other, answer()).is_some());
        assert_eq!(hear_event(guard, other, offer()), None);
    }
}
