//! What holds of rooms, by example and by random histories.

use super::*;
