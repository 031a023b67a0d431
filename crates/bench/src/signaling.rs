//! How small and fast the signaling server is, beside stock `matchbox_server`: the same load on
//! both, in the same run.
//!
//! A server is a process of its own ([`process`]), and so is this load: both need a file for each
//! connection, and only the server's memory and CPU time count. Peers come in pairs ([`pair`]),
//! each alone in its room, and speak WebSocket by hand ([`socket`]), so that the load costs little
//! beside the server. [`phases`] measures, [`table`] prints.

pub mod pair;
pub mod phases;
pub mod process;
pub mod socket;
pub mod table;
