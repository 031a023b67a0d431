//! The music: a quiet loop of sixteen bars in A minor, over A minor, F, C and G.
//!
//! The first eight bars are bass, chords and a running figure; in the other eight a melody comes
//! in. Every part is short, so that a page can make the loop between pictures.

use super::part::{
    Part,
    Wave::{Saw, Sine, Triangle},
    noise, tone,
};

/// Beats a minute.
const TEMPO: f32 = 104.0;
/// Seconds of a beat.
const BEAT: f32 = 60.0 / TEMPO;
/// Beats of a bar.
const BAR: f32 = 4.0 * BEAT;
/// Bars of the loop.
const BARS: usize = 16;

/// The loop's length in seconds.
pub const SECONDS: f32 = BARS as f32 * BAR;

/// The chords, one a bar, as half tones above A: root, third, fifth.
const CHORDS: [[i32; 3]; 4] = [[0, 3, 7], [-4, 0, 3], [3, 7, 10], [-2, 2, 5]];

/// The order in which the running figure takes a chord's notes, an octave higher from 3 on.
const FIGURE: [usize; 16] = [0, 1, 2, 3, 2, 1, 4, 2, 0, 1, 2, 5, 4, 3, 2, 1];

/// The melody of four bars: the beat, the beats that a note lasts, half tones above A.
const MELODY: [(f32, f32, i32); 11] = [
    (0.0, 1.5, 12),
    (1.5, 0.5, 10),
    (2.0, 2.0, 7),
    (4.0, 1.5, 8),
    (5.5, 0.5, 7),
    (6.0, 2.0, 3),
    (8.0, 1.0, 7),
    (9.0, 1.0, 10),
    (10.0, 2.0, 12),
    (12.0, 1.5, 14),
    (13.5, 2.0, 10),
];

/// The frequency of a tone so many half tones above the A of 110 Hz, in equal temperament.
fn pitch(half_tones: i32) -> f32 {
    110.0 * (half_tones as f32 / 12.0).exp2()
}

/// The parts of the loop.
pub fn parts() -> Vec<Part> {
    let mut parts = Vec::new();
    for bar in 0..BARS {
        let at = bar as f32 * BAR;
        let chord = CHORDS[bar % CHORDS.len()];
        parts.extend(bass(at, chord[0]));
        parts.extend(chords(at, chord));
        parts.extend(figure(at, chord, bar));
        parts.extend(drums(at, bar));
    }
    for round in [2, 3] {
        parts.extend(melody(round as f32 * 4.0 * BAR));
    }
    parts
}

/// Quavers that push forward, the first of each beat the louder.
fn bass(at: f32, root: i32) -> impl Iterator<Item = Part> {
    (0..8).map(move |quaver| {
        let level = if quaver % 2 == 0 { 0.5 } else { 0.34 };
        let frequency = pitch(root) / 2.0;
        tone(Saw, frequency, frequency)
            .when(at + quaver as f32 * BEAT / 2.0, BEAT * 0.48, level)
            .struck(0.006, 0.18)
            .below(520.0, 180.0)
    })
}

/// Each chord in two breaths that overlap, its notes a little out of tune with each other.
fn chords(at: f32, chord: [i32; 3]) -> impl Iterator<Item = Part> {
    let breath = BAR / 2.0;
    [0.0, breath].into_iter().flat_map(move |start| {
        chord
            .into_iter()
            .zip([1.0, 1.003, 0.997])
            .map(move |(note, tuning)| {
                let frequency = 2.0 * pitch(note) * tuning;
                tone(Triangle, frequency, frequency)
                    .when(at + start, breath * 1.25, 0.11)
                    .swelling(breath * 0.3, breath * 0.4)
                    .below(1_400.0, 900.0)
            })
    })
}

/// Semiquavers through the chord; quieter in every other bar, so that it breathes.
fn figure(at: f32, chord: [i32; 3], bar: usize) -> impl Iterator<Item = Part> {
    FIGURE.into_iter().enumerate().map(move |(i, step)| {
        let octave = 24 + 12 * (step / 3) as i32;
        let frequency = pitch(chord[step % 3] + octave);
        let accent = if i % 4 == 0 { 0.13 } else { 0.08 };
        let level = if bar.is_multiple_of(2) {
            accent
        } else {
            accent * 0.7
        };
        tone(Triangle, frequency, frequency)
            .when(at + i as f32 * BEAT / 4.0, 0.32, level)
            .struck(0.003, 0.09)
    })
}

/// A soft drum on one and three, a hiss between the beats; a hiss more as a bar of four ends.
fn drums(at: f32, bar: usize) -> impl Iterator<Item = Part> {
    let drum = [0.0, 2.0].map(|beat| {
        tone(Sine, 120.0, 42.0)
            .when(at + beat * BEAT, 0.2, 0.55)
            .struck(0.002, 0.06)
    });
    let beats = [0.5, 1.5, 2.5, 3.5, 3.75];
    let count = if bar % 4 == 3 { 5 } else { 4 };
    let hiss = beats.into_iter().take(count).map(move |beat| {
        noise(bar as u32)
            .when(at + beat * BEAT, 0.06, 0.1)
            .struck(0.001, 0.016)
            .above(6_000.0)
    });
    drum.into_iter().chain(hiss)
}

fn melody(at: f32) -> impl Iterator<Item = Part> {
    MELODY.into_iter().flat_map(move |(beat, beats, note)| {
        // Each note again an eighth later and quieter: a small echo.
        [(0.0, 0.2), (0.75 * BEAT, 0.07)].map(|(delay, level)| {
            let frequency = pitch(note + 24);
            tone(Sine, frequency, frequency)
                .when(at + beat * BEAT + delay, beats * BEAT, level)
                .struck(0.012, 0.35)
                .swelling(0.012, 0.08)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octave_doubles() {
        assert!((pitch(12) - 220.0).abs() < 1e-3);
        assert!((pitch(-12) - 55.0).abs() < 1e-3);
    }

    #[test]
    fn the_loop_is_of_whole_bars() {
        assert!((SECONDS / BAR - BARS as f32).abs() < 1e-4);
        assert!((30.0..45.0).contains(&SECONDS));
    }
}
