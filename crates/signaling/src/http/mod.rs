//! Requests and their answers.
//!
//! [`routes`] takes every request, and is where to start: to the [`api`] (`/api/v1/`), to an upgrade
//! (`websocket`), to an operator's page (`operations`) or to the web client's [`files`]. [`problem`]
//! is how all of them refuse, and [`headers`] what pages are told to keep to themselves.

mod api;
pub(crate) mod files;
pub(crate) mod headers;
pub(crate) mod problem;
pub(crate) mod routes;
