//! Each operation, over three nodes.

use super::*;
use futures::future::join_all;

#[tokio::test]
async fn peers_of_three_nodes_meet_and_exactly_one_of_each_pair_is_told() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis, terms()).await;
    for (number, node) in [(1, &a), (2, &b), (3, &c), (4, &b)] {
        let entered = node
            .enter(bare("room"), number, number as u64)
            .await
            .unwrap();
        assert_eq!(entered.later, []);
    }
    assert_eq!(
        a.heard(3).await,
        [
            came(&[who(1, 1)], 2),
            came(&[who(1, 1)], 3),
            came(&[who(1, 1)], 4)
        ]
    );
    assert_eq!(
        b.heard(2).await,
        [came(&[who(2, 2)], 3), came(&[who(2, 2)], 4)]
    );
    assert_eq!(c.heard(1).await, [came(&[who(3, 3)], 4)]);

    let room = RoomKey::from("b:room".to_owned());
    assert!(a.store.signal(&room, peer(4), "text".into()));
    assert!(!b.store.signal(&room, peer(4), "one's own".into()));
    assert!(!a.store.signal(&room, peer(5), "nobody's".into()));
    assert!(
        !a.store
            .signal(&RoomKey::from("b:other".to_owned()), peer(4), "".into())
    );
    let signal = Notice::Signal {
        room,
        receiver: peer(4),
        text: "text".into(),
    };
    assert_eq!(b.heard(1).await, [signal]);

    b.store.leave(who(2, 2));
    assert_eq!(b.heard(1).await, [left(&[who(4, 4)], 2)]);
    assert_eq!(a.heard(1).await, [left(&[who(1, 1)], 2)]);
    assert_eq!(c.heard(1).await, [left(&[who(3, 3)], 2)]);
}

#[tokio::test]
async fn a_peer_returns_to_its_place_on_any_node_and_nobody_else_is_told() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis, terms()).await;
    let first = a.enter(bare("room"), 1, 1).await.unwrap();
    b.enter(bare("room"), 2, 2).await.unwrap();
    a.enter(bare("room"), 3, 3).await.unwrap();
    assert_eq!((a.heard(2).await.len(), b.heard(1).await.len()), (2, 1));

    let second = c.enter(bare("room"), 1, 10).await.unwrap();
    assert_eq!(second.later, [peer(2), peer(3)]);
    assert!(second.order > first.order);
    assert_eq!(a.heard(1).await, [replaced(1, 1)]);
    // The older connection's end comes late, and ends nothing.
    a.store.leave(who(1, 1));
    let third = c.enter(bare("room"), 1, 11).await.unwrap();
    assert!(third.order > second.order);
    assert_eq!(c.heard(1).await, [replaced(1, 10)]);
    // Signals find the way to where it is now.
    assert!(b.store.signal(&third.room, peer(1), "text".into()));
    assert!(matches!(c.heard(1).await[0], Notice::Signal { .. }));
    for node in [&a, &b, &c] {
        node.settle().await;
        assert_eq!(node.heard(0).await, []);
    }
}

#[tokio::test]
async fn a_peer_has_one_place_on_all_nodes() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, _] = three(&redis, terms()).await;
    a.enter(bare("here"), 1, 1).await.unwrap();
    a.enter(bare("here"), 2, 2).await.unwrap();
    assert_eq!(a.heard(1).await, [came(&[who(1, 1)], 2)]);
    b.enter(bare("there"), 2, 20).await.unwrap();
    let mut heard = a.heard(2).await;
    heard.sort_by_key(|notice| matches!(notice, Notice::PeerLeft { .. }));
    assert_eq!(heard, [replaced(2, 2), left(&[who(1, 1)], 2)]);
    // Also on one node.
    b.enter(bare("elsewhere"), 2, 21).await.unwrap();
    assert_eq!(b.heard(1).await, [replaced(2, 20)]);
    // Whoever is refused keeps its place.
    b.enter(group("small", 1), 3, 3).await.unwrap();
    let full = Charter {
        capacity: 2,
        ..charter("K7M2QX")
    };
    for number in [4, 5] {
        a.enter(ticket(full.clone()), number, number as u64)
            .await
            .unwrap();
    }
    assert_eq!(a.heard(1).await, [came(&[who(4, 4)], 5)]);
    let refused = b.enter(ticket(full), 2, 22).await;
    assert_eq!(refused, Err(Refused::RoomFull(2)));
    b.settle().await;
    assert_eq!(b.heard(0).await, []);
}

