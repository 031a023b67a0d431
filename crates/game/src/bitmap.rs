//! Images painted by formula, without any file.

use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};

/// An image whose pixels (from the upper left) have these colours, in sRGB, each channel from 0 to 1.
pub fn image(size: UVec2, color: impl Fn(Vec2) -> Vec4) -> Image {
    let mut data = Vec::with_capacity((size.x * size.y * 4) as usize);
    for y in 0..size.y {
        for x in 0..size.x {
            let color = color(Vec2::new(x as f32, y as f32)).clamp(Vec4::ZERO, Vec4::ONE);
            data.extend(
                color
                    .to_array()
                    .map(|channel| (channel * 255.0).round() as u8),
            );
        }
    }
    Image::new(
        Extent3d {
            width: size.x,
            height: size.y,
            depth_or_array_layers: 1,
        },
        TextureDimension::D2,
        data,
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD,
    )
}
