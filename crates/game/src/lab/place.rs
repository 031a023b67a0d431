//! Where everything is: the two scenes, and the band between or below them.
//!
//! In a window that is wider than high, the scenes stand side by side and the band is below both;
//! otherwise it lies between them. All in logical pixels, from the upper left.

use bevy::prelude::*;

/// The parts of a window with two scenes.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Places {
    /// The window's size.
    window: Vec2,
    /// Whether the scenes stand side by side.
    pub is_wide: bool,
    /// Whether the controls show.
    pub is_open: bool,
    /// How long a unit of the band's design is, in pixels.
    pub unit: f32,
    /// The band, in the window.
    pub band: Rect,
    /// Each scene's strip of frames, in the band.
    pub strips: [Rect; 2],
    /// A line of words for each scene, in the band.
    pub words: [Rect; 2],
    /// Where datagrams fly: from the first scene's end to the second's, in the band.
    pub wire: [Vec2; 2],
    /// The sliders and presets; empty while they do not show. In the band.
    pub controls: Rect,
    /// The button that folds them away and shows them again, in the band.
    pub fold: Rect,
}

/// Windows smaller than this, in logical pixels, begin with the controls folded away.
const SPACIOUS: Vec2 = Vec2::new(900.0, 560.0);

/// Whether a window of this size begins with the controls shown.
pub fn begins_open(window: Vec2) -> bool {
    window.cmpge(SPACIOUS).all()
}

impl Places {
    /// The parts of a window of this size.
    pub fn of(window: Vec2, is_open: bool) -> Self {
        let window = window.max(Vec2::ONE);
        if window.x >= window.y {
            Self::wide(window, is_open)
        } else {
            Self::tall(window, is_open)
        }
    }

    fn wide(window: Vec2, is_open: bool) -> Self {
        let unit = (window.y / 720.0).clamp(0.75, 4.0).min(window.x / 760.0);
        let height = if is_open { 184.0 } else { 52.0 } * unit;
        let band = Rect::new(0.0, window.y - height, window.x, window.y);
        let margin = 20.0 * unit;
        let middle = window.x / 2.0;
        // Open, the controls stand between the strips; folded, the button does.
        let half = if is_open {
            0.19 * window.x
        } else {
            90.0 * unit
        };
        let from = 34.0 * unit;
        let strip = |left: f32, right: f32| match is_open {
            true => Rect::new(left, from, right, from + 64.0 * unit),
            false => Rect::new(left, from - 6.0 * unit, right, height - 4.0 * unit),
        };
        let strips = [
            strip(margin, middle - half - margin),
            strip(middle + half + margin, window.x - margin),
        ];
        let words = strips.map(|strip| match is_open {
            true => Rect::new(strip.min.x, strip.max.y, strip.max.x, height - 4.0 * unit),
            false => Rect::from_corners(strip.min, strip.min),
        });
        let wire = 16.0 * unit;
        let fold = Vec2::new(180.0, 22.0) * unit;
        let fold_top = if is_open {
            height - fold.y - 5.0 * unit
        } else {
            height - fold.y - 3.0 * unit
        };
        let fold = Rect::from_corners(
            Vec2::new(middle - fold.x / 2.0, fold_top),
            Vec2::new(middle + fold.x / 2.0, fold_top + fold.y),
        );
        Self {
            window,
            is_wide: true,
            is_open,
            unit,
            band,
            strips,
            words,
            wire: [Vec2::new(margin, wire), Vec2::new(window.x - margin, wire)],
            controls: match is_open {
                true => Rect::new(
                    middle - half,
                    28.0 * unit,
                    middle + half,
                    fold.min.y - 5.0 * unit,
                ),
                false => Rect::from_corners(fold.min, fold.min),
            },
            fold,
        }
    }