#[tokio::test]
async fn groups_gather_over_all_nodes() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = three(&redis, terms()).await;
    let mut rooms = Vec::new();
    for number in 0..7 {
        let node = &nodes[number as usize % 3];
        rooms.push(node.enter(group("room", 3), number, 0).await.unwrap().room);
    }
    assert!(rooms[0] == rooms[1] && rooms[0] == rooms[2] && rooms[3] == rooms[5]);
    assert!(rooms[2] != rooms[3] && rooms[5] != rooms[6]);
    // A place in a complete group is found again, and another size is another group.
    let returned = nodes[1].enter(group("room", 3), 0, 1).await.unwrap();
    assert_eq!(
        (&returned.room, returned.later),
        (&rooms[0], vec![peer(1), peer(2)])
    );
    let other = nodes[1].enter(group("room", 4), 8, 0).await.unwrap();
    assert!(!rooms.contains(&other.room));
}

#[tokio::test]
async fn created_rooms_are_found_filled_sealed_and_closed_from_every_node() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis, terms()).await;
    let charter = Charter {
        capacity: 3,
        ..public("K7M2QX", 77)
    };
    let made = a.store.create(&charter).await.unwrap();
    assert_eq!((made.charter, made.peers.len()), (charter.clone(), 0));
    assert_eq!(b.store.create(&charter).await, Err(Refused::Taken));
    assert_eq!(b.store.find("K7M2QW").await, Err(Refused::NoSuchRoom));
    for (number, node) in [(1, &a), (2, &b)] {
        node.enter(ticket(charter.clone()), number, number as u64)
            .await
            .unwrap();
    }
    assert_eq!(
        c.enter(bare("k7m2qx"), 3, 3).await,
        Err(Refused::TicketRequired)
    );
    let other_birth = Charter {
        born: 78,
        ..charter.clone()
    };
    assert_eq!(
        c.enter(ticket(other_birth), 3, 3).await,
        Err(Refused::BadTicket)
    );

    assert_eq!(
        c.store.seal("K7M2QX", peer(2), true).await,
        Err(Refused::NotOwner)
    );
    assert!(c.store.seal("K7M2QX", peer(1), true).await.unwrap().sealed);
    assert_eq!(
        c.enter(ticket(charter.clone()), 3, 3).await,
        Err(Refused::RoomSealed)
    );
    // Whoever was here may return, also by another id.
    b.store.leave(who(2, 2));
    b.settle().await;
    let door = Door::Ticket {
        charter: charter.clone(),
        formerly: Some(peer(2)),
    };
    c.enter(door, 4, 4).await.unwrap();
    assert!(!a.store.seal("K7M2QX", peer(1), false).await.unwrap().sealed);
    b.enter(ticket(charter.clone()), 3, 3).await.unwrap();
    assert_eq!(
        c.enter(ticket(charter.clone()), 5, 5).await,
        Err(Refused::RoomFull(3))
    );
    let state = b.store.find("K7M2QX").await.unwrap();
    assert_eq!(state.peers, [peer(1), peer(4), peer(3)]);
    assert_eq!(state.known, [peer(1), peer(2), peer(4), peer(3)]);

    for node in [&a, &b, &c] {
        node.settle().await;
        node.ears.0.lock().unwrap().clear();
    }
    assert_eq!(
        a.store.close("K7M2QX", peer(4)).await,
        Err(Refused::NotOwner)
    );
    b.store.close("K7M2QX", peer(1)).await.unwrap();
    for (node, number) in [(&a, 1), (&b, 3), (&c, 4)] {
        let to = vec![who(number, number as u64)];
        assert_eq!(node.heard(1).await, [Notice::Closed { to }]);
    }
    assert_eq!(a.store.find("K7M2QX").await, Err(Refused::NoSuchRoom));
    assert_eq!(
        a.store.close("K7M2QX", peer(1)).await,
        Err(Refused::NoSuchRoom)
    );
    // The code is free, and a ticket of then is none for the next.
    c.store.create(&public("K7M2QX", 99)).await.unwrap();
    assert_eq!(
        a.enter(ticket(charter), 1, 5).await,
        Err(Refused::BadTicket)
    );
}

