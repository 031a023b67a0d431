//! The rollback core: bytes, inputs and the time go in; datagrams, worlds and events come out.
//!
//! No sockets, threads or clocks in here: a test drives thousands of matches through simulated
//! time. Time is a [`std::time::Duration`] since an epoch of the caller's choosing (the
//! session's start); it must not run backwards.
