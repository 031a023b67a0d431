//! Peers of one process whose channels close.
#![cfg(not(target_arch = "wasm32"))]

use bytes::Bytes;
use netplay::transport::{
    Channel, Transport,
    memory::{Conditions, MemoryTransport, manual_network},
};
use std::{
    task::{Context, Waker},
    time::Duration,
};

#[test]
fn closed_channels_are_told_of_once_and_after_what_was_said() {
    let latency = Duration::from_millis(50);
    let conditions = Conditions {
        latency,
        ..Conditions::default()
    };
    let hub = manual_network(conditions, 1);
    let (mut a, mut b, mut c) = (hub.join(), hub.join(), hub.join());
    let id = |transport: &MemoryTransport| transport.local_id().expect("assigned");
    let (a_id, b_id, c_id) = (id(&a), id(&b), id(&c));
    a.send(b_id, Channel::Reliable, Bytes::from_static(b"goodbye"));
    hub.close(a_id, b_id);
    a.send(b_id, Channel::Reliable, Bytes::from_static(b"too late"));
    assert_eq!((a.take_closed(), b.take_closed()), (None, None), "not yet");
    let mut context = Context::from_waker(Waker::noop());
    assert!(c.poll_ready(&mut context).is_pending());
    hub.advance(latency);
    assert!(b.poll_ready(&mut context).is_ready());
    let heard: Vec<_> = std::iter::from_fn(|| b.receive()).collect();
    assert_eq!(
        heard,
        [(a_id, Channel::Reliable, Bytes::from_static(b"goodbye"))]
    );
    assert_eq!((a.take_closed(), b.take_closed()), (Some(b_id), Some(a_id)));
    assert_eq!((a.take_closed(), b.take_closed()), (None, None), "once");
    assert_eq!(b.known_peers().len(), 1);

    // A page that is closed tells everybody; a killed process, whose links are cut, nobody.
    drop(c);
    hub.advance(latency);
    assert_eq!((a.take_closed(), b.take_closed()), (Some(c_id), Some(c_id)));
    let mut d = hub.join();
    hub.change(|network, _| network.cut(a_id, id(&d)));
    drop(a);
    hub.advance(latency);
    assert_eq!((d.take_closed(), d.known_peers().len()), (None, 1));
}

#[test]
fn a_banned_peer_is_told_and_not_heard() {
    let hub = manual_network(Conditions::default(), 1);
    let (mut a, mut b) = (hub.join(), hub.join());
    let (a_id, b_id) = (
        a.local_id().expect("assigned"),
        b.local_id().expect("assigned"),
    );
    b.send(a_id, Channel::Reliable, Bytes::from_static(b"because"));
    b.ban(a_id);
    a.send(b_id, Channel::Reliable, Bytes::from_static(b"but"));
    assert_eq!((b.receive(), b.dropped()), (None, 1));
    assert!(a.receive().is_some(), "the reason arrives");
    assert_eq!((a.take_closed(), b.take_closed()), (Some(b_id), None));
}
