//! Benches beside the references. How fast rollback is, beside ggrs and bevy_ggrs: the same match
//! in the same run.
//!
//! [`scene`] is the match that everybody plays: seats, settings and inputs. [`plain`] has the
//! parts of a frame (a step, a snapshot, a checksum), [`core_pair`] two of our rollback cores, each
//! eight frames behind the other's inputs, and [`wire`] what such cores send. [`figures`] keeps
//! what was timed. This much also runs in a browser.
//!
//! With the feature `references`, `ggrs_value` plays the same match as a plain value under ggrs,
//! `bevy_entities` as entities under bevy_ggrs, `ggrs_wire` counts what ggrs sends, and `report`
//! prints all of it against the targets.
//!
//! Start it with `cargo xtask bench rollback`, and [`signaling`], which has nothing to do with
//! it, with `cargo xtask bench signaling`.

#[cfg(feature = "references")]
pub mod bevy_entities;
#[cfg(feature = "rollback")]
pub mod core_pair;
#[cfg(feature = "rollback")]
pub mod figures;
#[cfg(feature = "references")]
pub mod ggrs_value;
#[cfg(feature = "references")]
pub mod ggrs_wire;
#[cfg(feature = "rollback")]
pub mod plain;
#[cfg(feature = "references")]
pub mod report;
#[cfg(feature = "rollback")]
pub mod scene;
#[cfg(feature = "signaling")]
pub mod signaling;
#[cfg(feature = "rollback")]
pub mod wire;
