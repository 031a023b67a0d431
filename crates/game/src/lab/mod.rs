//! The laboratory of two scenes: a worse network between them, set while they play, and prediction
//! and rollback made visible.
//!
//! It is a band between or below the scenes ([`place`] says where) with a camera of its own. The
//! [`dial`] holds what the sliders say; [`controls`] are the sliders, [`strip`] shows what became of
//! each scene's newest frames, [`wire`] the packets on their way. What makes the network worse is
//! `netplay::transport::impair`, below both sessions. Nothing here knows the game that is played.

mod controls;
pub(crate) mod dial;
mod place;
mod strip;
mod wire;

use crate::{
    preferences::Preferences,
    scene::{Page, Scene, Session, Stage, connect::Road, view},
    screens::panels::{PanelKeys, Panels},
    theme,
};
use bevy::{
    asset::RenderAssetUsages,
    camera::{Viewport, visibility::RenderLayers},
    input_focus::InputFocus,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
    window::PrimaryWindow,
};
use dial::Dial;
use netplay::session::Command as Wish;
use place::{Places, begins_open};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Lab>()
        .init_resource::<Arrangement>()
        .init_resource::<Art>()
        .add_observer(begin)
        .add_systems(OnExit(Stage::Play), end)
        .add_systems(
            PreUpdate,
            (
                by_key.before(PanelKeys),
                arrange.before(view::Framing),
                turn,
            )
                .after(bevy::input::InputSystems),
        )
        .add_systems(
            Update,
            (build, (strip::draw, wire::draw, controls::tell, hold_focus)).chain(),
        );
}

/// What the player has set.
#[derive(Resource, Default)]
pub struct Lab {
    /// What stands between the scenes.
    dial: Dial,
    /// Whether the controls show, if the player has said so.
    wants_open: Option<bool>,
    /// Whether keys and gamepads are for the controls, and not for the match.
    is_held: bool,
}

impl Lab {
    /// Whether keys and gamepads are for the controls.
    pub fn holds_keys(&self) -> bool {
        self.is_held
    }
}

/// Where everything is, while there are two scenes.
#[derive(Resource, Default)]
pub(crate) struct Arrangement(pub Option<Places>);

/// The camera of the band.
#[derive(Component)]
struct Band;

/// Everything that is drawn in the band: made anew when its places change.
#[derive(Component)]
struct Part;

/// The layer of everything in the band: scenes have lower ones.
const LAYER: RenderLayers = RenderLayers::layer(9);

/// After the cameras of the scenes, before that of the panels.
const CAMERA_ORDER: isize = 50;

/// A soft, round light, to be tinted.
#[derive(Resource)]
struct Art {
    light: Handle<Image>,
}

impl FromWorld for Art {
    fn from_world(world: &mut World) -> Self {
        const SIDE: u32 = 32;
        let light = |pixel: u32| {
            let at = Vec2::new((pixel % SIDE) as f32, (pixel / SIDE) as f32);
            let distance = ((at + 0.5) / SIDE as f32 * 2.0 - 1.0).length();
            // A bright middle in a faint glow.
            let middle = ((0.55 - distance) * 6.0).clamp(0.0, 1.0);
            let glow = 0.45 * (1.0 - distance).max(0.0);
            [255, 255, 255, (middle.max(glow) * 255.0) as u8]
        };
        let image = Image::new(
            Extent3d {
                width: SIDE,
                height: SIDE,
                depth_or_array_layers: 1,
            },
            TextureDimension::D2,
            (0..SIDE * SIDE).flat_map(light).collect(),
            TextureFormat::Rgba8UnormSrgb,
            RenderAssetUsages::RENDER_WORLD,
        );
        let light = world.resource_mut::<Assets<Image>>().add(image);
        Self { light }
    }
}

/// With two scenes comes the band.
fn begin(
    added: On<Add, Scene>,
    scenes: Query<&Scene>,
    mut lab: ResMut<Lab>,
    mut commands: Commands,
) {
    let is_first = |scene: &Scene| scene.of == 2 && scene.index == 0;
    if !scenes.get(added.entity).is_ok_and(is_first) {
        return;
    }
    *lab = Lab::default();
    commands.spawn((
        Band,
        Camera2d,
        Msaa::Off,
        Camera {
            order: CAMERA_ORDER,
            clear_color: ClearColorConfig::None,
            ..default()
        },
        LAYER,
        DespawnOnExit(Stage::Play),
    ));
}

fn end(mut lab: ResMut<Lab>, mut arrangement: ResMut<Arrangement>) {
    *lab = Lab::default();
    arrangement.0 = None;
}

