//! What somebody who helps needs to know, as plain text. It has no names, addresses or ids in it: it
//! may be sent to anybody.

use crate::scene::meter::Meter;
use netplay::{
    session::{RoomView, Status},
    transport::SignalingState,
};
use std::fmt::Write;

/// What stands above all scenes.
pub fn heading() -> String {
    format!(
        concat!(protocol::title!(), " {}, protocol {}, {}\n"),
        env!("CARGO_PKG_VERSION"),
        protocol::PROTOCOL_VERSION,
        match cfg!(target_arch = "wasm32") {
            true => "a page",
            false => std::env::consts::OS,
        },
    )
}

/// What is to be said of a scene, a figure a line.
pub fn of(meter: &Meter, view: &RoomView, status: &Status) -> String {
    let newest = meter.newest();
    let server = match view.signaling {
        SignalingState::Connecting => "connecting",
        SignalingState::Online => "online",
        SignalingState::Lost => "lost",
        // Their sentences may name addresses.
        SignalingState::Gone(_) => "gone",
        SignalingState::Failed(_) => "failed",
    };
    let mut text = String::new();
    let lines = [
        format!(
            "phase {}, server {server}, seat {:?}",
            status.phase, status.seat
        ),
        format!(
            "pictures {:.1} ms, longest {:.1} ms",
            newest.frame_ms, newest.longest_ms
        ),
        format!(
            "frame {}, confirmed {}, predicted {}, ahead {:.1}",
            status.frame, status.confirmed, status.predicted, status.ahead
        ),
        format!(
            "rollbacks {} ({:.0} a second), frames stepped again {} ({:.0} a second)",
            status.rollbacks, newest.rollbacks, status.resimulated, newest.resimulated
        ),
        format!(
            "bytes in {}, out {}, packets dropped {}, desync {:?}, matches {}",
            status.bytes_in, status.bytes_out, status.dropped, status.desync, status.matches
        ),
    ];
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    for (number, peer) in meter.peers.iter().enumerate() {
        let link = &peer.link;
        let _ = writeln!(
            text,
            "peer {}: round trip {:.1} ms, jitter {:.1} ms, loss {:.1} %, in {:.0} B/s, out {:.0} B/s, {}",
            number + 1,
            peer.rtt_ms.unwrap_or(f32::NAN),
            link.jitter_ms,
            100.0 * link.loss,
            peer.bytes_in,
            peer.bytes_out,
            format!("{:?}", link.path).to_lowercase(),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::meter::tests::meter;
    use netplay::transport::Outage;

    #[test]
    fn the_text_has_the_figures_and_nothing_private() {
        let meter = meter(4);
        let view = RoomView {
            signaling: SignalingState::Gone(Outage::Other("wss://secret.example".into())),
            ..RoomView::default()
        };
        let text = heading() + &of(&meter, &view, &Status::default());
        for figure in [
            "round trip 150.0 ms",
            "loss 10.0 %",
            "in 4000 B/s",
            "relayed",
            "server gone",
        ] {
            assert!(text.contains(figure), "{figure} in {text}");
        }
        for private in ["Grace", "secret", "0000-"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
    }
}
