//! Small graphs of the last seconds, painted into textures: a bar for each sample, the newest on the
//! right.

use crate::{
    scene::meter::{KEPT, Meter},
    theme,
};
use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};

/// Pixels of a graph: one across for each sample, and its gap.
const WIDTH: usize = 2 * KEPT;
const HEIGHT: usize = 24;

/// What a graph shows.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graph {
    /// The longest picture of each sample.
    Pictures,
    /// Frames that were predicted.
    Predicted,
    /// Frames stepped again.
    Rollbacks,
    /// Round trips to the peer of this place.
    RoundTrips(usize),
}

/// An empty graph.
pub fn blank() -> Image {
    Image::new_fill(
        Extent3d {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            depth_or_array_layers: 1,
        },
        TextureDimension::D2,
        &[0, 0, 0, 0],
        TextureFormat::Rgba8UnormSrgb,
        // Painted again and again.
        RenderAssetUsages::MAIN_WORLD | RenderAssetUsages::RENDER_WORLD,
    )
}

impl Graph {
    /// Its values, the newest last, what fills its height at least, and from where on a value is
    /// alarming.
    fn series(self, meter: &Meter) -> (Vec<f32>, f32, f32) {
        let samples =
            |of: fn(&crate::scene::meter::Sample) -> f32| meter.samples.iter().map(of).collect();
        match self {
            Self::Pictures => (samples(|sample| sample.longest_ms), 34.0, 34.0),
            Self::Predicted => (
                samples(|sample| sample.predicted as f32),
                protocol::limits::MAX_PREDICTION as f32,
                protocol::limits::MAX_PREDICTION as f32 - 0.5,
            ),
            Self::Rollbacks => (samples(|sample| sample.resimulated), 120.0, f32::INFINITY),
            Self::RoundTrips(peer) => {
                let rtts = meter.peers.get(peer).map(|peer| &peer.rtts);
                (rtts.into_iter().flatten().copied().collect(), 100.0, 200.0)
            }
        }
    }

    /// Paints what the meter has by now.
    pub fn paint(self, meter: &Meter, image: &mut Image) {
        let (values, least, alarming) = self.series(meter);
        let most = values.iter().copied().fold(least, f32::max);
        let Some(data) = image.data.as_mut() else {
            return;
        };
        for (number, pixel) in data.chunks_exact_mut(4).enumerate() {
            let (x, y) = (number % WIDTH, number / WIDTH);
            // The newest sample stands at the right edge.
            let value = (x / 2 + values.len())
                .checked_sub(KEPT)
                .map(|index| values[index]);
            let bar = value
                .filter(|_| x % 2 == 0)
                .map_or(0.0, |value| value / most);
            let is_bar = bar * HEIGHT as f32 > (HEIGHT - 1 - y) as f32;
            let color = match (is_bar, value) {
                (true, Some(value)) if value >= alarming => theme::ALARM,
                (true, _) => theme::ACCENT,
                _ => theme::FLOOR,
            };
            pixel.copy_from_slice(&color.to_srgba().to_u8_array());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::meter::tests::meter;

    /// The graph's pixels that are neither ground nor gap, by column.
    fn columns(graph: Graph, samples: u32) -> Vec<usize> {
        let mut image = blank();
        graph.paint(&meter(samples), &mut image);
        let ground = theme::FLOOR.to_srgba().to_u8_array();
        let data = image.data.unwrap();
        let is_bar = |x: usize, y: usize| data[4 * (y * WIDTH + x)..][..4] != ground;
        (0..WIDTH)
            .map(|x| (0..HEIGHT).filter(|y| is_bar(x, *y)).count())
            .collect()
    }

    #[test]
    fn the_newest_sample_stands_on_the_right() {
        let columns = columns(Graph::Predicted, 3);
        let high = columns[WIDTH - 2];
        assert!((17..=19).contains(&high), "9 of 12: {high}");
        assert_eq!(columns[WIDTH - 6..], [high, 0, high, 0, high, 0]);
        assert!(columns[..WIDTH - 6].iter().all(|bar| *bar == 0));
    }

    #[test]
    fn every_graph_can_be_painted_at_any_time() {
        for samples in [0, 1, KEPT as u32 + 5] {
            for graph in [
                Graph::Pictures,
                Graph::Predicted,
                Graph::Rollbacks,
                Graph::RoundTrips(0),
                Graph::RoundTrips(9),
            ] {
                assert!(columns(graph, samples).iter().all(|bar| *bar <= HEIGHT));
            }
        }
    }
}
