//! The real transport: WebRTC data channels by matchbox_socket.
