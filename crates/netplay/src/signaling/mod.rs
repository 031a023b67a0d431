//! How peers find each other: [`remote`] over a server, [`local`] inside one process; [`guard`]
//! stands between either and matchbox_socket and tells a [`directory`] whom it meets; [`api`] is
//! the server's HTTP side, and [`entrance`] the way from there into a room.

pub mod api;
pub mod directory;
mod ends;
pub mod entrance;
pub mod guard;
mod http;
pub mod local;
pub mod remote;
mod sdp;
mod server_url;
