//! The unreliable messages between peers: rollback datagrams.
