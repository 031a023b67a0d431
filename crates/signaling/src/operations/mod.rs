//! What operators see of a running server: [`health`] (`/healthz`, `/readyz`) and [`metrics`]
//! (`/metrics`).
//!
//! What they tell it is elsewhere: `Config` (and the program's options), and the shutdown in `server`.

pub(crate) mod health;
pub(crate) mod metrics;
