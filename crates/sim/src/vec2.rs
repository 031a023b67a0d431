//! Vectors of two floats, with only the arithmetic that is the same on every target.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// The largest magnitude of a decoded coordinate. Real worlds stay far below; the bound keeps
/// squares and sums of hostile ones finite.
const MAX_DECODED: f32 = 10_000.0;

/// A point, direction or velocity. Decoding refuses coordinates that are not finite or beyond
/// 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f32; 2]", into = "[f32; 2]")]
pub struct Vec2 {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

impl Vec2 {
    /// No length, no direction.
    pub const ZERO: Self = Self::new(0.0, 0.0);

    /// A vector of these coordinates.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The dot product.
    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// The square of the length.
    pub fn length_squared(self) -> f32 {
        self.dot(self)
    }

    /// The length.
    pub fn length(self) -> f32 {
        self.length_squared().sqrt()
    }

    /// The vector of length 1 in this direction, or none for a vector too short to have one.
    pub fn direction(self) -> Option<Self> {
        let length = self.length();
        (length > 1e-6).then(|| Self::new(self.x / length, self.y / length))
    }

    /// This vector, shortened to at most `max`.
    pub fn clamped(self, max: f32) -> Self {
        if self.length_squared() <= max * max {
            return self;
        }
        self * (max / self.length())
    }

    /// This vector with its coordinate `x` multiplied by `sign`: for -1, its mirror image.
    pub fn sided(self, sign: f32) -> Self {
        Self::new(self.x * sign, self.y)
    }
}

/// `value`, brought between `-limit` and `limit`. A NaN stays one.
pub fn within(value: f32, limit: f32) -> f32 {
    if value > limit {
        limit
    } else if value < -limit {
        -limit
    } else {
        value
    }
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Vec2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl SubAssign for Vec2 {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<f32> for Vec2 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

impl Neg for Vec2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}

impl From<Vec2> for [f32; 2] {
    fn from(vector: Vec2) -> Self {
        [vector.x, vector.y]
    }
}

impl TryFrom<[f32; 2]> for Vec2 {
    type Error = &'static str;

    fn try_from([x, y]: [f32; 2]) -> Result<Self, Self::Error> {
        // A NaN is not within anything.
        match x.abs() <= MAX_DECODED && y.abs() <= MAX_DECODED {
            true => Ok(Self { x, y }),
            false => Err("a coordinate is not finite or far out of the arena"),
        }
    }
}