#[tokio::test]
async fn rooms_are_listed_by_age_in_pages() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, _] = three(&redis, terms()).await;
    // Two of one birth are told apart by their codes.
    let rooms = [
        ("BBBBB2", 5),
        ("BBBBB3", 7),
        ("BBBBB4", 7),
        ("BBBBB5", 9),
        ("BBBBB6", 2),
    ];
    for (number, (code, born)) in (1..).zip(rooms) {
        a.enter(ticket(public(code, born)), number, 0)
            .await
            .unwrap();
    }
    let version: VersionTag = "v2".parse().unwrap();
    let other = Charter {
        version: version.clone(),
        ..public("BBBBB7", 8)
    };
    a.enter(ticket(other), 6, 0).await.unwrap();
    // Neither empty, private nor sealed ones are listed.
    a.store.create(&public("BBBBB8", 4)).await.unwrap();
    a.enter(ticket(charter("BBBBB9")), 7, 0).await.unwrap();
    a.store.seal("BBBBB6", peer(5), true).await.unwrap();

    let mut listing = Listing {
        version: None,
        after: None,
        limit: 2,
    };
    let mut codes = Vec::new();
    loop {
        let page = b.store.list(&listing).await.unwrap();
        codes.extend(page.rooms.into_iter().map(|room| room.charter.code));
        listing.after = page.next;
        if listing.after.is_none() {
            break;
        }
    }
    assert_eq!(codes, ["BBBBB5", "BBBBB7", "BBBBB3", "BBBBB4", "BBBBB2"]);
    let listing = Listing {
        version: Some(version),
        after: None,
        limit: 1,
    };
    let page = b.store.list(&listing).await.unwrap();
    assert_eq!((page.rooms.len(), page.next), (1, None));
}

#[tokio::test]
async fn quick_match_fills_rooms_before_it_makes_others() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = three(&redis, terms()).await;
    let codes: Vec<String> = (0..16)
        .map(|n| format!("BBBB{}{}", n / 8 + 2, n % 8 + 2))
        .collect();
    let ask = |number: u128| {
        let nodes = &nodes;
        let charter = Charter {
            capacity: 4,
            ..public(&codes[number as usize], 5 + number as u64)
        };
        async move { nodes_quick(&nodes[number as usize % 3], number, &charter).await }
    };
    let sent = join_all((0..16).map(ask)).await;
    let mut counts = std::collections::BTreeMap::new();
    for code in &sent {
        *counts.entry(code).or_insert(0) += 1;
    }
    assert!(
        counts.len() == 4 && counts.values().all(|count| *count == 4),
        "{counts:?}"
    );
}

async fn nodes_quick(node: &TestNode, number: u128, charter: &Charter) -> String {
    let state = node.store.quick(peer(number), charter).await.unwrap();
    state.charter.code
}

#[tokio::test]
async fn the_rooms_of_all_nodes_are_bounded() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, _] = three(
        &redis,
        Terms {
            max_rooms: 3,
            ..terms()
        },
    )
    .await;
    a.enter(bare("one"), 1, 0).await.unwrap();
    b.enter(bare("two"), 2, 0).await.unwrap();
    a.store.create(&charter("BBBBB2")).await.unwrap();
    // The empty one gives way; those with peers do not.
    b.store.create(&charter("BBBBB3")).await.unwrap();
    assert_eq!(a.store.find("BBBBB2").await, Err(Refused::NoSuchRoom));
    a.enter(bare("three"), 3, 0).await.unwrap();
    assert_eq!(
        b.enter(bare("four"), 4, 0).await,
        Err(Refused::ServerFull(3))
    );
    assert_eq!(
        b.store.create(&charter("BBBBB4")).await,
        Err(Refused::ServerFull(3))
    );
    b.enter(bare("three"), 4, 0).await.unwrap();
}