    fn tall(window: Vec2, is_open: bool) -> Self {
        let unit = (window.x / 390.0).clamp(0.6, 4.0).min(window.y / 400.0);
        let height = if is_open { 292.0 } else { 82.0 } * unit;
        let top = (window.y - height) / 2.0;
        let band = Rect::new(0.0, top, window.x, top + height);
        let margin = 10.0 * unit;
        let (strip, words) = (22.0 * unit, 18.0 * unit);
        let wire = window.x - margin - 16.0 * unit;
        let right = wire - 16.0 * unit;
        let fold = Vec2::new(150.0, 26.0) * unit;
        let strips = [
            Rect::new(margin, 4.0 * unit, right, 4.0 * unit + strip),
            Rect::new(
                margin,
                height - 4.0 * unit - strip,
                right,
                height - 4.0 * unit,
            ),
        ];
        let (fold_left, fold_top) = match is_open {
            true => (
                margin + (right - margin - fold.x) / 2.0,
                strips[1].min.y - words - fold.y - 3.0 * unit,
            ),
            false => (margin, (height - fold.y) / 2.0),
        };
        let fold = Rect::new(fold_left, fold_top, fold_left + fold.x, fold_top + fold.y);
        let (above, below) = (strips[0].max.y, strips[1].min.y);
        let words = match is_open {
            true => [
                Rect::new(margin, above, right, above + words),
                Rect::new(margin, below - words, right, below),
            ],
            // Beside the button.
            false => [
                Rect::new(fold.max.x + margin, fold.min.y, right, fold.center().y),
                Rect::new(fold.max.x + margin, fold.center().y, right, fold.max.y),
            ],
        };
        Self {
            window,
            is_wide: false,
            is_open,
            unit,
            band,
            strips,
            words,
            wire: [
                Vec2::new(wire, 6.0 * unit),
                Vec2::new(wire, height - 6.0 * unit),
            ],
            controls: match is_open {
                true => Rect::new(margin, words[0].max.y, right, fold.min.y),
                false => Rect::from_corners(fold.min, fold.min),
            },
            fold,
        }
    }

    /// The part of the window that a scene has.
    pub fn scene(&self, index: usize) -> Rect {
        // A thin line of the ground between what touches.
        let gap = 2.0;
        let (window, band) = (self.window, self.band);
        let scene = match (self.is_wide, index) {
            (true, 0) => Rect::new(0.0, 0.0, window.x / 2.0 - gap / 2.0, band.min.y),
            (true, _) => Rect::new(window.x / 2.0 + gap / 2.0, 0.0, window.x, band.min.y),
            (false, 0) => Rect::new(0.0, 0.0, window.x, band.min.y),
            (false, _) => Rect::new(0.0, band.max.y, window.x, window.y),
        };
        // A window that is hardly one has hardly any scene.
        Rect::from_corners(scene.min, scene.max.max(scene.min + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: [(f32, f32); 8] = [
        (480.0, 320.0),
        (844.0, 390.0),
        (1280.0, 720.0),
        (1920.0, 1080.0),
        (3840.0, 2160.0),
        (360.0, 640.0),
        (390.0, 844.0),
        (160.0, 160.0),
    ];

    fn all() -> impl Iterator<Item = Places> {
        WINDOWS
            .into_iter()
            .flat_map(|window| [true, false].map(|open| Places::of(window.into(), open)))
    }

    #[test]
    fn scenes_and_band_share_the_window_without_overlap() {
        for places in all() {
            let window = Rect::from_corners(Vec2::ZERO, places.window);
            let parts = [places.scene(0), places.scene(1), places.band];
            for (number, part) in parts.iter().enumerate() {
                assert_eq!(window.intersect(*part), *part, "{places:?}");
                for other in &parts[..number] {
                    let shared = part.intersect(*other);
                    assert!(
                        shared.is_empty() || shared.size().min_element() < 0.01,
                        "{places:?}"
                    );
                }
            }
            let least = if places.is_open { 0.15 } else { 0.25 };
            assert!(
                parts[0].height() * parts[0].width() > least * window.height() * window.width()
            );
        }
    }

    #[test]
    fn the_parts_of_the_band_do_not_overlap_and_nothing_sticks_out() {
        for places in all() {
            let band = Rect::from_corners(Vec2::ZERO, places.band.size());
            let mut parts = vec![places.fold];
            parts.extend(places.strips);
            parts.extend(places.words);
            parts.push(places.controls);
            for (number, part) in parts.iter().enumerate() {
                assert!(
                    part.is_empty() || band.inflate(0.1).intersect(*part) == *part,
                    "{number} {places:?}"
                );
                for (other, of) in parts[..number].iter().enumerate() {
                    let shared = part.intersect(*of);
                    assert!(
                        shared.is_empty() || shared.size().min_element() < 0.1,
                        "{number} and {other} {places:?}"
                    );
                }
            }
            for end in places.wire {
                assert!(band.contains(end), "{places:?}");
                assert!(!parts.iter().any(|part| part.contains(end)), "{places:?}");
            }
        }
    }

    #[test]
    fn phones_begin_folded_and_desktops_open() {
        assert!(begins_open(Vec2::new(1280.0, 720.0)) && begins_open(Vec2::new(1920.0, 1080.0)));
        assert!(!begins_open(Vec2::new(390.0, 844.0)) && !begins_open(Vec2::new(844.0, 390.0)));
    }
}
