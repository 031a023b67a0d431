//! What users, addresses and all together may have, and what hostile packets leave behind.

use super::*;
use crate::limits::{
    MAX_TURN_PERMISSIONS, TURN_ALLOCATION_LIFETIME, TURN_ANSWERS_PER_SECOND,
    TURN_PERMISSION_LIFETIME,
};
use proptest::prelude::*;

#[test]
fn quotas_hold_for_users_addresses_and_all() {
    let mut test = Test::new(TurnQuotas {
        allocations: 5,
        user_allocations: 2,
        address_allocations: 3,
        ..quotas()
    });
    let mut users = Vec::new();
    for (last, port, name, expected) in [
        (1, 1, "9000:alice", 0),
        (1, 2, "9000:alice", 0),
        (2, 3, "9000:alice", 486),
        (1, 4, "9000:bob", 0),
        (1, 5, "9001:bob", 486),
        (2, 6, "9001:bob", 0),
        (3, 7, "9002:bob", 0),
        (4, 8, "9003:bob", 508),
    ] {
        let user = test.user(client(last, port), name, SECRET);
        assert_eq!(test.allocate(&user), expected, "{name} from {last}");
        users.push(user);
    }
    assert_eq!((test.allocations(), test.sockets()), (5, 5));
    // One that ends makes room, however it ends.
    let zero = |writer: Writer| writer.attribute(attribute::LIFETIME, &[0; 4]);
    assert_eq!(test.ask(&users[0], REFRESH, zero), 0);
    assert_eq!(test.allocate(&users[2]), 0);
    test.relay.forget(users[1].client);
    assert_eq!(test.allocate(&users[4]), 0);
    test.pass(TURN_ALLOCATION_LIFETIME);
    assert_eq!((test.allocations(), test.sockets()), (0, 0));
}

#[test]
fn a_user_relays_no_more_bytes_than_it_may() {
    let mut test = Test::new(TurnQuotas {
        bytes_per_second: 1_000,
        ..quotas()
    });
    let user = test.good(client(1, 1));
    assert_eq!(test.allocate(&user), 0);
    assert_eq!(test.permit(&user, &[PEER.0.into()]), 0);
    let packet = [0; 1_000];
    let peer = PEER.into();
    assert!(test.send(&user, peer, &packet));
    assert!(
        test.relay
            .hear_peer(user.client, peer, &packet, test.time)
            .is_some()
    );
    assert!(
        !test.send(&user, peer, &packet),
        "two seconds' worth at once"
    );
    assert!(
        test.relay
            .hear_peer(user.client, peer, &packet, test.time)
            .is_none()
    );
    test.pass(Duration::from_secs(1));
    assert!(test.send(&user, peer, &packet));
    assert!(!test.send(&user, peer, b"."));
}

#[test]
fn permissions_and_channels_are_bounded_and_expire() {
    let mut test = Test::new(quotas());
    let user = test.good(client(1, 1));
    assert_eq!(test.allocate(&user), 0);
    for last in 0..MAX_TURN_PERMISSIONS as u8 {
        assert_eq!(test.permit(&user, &[[198, 51, 100, last].into()]), 0);
    }
    assert_eq!(test.permit(&user, &[[198, 51, 100, 200].into()]), 508);
    assert_eq!(
        test.bind(&user, 0x4000, ([198, 51, 100, 201], 1).into()),
        508
    );
    assert_eq!(test.bind(&user, 0x4000, ([198, 51, 100, 1], 1).into()), 0);
    assert_eq!(
        test.bind(&user, 0x4000, ([198, 51, 100, 1], 1).into()),
        0,
        "again"
    );
    assert_eq!(test.bind(&user, 0x4000, ([198, 51, 100, 2], 1).into()), 400);
    assert_eq!(test.bind(&user, 0x4001, ([198, 51, 100, 1], 1).into()), 400);
    for no_channel in [0, 0x3fff, 0x7fff, 0xffff] {
        assert_eq!(
            test.bind(&user, no_channel, ([198, 51, 100, 3], 1).into()),
            400
        );
    }
    let peer = ([198, 51, 100, 5], 1).into();
    assert!(test.send(&user, peer, b"x"));
    test.pass(TURN_PERMISSION_LIFETIME);
    assert!(!test.send(&user, peer, b"x"));
    assert_eq!(
        test.permit(&user, &[[198, 51, 100, 200].into()]),
        0,
        "room again"
    );
}

#[test]
fn nobody_is_flooded_in_anothers_name() {
    let mut test = Test::new(quotas());
    let ask = Writer::new(BINDING, &[3; 12]).finish();
    let mut answers = 0;
    for port in 1..2_000 {
        answers += usize::from(test.answer(client(1, port), &ask).is_some());
    }
    assert_eq!(answers, usize::from(TURN_ANSWERS_PER_SECOND));
    test.pass(Duration::from_secs(1));
    assert!(test.answer(client(1, 1), &ask).is_some());
}

proptest! {
    #[test]
    fn hostile_packets_leave_nothing_behind(
        packets in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..120), any::<bool>()), 1..40),
        cut in 0usize..140,
        at in 0usize..140,
        to: u8,
    ) {
        let mut test = Test::new(quotas());
        let user = test.good(client(1, 1));
        prop_assert_eq!(test.allocate(&user), 0);
        prop_assert_eq!(test.permit(&user, &[PEER.0.into()]), 0);
        for (bytes, is_known) in packets {
            let from = if is_known { user.client } else { client(2, 2) };
            test.relay.hear_client(from, &bytes, test.time);
            let mut changed = test.request(&user, CHANNEL_BIND, |w| w.attribute(0x0c, &bytes));
            let at = at % changed.len();
            changed[at] = to;
            changed.truncate(cut.max(1));
            test.relay.hear_client(from, &changed, test.time);
            test.relay.hear_peer(from, PEER.into(), &bytes, test.time);
        }
        prop_assert!(test.allocations() == 1 && test.sockets() == 1);
    }
}
