//! A seeded, lossy network inside one process.
