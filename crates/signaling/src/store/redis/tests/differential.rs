//! The store of many nodes beside the store of one: they answer the same.

use super::*;
