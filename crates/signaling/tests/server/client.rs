//! A client of the API and of the rooms it leads to.

use crate::{
    http::{Response, request_with},
    peer::{Peer, refused},
    support::Server,
};
use matchbox_protocol::PeerId;
use protocol::{
    api::{Admission, CreateRoom, CreatedRoom, Problem, ProblemCode, QuickMatch, TicketRequest},
    identity::PeerToken,
};
use serde::Serialize;
use serde_json::json;
use std::net::SocketAddr;

/// Somebody with a token.
#[derive(Clone, Copy)]
pub struct Client {
    pub server: SocketAddr,
    pub token: PeerToken,
}

impl Client {
    pub fn new(server: &Server, number: u8) -> Self {
        Self {
            server: server.address,
            token: PeerToken::from_random([number; 16]),
        }
    }

    pub fn id(&self) -> PeerId {
        self.token.peer_id()
    }

    /// A request with a body, and with what proves something.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
        bearer: Option<&str>,
    ) -> Response {
        let header = bearer.map(|text| format!("Authorization: Bearer {text}"));
        let headers: Vec<&str> = header.iter().map(String::as_str).collect();
        let body = serde_json::to_string(body).unwrap();
        request_with(self.server, method, path, &headers, &body).await
    }

    /// Makes a room.
    pub async fn create(&self, wanted: CreateRoom) -> CreatedRoom {
        let response = self.ask("POST", "/api/v1/rooms", &wanted, None).await;
        assert_eq!(response.status, 201);
        response.json()
    }

    pub async fn ask_ticket(&self, code: &str, earlier: Option<&str>) -> Response {
        let wanted = TicketRequest {
            peer: self.id(),
            version: Default::default(),
            again: None,
        };
        let path = format!("/api/v1/rooms/{code}/tickets");
        self.ask("POST", &path, &wanted, earlier).await
    }

    pub async fn ticket(&self, code: &str) -> String {
        let response = self.ask_ticket(code, None).await;
        assert_eq!(response.status, 201);
        response.json::<Admission>().pass.ticket
    }

    pub async fn quick(&self, wanted: QuickMatch) -> (u16, Admission) {
        let response = self.ask("POST", "/api/v1/quick", &wanted, None).await;
        (response.status, response.json())
    }

    /// The room's WebSocket address.
    pub fn url(&self, code: &str, ticket: &str) -> String {
        let token = self.token.to_secret_text();
        format!("ws://{}/{code}?token={token}&ticket={ticket}", self.server)
    }

    /// Enters with a ticket.
    pub async fn enter(&self, code: &str, ticket: &str) -> Peer {
        let peer = Peer::join(&self.url(code, ticket)).await;
        assert_eq!(peer.id, self.id());
        peer
    }

    /// Asks for a ticket and enters.
    pub async fn join(&self, code: &str) -> Peer {
        let ticket = self.ticket(code).await;
        self.enter(code, &ticket).await
    }

    /// Why a ticket does not let this client in.
    pub async fn refusal(&self, code: &str, ticket: &str) -> (u16, ProblemCode) {
        refusal(&self.url(code, ticket)).await
    }

    /// Proves who it is, and seals the room, or opens it.
    pub async fn seal(&self, code: &str, sealed: bool) -> Response {
        let token = self.token.to_secret_text();
        let path = format!("/api/v1/rooms/{code}");
        let body = json!({ "sealed": sealed });
        self.ask("PATCH", &path, &body, Some(&token)).await
    }

    /// Proves who it is, and closes the room.
    pub async fn close(&self, code: &str) -> Response {
        let token = self.token.to_secret_text();
        let path = format!("/api/v1/rooms/{code}");
        self.ask("DELETE", &path, &json!({}), Some(&token)).await
    }
}

/// The status and the code with which an upgrade is refused.
pub async fn refusal(url: &str) -> (u16, ProblemCode) {
    let (status, body) = refused(url).await;
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem.status, status);
    (status, problem.code)
}

/// The status and the code of a problem.
pub fn problem(response: &Response) -> (u16, ProblemCode) {
    assert_eq!(response.header("content-type"), "application/problem+json");
    let problem: Problem = response.json();
    assert_eq!(problem.status, response.status);
    (problem.status, problem.code)
}
