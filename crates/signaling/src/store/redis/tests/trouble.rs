//! What happens when a node or Redis dies.

use super::*;
