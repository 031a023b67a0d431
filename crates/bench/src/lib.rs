//! How fast rollback is here, beside ggrs and bevy_ggrs: the same match in the same run.
//!
//! [`scene`] is the match that everybody plays: seats, settings and inputs. [`plain`] has its
//! parts (a step, a snapshot, a checksum), [`core_pair`] two of our rollback cores eight frames apart.
//! With the feature `references`, `ggrs_value` plays it as a plain value under ggrs, `bevy_entities` as entities under
//! bevy_ggrs, `wire` counts what peers send each other, and `report` prints all of it against the
//! targets. In a browser only what is ours is timed, by the same code.
//!
//! Start it with `cargo xtask bench rollback`.

#[cfg(feature = "references")]
pub mod bevy_entities;
pub mod core_pair;
pub mod figures;
#[cfg(feature = "references")]
pub mod ggrs_value;
#[cfg(feature = "references")]
pub mod ggrs_wire;
pub mod plain;
#[cfg(feature = "references")]
pub mod report;
pub mod scene;
pub mod wire;
