//! Ribbons of light: meshes that are built anew for each picture, one for many bodies.

use bevy::{
    asset::RenderAssetUsages,
    camera::visibility::NoFrustumCulling,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
    sprite_render::AlphaMode2d,
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Ink>();
}

/// What all ribbons are drawn with: their vertices' colours.
#[derive(Resource)]
pub(super) struct Ink(Handle<ColorMaterial>);

impl FromWorld for Ink {
    fn from_world(world: &mut World) -> Self {
        let mut materials = world.resource_mut::<Assets<ColorMaterial>>();
        Self(materials.add(ColorMaterial {
            alpha_mode: AlphaMode2d::Blend,
            ..ColorMaterial::from_color(Color::WHITE)
        }))
    }
}

impl Ink {
    /// What draws ribbons at this height. Nothing, at first.
    pub fn sheet(&self, meshes: &mut Assets<Mesh>, height: f32) -> impl Bundle + use<> {
        (
            Mesh2d(meshes.add(Ribbons::default().mesh())),
            MeshMaterial2d(self.0.clone()),
            Transform::from_xyz(0.0, 0.0, height),
            Visibility::Hidden,
            // All of it is in the arena, and the arena in the picture.
            NoFrustumCulling,
        )
    }
}

/// Ribbons on their way into a mesh.
#[derive(Default)]
pub(super) struct Ribbons {
    positions: Vec<[f32; 3]>,
    colors: Vec<[f32; 4]>,
    indices: Vec<u16>,
    /// Whether the next points go on with a ribbon.
    is_open: bool,
}

impl Ribbons {
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The ribbon at hand is complete: the next points begin another one.
    pub fn end(&mut self) {
        self.is_open = false;
    }

    /// Leads the ribbon on to here. Its light fades from the middle to `across` on both sides.
    pub fn add(&mut self, at: Vec2, across: Vec2, color: LinearRgba) {
        // More than any picture has; what is past it is not drawn.
        let Ok(first) = u16::try_from(self.positions.len() + 3) else {
            return;
        };
        let first = first - 3;
        let rgb = |alpha| [color.red, color.green, color.blue, alpha];
        for (offset, alpha) in [(across, 0.0), (Vec2::ZERO, color.alpha), (-across, 0.0)] {
            self.positions.push((at + offset).extend(0.0).to_array());
            self.colors.push(rgb(alpha));
        }
        if self.is_open {
            for side in [first - 3, first - 2] {
                let corners = [side, side + 1, side + 3, side + 3, side + 1, side + 4];
                self.indices.extend(corners);
            }
        }
        self.is_open = true;
    }

    /// The mesh, which only the renderer keeps.
    pub fn mesh(mut self) -> Mesh {
        if self.indices.is_empty() {
            // The renderer wants a triangle at least: one without an area.
            self.positions = vec![[0.0; 3]; 3];
            self.colors = vec![[0.0; 4]; 3];
            self.indices = vec![0, 1, 2];
        }
        Mesh::new(
            PrimitiveTopology::TriangleList,
            RenderAssetUsages::RENDER_WORLD,
        )
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colors)
        .with_inserted_indices(Indices::U16(self.indices))
    }
}

/// Shows these ribbons on their sheet, or hides it.
pub(super) fn show(
    ribbons: Ribbons,
    sheet: &Mesh2d,
    visibility: &mut Mut<Visibility>,
    meshes: &mut Assets<Mesh>,
) {
    if ribbons.is_empty() {
        visibility.set_if_neq(Visibility::Hidden);
        return;
    }
    visibility.set_if_neq(Visibility::Inherited);
    if let Some(mut mesh) = meshes.get_mut(&sheet.0) {
        *mesh = ribbons.mesh();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ribbon of so many points.
    fn lead(ribbons: &mut Ribbons, points: usize) {
        for point in 0..points {
            ribbons.add(Vec2::X * point as f32, Vec2::Y, LinearRgba::WHITE);
        }
        ribbons.end();
    }

    #[test]
    fn a_mesh_always_has_a_triangle() {
        for points in [0, 1, 2, 30] {
            let mut ribbons = Ribbons::default();
            lead(&mut ribbons, points);
            assert_eq!(ribbons.is_empty(), points < 2);
            assert!(ribbons.mesh().indices().is_some_and(|all| all.len() >= 3));
        }
    }

    #[test]
    fn ribbons_are_not_joined() {
        let mut ribbons = Ribbons::default();
        lead(&mut ribbons, 2);
        lead(&mut ribbons, 2);
        // Two stripes of two triangles each, and nothing in between.
        assert_eq!(ribbons.indices.len(), 2 * 12);
    }

    #[test]
    fn more_than_a_mesh_can_index_is_left_out() {
        let mut ribbons = Ribbons::default();
        lead(&mut ribbons, 40_000);
        let vertices = ribbons.positions.len();
        assert!(vertices > 60_000);
        let mut indices = ribbons.indices.iter();
        assert!(indices.all(|index| usize::from(*index) < vertices));
    }
}