/// N, or Select of a gamepad, gives keys and gamepads to the controls and takes them back; Escape
/// takes them back, too.
fn by_key(
    mut keys: ResMut<ButtonInput<KeyCode>>,
    mut gamepads: Query<&mut Gamepad>,
    panels: Res<Panels>,
    pages: Query<&Page>,
    bands: Query<(), With<Band>>,
    arrangement: Res<Arrangement>,
    mut lab: ResMut<Lab>,
) {
    let plays = pages.iter().any(|page| *page == Page::Playing);
    if bands.is_empty() || panels.is_open() || !plays {
        lab.is_held = false;
        return;
    }
    let pad = |button| gamepads.iter().any(|pad| pad.just_pressed(button));
    let (select, east) = (pad(GamepadButton::Select), pad(GamepadButton::East));
    let toggles = keys.just_pressed(KeyCode::KeyN) || select;
    if lab.is_held && (toggles || east || keys.just_pressed(KeyCode::Escape)) {
        lab.is_held = false;
        // What has ended this does nothing else.
        keys.clear_just_pressed(KeyCode::Escape);
        for mut pad in &mut gamepads {
            pad.digital_mut().clear_just_pressed(GamepadButton::East);
        }
    } else if toggles {
        lab.is_held = true;
        if arrangement.0.is_some_and(|places| !places.is_open) {
            lab.wants_open = Some(true);
        }
    }
}

/// Keeps the band where it belongs in a window of any size.
fn arrange(
    window: Single<&Window, With<PrimaryWindow>>,
    lab: Res<Lab>,
    mut bands: Query<&mut Camera, With<Band>>,
    mut arrangement: ResMut<Arrangement>,
) {
    let Ok(mut camera) = bands.single_mut() else {
        return;
    };
    if window.physical_size().min_element() == 0 {
        return; // Minimised: there is nothing to divide.
    }
    let size = window.size();
    let is_open = lab.wants_open.unwrap_or(begins_open(size));
    let places = Places::of(size, is_open);
    if arrangement.0 == Some(places) && camera.viewport.is_some() {
        return;
    }
    arrangement.0 = Some(places);
    let (physical_position, physical_size) = view::pixels(places.band, &window);
    camera.viewport = Some(Viewport {
        physical_position,
        physical_size,
        ..default()
    });
}

/// Has the network and the sessions follow the dial.
fn turn(
    lab: Res<Lab>,
    roads: Query<(&Road, &Session)>,
    come: Query<(), Or<(Added<Road>, Changed<Session>)>>,
    mut set: Local<Option<Dial>>,
) {
    if come.is_empty() && *set == Some(lab.dial) {
        return;
    }
    *set = Some(lab.dial);
    for (road, session) in &roads {
        if let Some(impairment) = road.impairment() {
            impairment.set(lab.dial.conditions());
            let delay = u32::from(lab.dial.delay);
            session.0.command(Wish::SetInputDelay(Some(delay)));
        }
    }
}

/// Makes all of the band anew where its places have changed, or its words.
fn build(
    arrangement: Res<Arrangement>,
    preferences: Res<Preferences>,
    lab: Res<Lab>,
    art: Res<Art>,
    bands: Query<Entity, With<Band>>,
    parts: Query<Entity, With<Part>>,
    mut built: Local<Option<(Entity, Places, &'static str)>>,
    mut commands: Commands,
) {
    let words = preferences.words();
    let wanted = bands.single().ok().zip(arrangement.0);
    let wanted = wanted.map(|(band, places)| (band, places, words.settings.language_name));
    if *built == wanted {
        return;
    }
    *built = wanted;
    for part in &parts {
        commands.entity(part).despawn();
    }
    if let Some((band, places, _)) = wanted {
        // The ground: this camera clears nothing.
        commands.spawn((
            Part,
            LAYER,
            Sprite::from_color(theme::NIGHT, places.band.size()),
            Transform::from_xyz(0.0, 0.0, -1.0),
        ));
        strip::build(&places, &mut commands);
        wire::build(&places, &art, &mut commands);
        controls::build(band, &places, &lab.dial, words, &mut commands);
    }
}

/// Keys that are the players' do not press what was clicked last; held keys stay in the band.
fn hold_focus(
    lab: Res<Lab>,
    roots: Query<Entity, With<controls::Root>>,
    children: Query<&Children>,
    controls: Query<(), With<crate::screens::widgets::Control>>,
    mut focus: ResMut<InputFocus>,
) {
    let Ok(root) = roots.single() else { return };
    let mut inside = children
        .iter_descendants_depth_first(root)
        .filter(|part| controls.contains(*part));
    let is_inside = |focus: &InputFocus| {
        let focused = focus.get();
        focused.is_some_and(|focused| children.iter_descendants(root).any(|part| part == focused))
    };
    match (lab.is_held, is_inside(&focus)) {
        (true, false) => {
            if let Some(first) = inside.next() {
                focus.set(first, bevy::input_focus::FocusCause::Navigated);
            }
        }
        (false, true) => focus.clear(),
        _ => {}
    }
}

/// A place in the band as its camera sees it: from the middle, upwards.
fn seen(places: &Places, at: Vec2) -> Vec2 {
    let half = places.band.size() / 2.0;
    Vec2::new(at.x - half.x, half.y - at.y)
}
