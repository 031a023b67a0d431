//! Over a server.
