//! What happens when a node or Redis dies, or is away for a while.

use super::*;

/// Soon given up for lost.
fn short() -> Terms {
    Terms {
        node_grace: Duration::from_secs(2),
        ..terms()
    }
}

/// Everything that the nodes were told, and nothing that is on its way.
async fn settle(nodes: &[&TestNode]) {
    for node in nodes {
        node.settle().await;
    }
    // What the first told Redis, the others have heard by now.
    for node in nodes {
        node.settle().await;
    }
}

#[tokio::test]
async fn a_dead_node_loses_only_its_own_and_they_resume_elsewhere() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis, short()).await;
    a.enter(bare("room"), 1, 1).await.unwrap();
    c.enter(bare("room"), 2, 2).await.unwrap();
    b.enter(bare("room"), 3, 3).await.unwrap();
    c.enter(bare("room"), 4, 4).await.unwrap();
    c.enter(bare("other"), 5, 5).await.unwrap();
    assert_eq!((a.heard(3).await.len(), b.heard(1).await.len()), (3, 1));
    drop(c);
    // One comes back in time, to another node, and keeps its place.
    let entered = a.enter(bare("room"), 2, 20).await.unwrap();
    assert_eq!(entered.later, [peer(3), peer(4)]);
    // The other does not, and is given up by those who are left, without anybody entering.
    assert_eq!(b.heard(1).await, [left(&[who(3, 3)], 4)]);
    assert_eq!(a.heard(1).await, [left(&[who(1, 1), who(2, 20)], 4)]);
    // Also where nobody else was, as the bound of rooms shows.
    eventually(|| redis.keys("peerball:room:*").len() == 1).await;
    assert_eq!(redis.keys("peerball:place:*").len(), 3);
    settle(&[&a, &b]).await;
    assert_eq!((a.heard(0).await, b.heard(0).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_node_that_goes_down_in_order_leaves_its_places_for_a_while() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, _] = three(&redis, terms()).await;
    a.enter(bare("room"), 1, 1).await.unwrap();
    for number in [2, 3, 4] {
        b.enter(bare("room"), number, 0).await.unwrap();
    }
    assert_eq!(a.heard(3).await.len(), 3);
    // One of them has left, and two may return.
    b.store.leave(who(4, 0));
    b.store.goodbye(Duration::from_secs(2)).await;
    assert_eq!(a.heard(1).await, [left(&[who(1, 1)], 4)]);
    let entered = a.enter(bare("room"), 2, 20).await.unwrap();
    assert_eq!(entered.later, [peer(3)]);
    assert_eq!(a.heard(1).await, [left(&[who(1, 1), who(2, 20)], 3)]);
}

#[tokio::test]
async fn rooms_form_again_in_a_redis_that_has_lost_its_data() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let [mut a, mut b, mut c] = three(&redis, terms()).await;
    let charter = public("K7M2QX", 77);
    for (number, node) in [(1, &a), (2, &b), (3, &c), (4, &a)] {
        node.enter(ticket(charter.clone()), number, 0)
            .await
            .unwrap();
        node.enter(bare("room"), 10 + number, 0).await.unwrap();
    }
    b.enter(bare("alone"), 20, 0).await.unwrap();
    let before = a.store.find("K7M2QX").await.unwrap();
    for (node, count) in [(&a, 6), (&b, 4), (&c, 2)] {
        node.settle().await;
        node.heard(count).await;
    }
    redis.kill();
    for node in [&mut a, &mut b, &mut c] {
        node.until(false).await;
        assert_eq!(node.enter(bare("room"), 99, 0).await, Err(Refused::Away));
        assert_eq!(node.store.find("K7M2QX").await, Err(Refused::Away));
        assert_eq!(node.store.create(&charter).await, Err(Refused::Away));
    }
    // Whoever has a place here, returns to it; nobody else knows.
    let entered = a.enter(bare("room"), 11, 5).await.unwrap();
    assert_eq!(entered.later, [peer(12), peer(13), peer(14)]);
    assert_eq!(a.heard(1).await, [replaced(11, 0)]);
    // Whoever leaves, has left for those who are here at once.
    a.store.leave(who(14, 0));
    assert_eq!(a.heard(1).await, [left(&[who(11, 5)], 14)]);
    b.store.leave(who(20, 0));

    redis.restart();
    for node in [&mut a, &mut b, &mut c] {
        node.until(true).await;
    }
    settle(&[&a, &b, &c]).await;
    // Only what has changed is told, and the rooms are as they were.
    assert_eq!(a.heard(0).await, []);
    assert_eq!(b.heard(1).await, [left(&[who(12, 0)], 14)]);
    assert_eq!(c.heard(1).await, [left(&[who(13, 0)], 14)]);
    assert_eq!(b.store.find("K7M2QX").await.unwrap(), before);
    let entered = c.enter(bare("room"), 15, 0).await.unwrap();
    assert_eq!(entered.later, []);
    assert_eq!(a.heard(1).await, [came(&[who(11, 5)], 15)]);
    assert_eq!(b.heard(1).await, [came(&[who(12, 0)], 15)]);
    let room = RoomKey::from("b:room".to_owned());
    assert!(b.store.signal(&room, peer(11), "text".into()));
    assert!(matches!(a.heard(1).await[0], Notice::Signal { .. }));
    let entered = b.enter(bare("room"), 11, 6).await.unwrap();
    assert_eq!(entered.later, [peer(12), peer(13), peer(15)]);
    assert_eq!(redis.keys("peerball:room:b:alone"), Vec::<String>::new());
}

