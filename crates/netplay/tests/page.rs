//! Peers of one page: whatever breaks in the middle of a handshake, the page lives, and no
//! connection is left open.
//!
//! Run in a browser by `wasm-bindgen-test-runner`, with `CHROMEDRIVER` or `GECKODRIVER` set.
#![cfg(target_arch = "wasm32")]

mod talk;

use futures_timer::Delay;
use netplay::{
    signaling::local::LocalHub,
    transport::{
        Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, open},
    },
};
use std::time::Duration;
use talk::{id_of, part_and_meet_again, say, until};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    const made = [];
    const described = new Set();
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) {
            super(...options);
            made.push(this);
            this.addEventListener("signalingstatechange", () => {
                if (this.remoteDescription && this.signalingState === "stable") {
                    described.add(this);
                }
            });
        }
    };
    export function made_connections() {
        return made.length;
    }
    export function open_connections() {
        return made.filter(one => one.connectionState !== "closed").length;
    }
    // All that ever were, also those closed since: what only grows can be waited for.
    export function described_connections() {
        return described.size;
    }
"#)]
extern "C" {
    fn made_connections() -> usize;
    fn open_connections() -> usize;
    fn described_connections() -> usize;
}

/// How often a third peer comes and goes.
const VISITS: u32 = 24;

/// The longest visit: a handshake in one page takes less.
const LONGEST_VISIT: Duration = Duration::from_millis(600);

fn join(hub: &LocalHub) -> MatchboxTransport {
    let signaling = Signaling::Local(hub.clone());
    let (transport, room) = open(signaling, Ice::default(), |socket, message_loop| {
        spawn_local(async {
            // It says nothing that the transport does not.
            let _ = message_loop.await;
        });
        Box::new(socket)
    });
    spawn_local(room);
    transport
}

#[wasm_bindgen_test]
async fn a_page_outlives_handshakes_that_are_broken_off() {
    let hub = LocalHub::new();
    let (mut a, mut b) = (join(&hub), join(&hub));
    say(&mut a, &mut b, "met").await;
    for visit in 0..VISITS {
        let described = described_connections();
        let visitor = join(&hub);
        if visit % 2 == 0 {
            Delay::new(LONGEST_VISIT * visit / VISITS).await;
        } else {
            // When more than its own two ends have both descriptions, one that was offered has its
            // answer, and the channels are about to open by themselves.
            until("a visitor connects", || {
                described_connections() > described + 2
            })
            .await;
        }
        drop(visitor);
        say(&mut a, &mut b, &format!("after visit {visit}")).await;
        say(&mut b, &mut a, &format!("after visit {visit}")).await;
    }
    assert!(made_connections() > 2, "the visits were too short");

    let b_id = id_of(&b).await;
    drop(b);
    until("the end is told", || {
        while a.receive().is_some() {}
        a.take_closed() == Some(b_id)
    })
    .await;
    drop(a);
    until("all connections are closed", || open_connections() == 0).await;
}

#[wasm_bindgen_test]
async fn a_pair_that_hangs_up_meets_again_and_leaves_no_connection_open() {
    let before = open_connections();
    let hub = LocalHub::new();
    let (mut a, mut b) = (join(&hub), join(&hub));
    say(&mut a, &mut b, "met").await;
    part_and_meet_again(&mut a, &mut b).await;
    until("the older connections are closed", || {
        open_connections() == before + 2
    })
    .await;
    drop((a, b));
    until("all connections are closed", || {
        open_connections() == before
    })
    .await;
}
