//! Panels over whatever the window shows: the menu of a match, the settings, the credits. They
//! have a camera of their own, so that two scenes share one, and neither match nor page hears of
//! the keyboard while one is open.

mod credits;
mod menu;
mod players;
mod settings;

use super::{
    chat::Typing,
    navigation::{Back, BackSystems},
    widgets,
};
use crate::{
    contract::Cartridge,
    fullscreen::FullScreen,
    preferences::Preferences,
    scene::{Page, Stage, view::Whole},
    text::Words,
    theme,
};
use bevy::{
    input_focus::{FocusCause, InputFocus, tab_navigation::TabGroup},
    prelude::*,
    ui_widgets::{Activate, observe},
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Panels>()
        .add_plugins(players::plugin)
        .add_observer(end_menu)
        .add_systems(OnExit(Stage::Play), close_all)
        .add_systems(PreUpdate, by_key.after(BackSystems))
        .add_systems(Update, (show, hold_focus).chain());
}

/// What can lie over everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The menu of a match.
    Menu,
    /// Who plays, to be heard or not.
    Players,
    /// What the player prefers.
    Settings,
    /// Who made what.
    Credits,
}

/// The open panels: the last one is shown, and closing it leads to the one before.
#[derive(Resource, Default)]
pub struct Panels {
    open: Vec<Panel>,
}

impl Panels {
    /// The one that is shown.
    #[cfg(test)]
    pub fn shown(&self) -> Option<Panel> {
        self.open.last().copied()
    }