#[tokio::test]
async fn a_node_that_was_given_up_for_lost_comes_back_with_newcomers() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    redis.allow("b", true);
    let a = TestNode::start(&redis, short()).await;
    let mut b = TestNode::start_away(redis.url_of("b"), short());
    b.until(true).await;
    a.enter(bare("room"), 1, 1).await.unwrap();
    b.enter(bare("room"), 2, 2).await.unwrap();
    a.enter(bare("room"), 3, 3).await.unwrap();
    b.enter(bare("room"), 4, 4).await.unwrap();
    b.enter(bare("quiet"), 5, 5).await.unwrap();
    b.enter(bare("moved"), 6, 6).await.unwrap();
    assert_eq!((a.heard(3).await.len(), b.heard(2).await.len()), (3, 2));

    redis.allow("b", false);
    b.until(false).await;
    assert_eq!(
        a.heard(2).await,
        [
            left(&[who(1, 1), who(3, 3)], 2),
            left(&[who(1, 1), who(3, 3)], 4)
        ]
    );
    // One of its peers has found the way to another node.
    let entered = a.enter(bare("moved"), 6, 60).await.unwrap();
    assert_eq!(entered.later, []);
    redis.allow("b", true);
    b.until(true).await;
    settle(&[&a, &b]).await;
    // Each pair of the two nodes begins anew, and those of one node have never parted.
    let (one, three) = (who(1, 1), who(3, 3));
    assert_eq!(
        a.heard(2).await,
        [came(&[one, three], 2), came(&[one, three], 4)]
    );
    let (two, four) = (who(2, 2), who(4, 4));
    let mut heard = b.heard(3).await;
    heard.sort_by_key(|notice| matches!(notice, Notice::Replaced { .. }));
    assert_eq!(
        heard,
        [left(&[two, four], 1), left(&[two, four], 3), replaced(6, 6)]
    );
    assert_eq!(redis.keys("peerball:place:*").len(), 6);
    let entered = a.enter(bare("room"), 1, 10).await.unwrap();
    assert_eq!(entered.later, [peer(3), peer(2), peer(4)]);
}

#[tokio::test]
async fn a_redis_that_hangs_is_away_and_comes_back_and_nobody_is_given_up_for_it() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [mut a, mut b, mut c] = three(&redis, short()).await;
    a.enter(bare("room"), 1, 1).await.unwrap();
    b.enter(bare("room"), 2, 2).await.unwrap();
    assert_eq!(a.heard(1).await, [came(&[who(1, 1)], 2)]);
    // Twice as long as a silent node has.
    redis.pause(Duration::from_secs(4));
    let entrance = timeout(PATIENCE, c.enter(bare("room"), 3, 3)).await;
    assert_eq!(entrance.unwrap(), Err(Refused::Away));
    c.store.leave(who(3, 3));
    for node in [&mut a, &mut b, &mut c] {
        node.until(false).await;
    }
    for node in [&mut a, &mut b, &mut c] {
        node.until(true).await;
    }
    settle(&[&a, &b, &c]).await;
    // Redis may have carried out the entrance that nobody waited for; nothing is left of it.
    eventually(|| redis.keys("peerball:place:*").len() == 2).await;
    let heard = |node: &TestNode| std::mem::take(&mut *node.ears.0.lock().unwrap());
    let passed = |heard: Vec<Notice>, to: Address| {
        heard.is_empty() || heard == [came(&[to], 3), left(&[to], 3)]
    };
    settle(&[&a, &b, &c]).await;
    assert!(passed(heard(&a), who(1, 1)) && passed(heard(&b), who(2, 2)));
    assert_eq!(heard(&c), []);
}

#[tokio::test]
async fn a_flush_of_all_data_is_noticed_and_made_good() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, _c] = three(&redis, terms()).await;
    a.enter(bare("room"), 1, 1).await.unwrap();
    b.enter(bare("room"), 2, 2).await.unwrap();
    assert_eq!(a.heard(1).await, [came(&[who(1, 1)], 2)]);
    redis.flush();
    eventually(|| redis.nodes() == 3).await;
    assert_eq!(redis.keys("peerball:place:*").len(), 2);
    settle(&[&a, &b]).await;
    assert_eq!((a.heard(0).await, b.heard(0).await), (vec![], vec![]));
}

#[tokio::test]
async fn no_server_is_no_reason_to_give_up() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    redis.kill();
    let mut node = TestNode::start_away(redis.url(), terms());
    assert_eq!(node.enter(bare("room"), 1, 1).await, Err(Refused::Away));
    redis.restart();
    node.until(true).await;
    node.enter(bare("room"), 1, 2).await.unwrap();
}

#[tokio::test]
async fn rates_are_shared() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let [mut a, b, c] = three(&redis, terms()).await;
    let rate = Rate::new(4, 4 * 3_600);
    for node in [&a, &b, &c, &a] {
        assert_eq!(node.store.take("upgrade 192.0.2.1", rate).await, Ok(None));
    }
    let wait = b.store.take("upgrade 192.0.2.1", rate).await.unwrap();
    let wait = wait.unwrap().as_secs();
    assert!((3_590..=3_600).contains(&wait), "{wait}");
    for other in ["upgrade 192.0.2.2", "request 192.0.2.1"] {
        assert_eq!(c.store.take(other, rate).await, Ok(None));
    }
    redis.kill();
    a.until(false).await;
    assert_eq!(
        a.store.take("upgrade 192.0.2.1", rate).await,
        Err(Refused::Away)
    );
}
