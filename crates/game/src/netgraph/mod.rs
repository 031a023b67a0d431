//! The net graph (F3, or a tap of three fingers): the way to each other peer, what prediction costs,
//! and how long pictures take, in numbers and as small graphs of the last seconds. [`diagnostics`] are
//! the same as a text to send to somebody who can help.

mod clipboard;
mod diagnostics;
mod graph;

use crate::{
    preferences::Preferences,
    scene::{PartOf, Scene, Seen, Session, Stage, meter::Meter},
    screens::widgets,
    text::{NetGraph as Words, Words as AllWords},
    theme::{self, inset, size},
    touch::ThreeFingerTap,
};
use bevy::{
    prelude::*,
    ui_widgets::{Activate, observe},
};
use clipboard::Clipboard;
use graph::Graph;
use netplay::transport::Path;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Shown>()
        .init_resource::<Clipboard>()
        .add_observer(by_tap)
        .add_observer(toggle)
        .add_observer(copy)
        .add_systems(OnExit(Stage::Play), hide)
        .add_systems(Update, (by_key, show, tell).chain());
}

/// Shows the net graph, or hides it.
#[derive(Event, Clone, Copy, Debug)]
pub struct ToggleNetGraph;

/// Puts the diagnostics of all scenes onto the clipboard.
#[derive(Event, Clone, Copy, Debug)]
struct CopyDiagnostics;

/// Whether it is shown.
#[derive(Resource, Default)]
struct Shown(bool);

/// The root of a scene's net graph, and the sample and language that it shows.
#[derive(Component)]
struct Root {
    scene: Entity,
    /// How many rows for peers it has.
    peers: usize,
    sample: u64,
}

/// What a line tells.
#[derive(Component, Clone, Copy)]
enum Line {
    Pictures,
    Prediction,
    Rollbacks,
    /// The other peer of this place.
    Peer(usize),
}

/// Which scene a line or a graph is of.
#[derive(Component, Clone, Copy)]
struct Of(Entity);

fn by_key(keys: Res<ButtonInput<KeyCode>>, stage: Res<State<Stage>>, mut commands: Commands) {
    if keys.just_pressed(KeyCode::F3) && *stage.get() == Stage::Play {
        commands.trigger(ToggleNetGraph);
    }
}

fn by_tap(_: On<ThreeFingerTap>, stage: Res<State<Stage>>, mut commands: Commands) {
    if *stage.get() == Stage::Play {
        commands.trigger(ToggleNetGraph);
    }
}

fn toggle(_: On<ToggleNetGraph>, mut shown: ResMut<Shown>) {
    shown.0 = !shown.0;
}

fn hide(mut shown: ResMut<Shown>) {
    shown.0 = false;
}

/// Builds the net graph of each scene, anew where the number of peers has changed.
fn show(
    shown: Res<Shown>,
    preferences: Res<Preferences>,
    scenes: Query<(Entity, &Scene, &Meter)>,
    roots: Query<(Entity, &Root)>,
    mut images: ResMut<Assets<Image>>,
    mut commands: Commands,
) {
    let fits = |root: &Root| {
        let meter = scenes.get(root.scene).map(|(.., meter)| meter.peers.len());
        shown.0 && !preferences.is_changed() && meter == Ok(root.peers)
    };
    for (entity, root) in &roots {
        if !fits(root) {
            commands.entity(entity).despawn();
        }
    }
    if !shown.0 {
        return;
    }
    for (scene, settings, meter) in &scenes {
        if roots
            .iter()
            .any(|(_, root)| root.scene == scene && fits(root))
        {
            continue;
        }
        build(
            scene,
            settings.index == 0,
            meter,
            preferences.words(),
            &mut images,
            &mut commands,
        );
    }
}

