//! The small words below the picture: how far the others are, and the keys.

use crate::{
    contract,
    scene::{Scene, connect::Road},
    text::Words,
};
use netplay::{session::RoomView, transport::SignalingState};

/// The keys, for whoever plays.
pub(super) fn keys(
    scene: &Scene,
    road: &Road,
    view: &RoomView,
    words: &Words,
    game: &contract::Words,
) -> &'static str {
    let is_slow = view.peers.iter().any(|peer| peer.is_me && peer.slow);
    match (view.watching, is_slow, road) {
        (true, true, _) => words.play.sitting_out,
        (true, false, _) => words.play.watching,
        (_, _, Road::Memory { .. }) if scene.of > 1 => words.play.in_memory,
        _ => game.keys(scene.index, scene.of),
    }
}

/// How far the others are, and whether the server is.
pub(super) fn path(view: &RoomView, words: &Words) -> String {
    let rtt = view
        .peers
        .iter()
        .filter_map(|peer| peer.rtt_ms)
        .fold(None, |worst: Option<f32>, rtt| {
            Some(worst.map_or(rtt, |worst| worst.max(rtt)))
        });
    let mut line = rtt.map_or(String::new(), |rtt| format!("{rtt:.0} ms"));
    let server = match view.signaling {
        SignalingState::Lost => words.play.no_server,
        SignalingState::Gone(_) => words.play.nobody_new,
        _ => return line,
    };
    line.push_str(&format!("  {server}"));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, screens::playing::tests::peer, text};

    #[test]
    fn the_longest_path_is_told() {
        let view = RoomView {
            peers: vec![
                peer("Ada", 0, None),
                peer("G", 1, Some(20.0)),
                peer("H", 2, Some(41.2)),
            ],
            ..RoomView::default()
        };
        let words = text::of(Language::English);
        assert_eq!(path(&view, words), "41 ms");
        assert_eq!(path(&RoomView::default(), words), "");
    }

    #[test]
    fn a_lost_server_is_told_beside_the_path() {
        let words = text::of(Language::English);
        let view = RoomView {
            signaling: SignalingState::Lost,
            ..RoomView::default()
        };
        assert_eq!(path(&view, words), "  no server");
    }
}