    /// Whether one is open.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Whether keys are for whatever is below the panels, and not for a text.
pub fn none_open(panels: Res<Panels>, typing: Typing) -> bool {
    !panels.is_open() && !typing.has_keys()
}

/// The root of the shown panel.
#[derive(Component)]
struct PanelRoot;

/// Opens this panel when the button is pressed.
pub fn opens(panel: Panel) -> impl Bundle {
    observe(move |_: On<Activate>, mut panels: ResMut<Panels>| panels.open.push(panel))
}

/// Closes the shown panel when the button is pressed.
fn closes() -> impl Bundle {
    observe(|_: On<Activate>, mut panels: ResMut<Panels>| {
        panels.open.pop();
    })
}

/// Escape, and a gamepad's Start, open the menu of a match. Start and whatever leads back close
/// any panel.
fn by_key(
    keys: Res<ButtonInput<KeyCode>>,
    gamepads: Query<&Gamepad>,
    pages: Query<&Page>,
    typing: Typing,
    mut back: ResMut<Back>,
    mut panels: ResMut<Panels>,
) {
    let start = (gamepads.iter()).any(|pad| pad.just_pressed(GamepadButton::Start));
    let escape = keys.just_pressed(KeyCode::Escape) && !typing.has_keys();
    let toggle = escape || start;
    if panels.is_open() {
        if start || back.take() {
            panels.open.pop();
        }
    } else if toggle && pages.iter().any(|page| *page == Page::Playing) {
        panels.open.push(Panel::Menu);
    }
}

/// A match that has ended has no menu.
fn end_menu(turned: On<Insert, Page>, pages: Query<&Page>, mut panels: ResMut<Panels>) {
    let goes_on = pages.get(turned.entity) == Ok(&Page::Playing);
    let of_match = |panel: &Panel| matches!(panel, Panel::Menu | Panel::Players);
    if !goes_on && panels.open.iter().any(of_match) {
        panels.open.retain(|panel| !of_match(panel));
    }
}

fn close_all(mut panels: ResMut<Panels>) {
    panels.open.clear();
}

/// Spawns the shown panel anew whenever another one is to be shown, or in other words, or what it
/// tells of the window has changed.
fn show(
    panels: Res<Panels>,
    preferences: Res<Preferences>,
    full_screen: Res<FullScreen>,
    roots: Query<Entity, With<PanelRoot>>,
    scenes: Query<(), With<Page>>,
    cartridge: Option<Res<Cartridge>>,
    mut shown: Local<Option<(Panel, &'static str, FullScreen)>>,
    mut commands: Commands,
) {
    let words = preferences.words();
    let wanted =
        (panels.open.last()).map(|panel| (*panel, words.settings.language_name, *full_screen));
    if *shown == wanted {
        return;
    }
    *shown = wanted;
    for root in &roots {
        commands.entity(root).despawn();
    }
    let Some((panel, ..)) = wanted else { return };
    let camera = Camera {
        order: CAMERA_ORDER,
        clear_color: ClearColorConfig::None,
        ..default()
    };
    let camera = commands
        .spawn((PanelRoot, Camera2d, Whole, camera, Msaa::Off))
        .id();
    let mut root = commands.spawn(root(camera, panel));
    match panel {
        Panel::Menu => root.insert(menu::contents(words)),
        Panel::Players => root.insert(players::contents(words)),
        Panel::Settings => root.insert(settings::contents(words, &preferences, *full_screen)),
        Panel::Credits => root.insert(credits::contents(words)),
    };
    let teaches = cartridge.is_some_and(|cartridge| cartridge.teaches);
    if panel == Panel::Settings && scenes.is_empty() && teaches {
        root.with_child(settings::lesson(words));
    }
}

/// After the cameras of all scenes.
const CAMERA_ORDER: isize = 100;

fn root(camera: Entity, panel: Panel) -> impl Bundle {
    let ground = match panel {
        // One sees the match go on.
        Panel::Menu | Panel::Players => theme::VEIL.with_alpha(0.93),
        Panel::Settings | Panel::Credits => theme::NIGHT,
    };
    (
        PanelRoot,
        UiTargetCamera(camera),
        TabGroup::modal(),
        BackgroundColor(ground),
        Node {
            width: percent(100),
            height: percent(100),
            padding: UiRect::all(vmin(3.0)),
            ..widgets::column(1.1)
        },
    )
}

/// The button at the end of a panel.
fn back(words: &Words) -> impl Bundle + use<> {
    (
        Node {
            margin: UiRect::top(vmin(1.5)),
            ..widgets::row(0.0)
        },
        children![(widgets::button(words.common.back, 40.0), closes())],
    )
}

/// Whatever is spawned below, the keyboard stays in the panel, and at its place when the panel is
/// shown anew. When the last one closes, it is where it was before.
fn hold_focus(
    panels: Res<Panels>,
    roots: Query<Entity, (With<PanelRoot>, With<TabGroup>)>,
    children: Query<&Children>,
    controls: Query<(), With<widgets::Control>>,
    mut held: Local<Option<(Panel, usize)>>,
    mut below: Local<Option<Entity>>,
    mut focus: ResMut<InputFocus>,
) {
    let (Some(root), Some(panel)) = (roots.iter().next(), panels.open.last()) else {
        // Back to where it was, if that is still there.
        let back = below.take().filter(|back| controls.contains(*back));
        if let Some(back) = back.filter(|_| held.take().is_some()) {
            focus.set(back, FocusCause::Navigated);
        }
        return;
    };
    if held.is_none() {
        *below = focus.get();
    }
    let inside: Vec<Entity> = children
        .iter_descendants_depth_first(root)
        .filter(|part| controls.contains(*part))
        .collect();
    if let Some(place) = inside.iter().position(|part| focus.get() == Some(*part)) {
        *held = Some((*panel, place));
        return;
    }
    let place = held
        .filter(|(of, _)| of == panel)
        .map_or(0, |(_, place)| place);
    if let Some(control) = inside.get(place) {
        focus.set(*control, FocusCause::Navigated);
        *held = Some((*panel, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::navigation;
    use bevy::input_focus::InputFocus;

    /// A match that is played, without a picture.
    fn app() -> (App, Entity) {
        let mut app = App::new();
        app.init_resource::<Panels>()
            .init_resource::<Preferences>()
            .init_resource::<FullScreen>()
            .init_resource::<InputFocus>()
            .init_resource::<ButtonInput<KeyCode>>()
            .init_resource::<Back>()
            .add_observer(end_menu)
            .add_systems(PreUpdate, (navigation::listen, by_key).chain())
            .add_systems(Update, (show, hold_focus).chain());
        let scene = app.world_mut().spawn(Page::Playing).id();
        (app, scene)
    }

    fn press(app: &mut App, key: KeyCode) {
        app.world_mut()
            .resource_mut::<ButtonInput<KeyCode>>()
            .press(key);
        app.update();
        let mut keys = app.world_mut().resource_mut::<ButtonInput<KeyCode>>();
        keys.reset_all();
    }

    fn shown(app: &App) -> Option<Panel> {
        app.world().resource::<Panels>().shown()
    }

    #[test]
    fn escape_opens_and_closes_the_menu_of_a_match() {
        let (mut app, scene) = app();
        press(&mut app, KeyCode::Escape);
        assert_eq!(shown(&app), Some(Panel::Menu));
        press(&mut app, KeyCode::Escape);
        assert_eq!(shown(&app), None);
        app.world_mut().entity_mut(scene).insert(Page::Room);
        press(&mut app, KeyCode::Escape);
        assert_eq!(shown(&app), None, "a room is left by it");
    }

    #[test]
    fn the_menu_ends_with_the_match_and_the_settings_stay() {
        let (mut app, scene) = app();
        press(&mut app, KeyCode::Escape);
        let mut panels = app.world_mut().resource_mut::<Panels>();
        panels.open.push(Panel::Settings);
        app.world_mut().entity_mut(scene).insert(Page::Result);
        assert_eq!(shown(&app), Some(Panel::Settings));
        press(&mut app, KeyCode::Escape);
        assert_eq!(shown(&app), None);
    }

    #[test]
    fn the_keyboard_stays_in_the_panel() {
        let (mut app, _) = app();
        let below = app.world_mut().spawn(widgets::Control).id();
        press(&mut app, KeyCode::Escape);
        app.update();
        let first = app.world().resource::<InputFocus>().get();
        assert!(first.is_some() && first != Some(below));
        let mut focus = app.world_mut().resource_mut::<InputFocus>();
        focus.set(below, FocusCause::Navigated);
        app.update();
        assert_eq!(app.world().resource::<InputFocus>().get(), first);
    }

    #[test]
    fn the_keyboard_returns_to_where_it_was() {
        let (mut app, _) = app();
        let below = app.world_mut().spawn(widgets::Control).id();
        let mut focus = app.world_mut().resource_mut::<InputFocus>();
        focus.set(below, FocusCause::Navigated);
        press(&mut app, KeyCode::Escape);
        assert_ne!(app.world().resource::<InputFocus>().get(), Some(below));
        press(&mut app, KeyCode::Escape);
        app.update();
        assert_eq!(app.world().resource::<InputFocus>().get(), Some(below));
    }

    #[test]
    fn another_language_shows_the_panel_anew() {
        let (mut app, _) = app();
        press(&mut app, KeyCode::Escape);
        let texts = |app: &mut App| -> Vec<String> {
            let mut texts = app.world_mut().query::<&Text>();
            texts.iter(app.world()).map(|text| text.0.clone()).collect()
        };
        let english = texts(&mut app);
        app.world_mut().resource_mut::<Preferences>().language =
            crate::preferences::Language::German;
        app.update();
        let german = texts(&mut app);
        assert_eq!(german.len(), english.len());
        assert!(german.contains(&"Menü".to_owned()) && !german.contains(&english[0]));
    }
}
