//! Two peers to whom nothing happens, whatever a third one does.

use crate::{
    peer::{Peer, signal_from},
    support::Server,
};
use matchbox_protocol::{
    PeerEvent::{NewPeer, PeerLeft},
    PeerId,
};
use serde_json::json;

pub struct Bystanders {
    first: Peer,
    second: Peer,
}

impl Bystanders {
    /// Where they are.
    pub const ROOM: &str = "bystanders";

    pub async fn join(server: &Server) -> Self {
        let mut first = Peer::join(&server.ws(Self::ROOM)).await;
        let second = Peer::join(&server.ws(Self::ROOM)).await;
        assert_eq!(first.event().await, NewPeer(second.id));
        Self { first, second }
    }

    /// What a peer sends to signal to the first of them.
    pub fn signal_for_first(&self, text: &str) -> String {
        json!({ "Signal": { "receiver": self.first.id, "data": { "Offer": text } } }).to_string()
    }

    pub fn first(&self) -> PeerId {
        self.first.id
    }

    /// The first was told that somebody came, and of this signal.
    pub async fn first_hears(&mut self, text: &str) {
        let NewPeer(somebody) = self.first.event().await else {
            panic!("nobody came");
        };
        assert_eq!(self.first.event().await, signal_from(somebody, text));
    }

    /// Both were told that somebody came and left, and nothing else; and they go on.
    pub async fn saw_somebody_pass(&mut self) {
        for peer in [&mut self.first, &mut self.second] {
            let NewPeer(somebody) = peer.event().await else {
                panic!("nobody came");
            };
            assert_eq!(peer.event().await, PeerLeft(somebody));
        }
        self.go_on().await;
    }

    /// Both were told that this peer came, and nothing else; and they go on.
    pub async fn saw_one_come(&mut self, newcomer: PeerId) {
        for peer in [&mut self.first, &mut self.second] {
            assert_eq!(peer.event().await, NewPeer(newcomer));
        }
        self.go_on().await;
    }

    /// Nothing has come for either, and they hear each other.
    pub async fn go_on(&mut self) {
        let Self { first, second } = self;
        first.signal(second.id, "still here").await;
        assert_eq!(second.event().await, signal_from(first.id, "still here"));
        second.signal(first.id, "so am I").await;
        assert_eq!(first.event().await, signal_from(second.id, "so am I"));
    }
}