fn build(
    scene: Entity,
    copies: bool,
    meter: &Meter,
    words: &AllWords,
    images: &mut Assets<Image>,
    commands: &mut Commands,
) {
    let root = (
        Root {
            scene,
            peers: meter.peers.len(),
            sample: 0,
        },
        PartOf(scene),
        UiTargetCamera(scene),
        GlobalZIndex(1),
        Pickable::IGNORE,
        BackgroundColor(theme::VEIL),
        Node {
            position_type: PositionType::Absolute,
            left: vmin(1.5),
            top: vmin(inset::TOP),
            padding: UiRect::all(vmin(1.2)),
            border_radius: BorderRadius::all(vmin(1.2)),
            row_gap: vmin(0.6),
            align_items: AlignItems::Start,
            max_width: percent(96),
            ..widgets::column(0.6)
        },
    );
    let mut row = |line: Line, graph: Graph| {
        let image = images.add(graph::blank());
        (
            Node {
                column_gap: vmin(1.2),
                align_items: AlignItems::Center,
                ..default()
            },
            Pickable::IGNORE,
            children![
                (
                    graph,
                    Of(scene),
                    ImageNode::new(image),
                    Node {
                        width: vmin(22.0),
                        height: vmin(4.4),
                        flex_shrink: 0.0,
                        ..default()
                    },
                    Pickable::IGNORE,
                ),
                (
                    line,
                    Of(scene),
                    Text::default(),
                    TextFont::from_font_size(FontSize::VMin(size::TINY)),
                    TextColor(theme::TEXT),
                    TextLayout::new(Justify::Left, LineBreak::NoWrap),
                    Pickable::IGNORE,
                ),
            ],
        )
    };
    commands.spawn(root).with_children(|parts| {
        parts.spawn(row(Line::Pictures, Graph::Pictures));
        parts.spawn(row(Line::Prediction, Graph::Predicted));
        parts.spawn(row(Line::Rollbacks, Graph::Rollbacks));
        for peer in 0..meter.peers.len() {
            parts.spawn(row(Line::Peer(peer), Graph::RoundTrips(peer)));
        }
        if copies {
            parts.spawn((
                widgets::small_button(words.net_graph.copy),
                observe(|_: On<Activate>, mut commands: Commands| {
                    commands.trigger(CopyDiagnostics)
                }),
            ));
        }
    });
}

/// What a line says of a scene.
fn said(line: Line, meter: &Meter, words: &Words) -> String {
    let newest = meter.newest();
    match line {
        Line::Pictures => (words.pictures)(newest.frame_ms, newest.longest_ms),
        Line::Prediction => (words.predicted)(newest.predicted),
        Line::Rollbacks => (words.rollbacks)(
            newest.rollbacks.round() as u32,
            newest.resimulated.round() as u32,
        ),
        Line::Peer(number) => {
            let Some(peer) = meter.peers.get(number) else {
                return String::new();
            };
            let way = match peer.link.path {
                Path::Unknown => words.unknown,
                Path::Direct => words.direct,
                Path::Relayed => words.relayed,
                Path::Memory => words.memory,
            };
            let rtt = peer
                .rtt_ms
                .map_or_else(|| "-".into(), |rtt| format!("{rtt:.0}"));
            format!(
                "{}   {rtt} ms ± {:.0}   {} {:.0} %\n{:.1} / {:.1} kB/s   {way}",
                peer.name,
                peer.link.jitter_ms,
                words.loss,
                100.0 * peer.link.loss,
                peer.bytes_in / 1_000.0,
                peer.bytes_out / 1_000.0,
            )
        }
    }
}

/// Tells each new sample.
fn tell(
    preferences: Res<Preferences>,
    scenes: Query<&Meter>,
    mut roots: Query<&mut Root>,
    mut lines: Query<(&Line, &Of, &mut Text)>,
    graphs: Query<(&Graph, &Of, &ImageNode)>,
    mut images: ResMut<Assets<Image>>,
) {
    let words = &preferences.words().net_graph;
    for mut root in &mut roots {
        let Ok(meter) = scenes.get(root.scene) else {
            continue;
        };
        if root.sample == meter.number {
            continue;
        }
        root.sample = meter.number;
        for (line, of, mut text) in &mut lines {
            if of.0 == root.scene {
                text.set_if_neq(Text(said(*line, meter, words)));
            }
        }
        for (graph, of, node) in &graphs {
            if of.0 == root.scene
                && let Some(mut image) = images.get_mut(&node.image)
            {
                graph.paint(meter, &mut image);
            }
        }
    }
}

fn copy(
    _: On<CopyDiagnostics>,
    scenes: Query<(&Scene, &Meter, &Seen, Option<&Session>)>,
    mut clipboard: ResMut<Clipboard>,
) {
    let mut sorted: Vec<_> = scenes.iter().collect();
    sorted.sort_by_key(|(scene, ..)| scene.index);
    let told = sorted.into_iter().map(|(_, meter, seen, session)| {
        let status = session
            .map(|session| session.0.status())
            .unwrap_or_default();
        diagnostics::of(meter, &seen.0, &status)
    });
    clipboard.put(&(diagnostics::heading() + &told.collect::<String>()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, scene::meter, text};

    #[test]
    fn each_line_says_its_figures() {
        let words = &text::of(Language::English).net_graph;
        let meter = meter::tests::meter(4);
        let line = |line| said(line, &meter, words);
        assert!(line(Line::Pictures).contains("50.0 ms"));
        assert!(line(Line::Prediction).contains('9'));
        assert!(line(Line::Rollbacks).contains("20") && line(Line::Rollbacks).contains("160"));
        let peer = line(Line::Peer(0));
        for figure in [
            "Grace",
            "150 ms ± 4",
            "10 %",
            "4.0 / 2.0 kB/s",
            words.relayed,
        ] {
            assert!(peer.contains(figure), "{figure} in {peer}");
        }
        assert_eq!(line(Line::Peer(7)), "");
    }
}
