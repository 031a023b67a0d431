//! Which paths are served, and how long they may be kept.

use super::*;
