//! The two teams, and which seat plays for which.

use serde::{Deserialize, Serialize};

/// One of the two teams, named by the half that it defends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Team {
    /// The even seats. They defend the left goal and attack to the right.
    Left,
    /// The odd seats. They defend the right goal and attack to the left.
    Right,
}

impl Team {
    /// Both teams, in the order of [`Team::index`].
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// The team of a seat.
    pub const fn of_seat(seat: usize) -> Self {
        if seat.is_multiple_of(2) {
            Self::Left
        } else {
            Self::Right
        }
    }

    /// 0 for left, 1 for right: the place in a score.
    pub const fn index(self) -> usize {
        match self {
            Self::Left => 0,
            Self::Right => 1,
        }
    }

    /// The sign of `x` in the direction that this team attacks.
    pub const fn attack_sign(self) -> f32 {
        match self {
            Self::Left => 1.0,
            Self::Right => -1.0,
        }
    }
}
