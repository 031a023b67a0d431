//! The head-up display of a match: score, clock, names, round trip, keys and banners.

mod banner;
mod controls;
mod hints;
mod names;

use super::{
    PageRoot,
    panels::{Panel, opens},
    watching, widgets,
};
use crate::{
    demo::arena::paint::Kit,
    preferences::Preferences,
    scene::{Page, PartOf, Scene, Seen, connect::Road, replay::Watching, shown::Shown},
    theme::{self, size},
    touch::Device,
};
#[cfg(target_arch = "wasm32")]
pub(super) use banner::announcement;
pub(super) use banner::{Announcement, Notice};
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*};
pub(super) use names::{Cast, listed};
use protocol::limits::STEPS_PER_SECOND;
use sim::Team;

pub(super) fn plugin(app: &mut App) {
    app.add_plugins(controls::plugin)
        .add_observer(build)
        .add_systems(
            Update,
            (
                names::remember,
                banner::announce,
                banner::notice,
                tell,
                leap,
            )
                .chain(),
        );
}

/// What a line of the display tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Score(Team),
    Clock,
    Names(Team),
    Path,
    Keys,
    Menu,
    Banner,
    Scorer,
    Notice,
}

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

fn build(turned: On<Insert, Page>, pages: Query<&Page>, kit: Res<Kit>, mut commands: Commands) {
    let scene = turned.entity;
    let Ok(Page::Playing) = pages.get(scene) else {
        return;
    };
    commands
        .entity(scene)
        .insert((Announcement::default(), Notice::default(), Cast::default()));
    commands.spawn((
        PageRoot,
        PartOf(scene),
        UiTargetCamera(scene),
        TabGroup::new(0),
        Pickable::IGNORE,
        Node {
            width: percent(100),
            height: percent(100),
            ..default()
        },
        children![
            controls::controls(scene, &kit),
            top(scene),
            banner(scene),
            bottom(scene)
        ],
    ));
}

/// Names, score and clock, above the arena.
pub(super) fn top(scene: Entity) -> impl Bundle {
    let score = |team: Team| {
        (
            Line::Score(team),
            Of(scene),
            widgets::text("0", size::SCORE, theme::team(team.index())),
        )
    };
    let names = |team: Team| {
        (
            Line::Names(team),
            Of(scene),
            widgets::broken_text(
                "",
                size::SMALL,
                theme::team(team.index()),
                LineBreak::WordOrCharacter,
            ),
            Node {
                width: vmin(32.0),
                max_height: vmin(13.0),
                overflow: Overflow::clip(),
                ..default()
            },
        )
    };
    (
        Node {
            position_type: PositionType::Absolute,
            top: vmin(1.0),
            width: percent(100),
            height: vmin(theme::inset::TOP - 1.0),
            ..widgets::row(2.0)
        },
        Pickable::IGNORE,
        children![
            names(Team::Left),
            (
                Node {
                    width: vmin(28.0),
                    ..widgets::column(0.2)
                },
                children![
                    (
                        widgets::row(3.5),
                        children![
                            score(Team::Left),
                            widgets::text(":", size::BODY, theme::FAINT),
                            score(Team::Right),
                        ]
                    ),
                    (
                        Line::Clock,
                        Of(scene),
                        widgets::text("", size::BODY, theme::TEXT)
                    ),
                ]
            ),
            names(Team::Right),
        ],
    )
}

/// The large words over the arena, above its middle where the ball lies at a kick-off.
pub(super) fn banner(scene: Entity) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            top: vmin(theme::inset::TOP),
            bottom: vmin(theme::inset::BOTTOM),
            padding: UiRect::bottom(vmin(22.0)),
            width: percent(100),
            ..widgets::column(1.0)
        },
        Pickable::IGNORE,
        children![
            (
                Line::Banner,
                Of(scene),
                widgets::text("", size::HEADING, theme::TEXT)
            ),
            (
                Line::Scorer,
                Of(scene),
                widgets::text("", size::BODY, theme::TEXT)
            ),
            (
                Line::Notice,
                Of(scene),
                widgets::text("", size::SMALL, theme::FAINT)
            ),
        ],
    )
}

/// The way out, the round trip and the keys, below the arena.
fn bottom(scene: Entity) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            bottom: vmin(0.8),
            width: percent(100),
            height: vmin(theme::inset::BOTTOM - 0.8),
            padding: UiRect::horizontal(vmin(1.5)),
            justify_content: JustifyContent::SpaceBetween,
            ..widgets::row(1.0)
        },
        Pickable::IGNORE,
        children![
            (
                Line::Path,
                Of(scene),
                widgets::broken_text("", size::TINY, theme::FAINT, LineBreak::NoWrap)
            ),
            (
                Line::Keys,
                Of(scene),
                widgets::text("", size::TINY, theme::FAINT)
            ),
            (
                widgets::small_button_with((
                    Line::Menu,
                    Of(scene),
                    widgets::text("", size::TINY, theme::FAINT)
                )),
                opens(Panel::Menu)
            ),
        ],
    )
}

/// Minutes and seconds, the running second counted in.
pub(super) fn clock(steps: u32) -> String {
    let seconds = steps.div_ceil(STEPS_PER_SECOND);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn tell(
    scenes: Query<(
        &Scene,
        Option<&Road>,
        &Shown,
        &Seen,
        &Announcement,
        &Notice,
        &Cast,
        Option<&Watching>,
    )>,
    preferences: Res<Preferences>,
    device: Res<Device>,
    mut lines: Query<(&Line, &Of, &mut Text, &mut TextColor)>,
) {
    let words = preferences.words();
    for (line, of, mut text, mut color) in &mut lines {
        let Ok((scene, road, shown, seen, banner, notice, cast, watching)) = scenes.get(of.0)
        else {
            continue;
        };
        let Some(world) = shown.world() else { continue };
        let told = match *line {
            Line::Score(team) => world.score()[team.index()].to_string(),
            Line::Clock => clock(world.clock()),
            Line::Names(team) => match watching {
                Some(watching) => watching::names(team, world.seat_count(), &watching.0, words),
                None => names::names(team, world.seat_count(), &seen.0, cast, words),
            },
            Line::Menu => words.play.menu.to_owned(),
            Line::Path => hints::path(&seen.0, words),
            Line::Keys => road
                .map_or("", |road| {
                    let by_touch = hints::touch(*device, preferences.left_handed, words);
                    hints::keys(scene, road, &seen.0, by_touch, words)
                })
                .to_owned(),
            Line::Notice if notice.seconds_left > 0.0 => notice.words.clone(),
            Line::Notice => String::new(),
            Line::Banner if shown.is_stalled() => {
                color.set_if_neq(TextColor(theme::FAINT));
                words.play.waiting.to_owned()
            }
            Line::Banner if banner.seconds_left > 0.0 => {
                color.set_if_neq(TextColor(banner.color));
                banner.words.to_owned()
            }
            Line::Scorer if banner.seconds_left > 0.0 && !shown.is_stalled() => {
                color.set_if_neq(TextColor(banner.color));
                banner.by.clone()
            }
            Line::Scorer => String::new(),
            Line::Banner => {
                color.set_if_neq(TextColor(theme::TEXT));
                banner::standing(world, words).to_owned()
            }
        };
        text.set_if_neq(Text(told));
    }
}

/// Lets the banner leap at the eye with what it says anew.
fn leap(
    scenes: Query<(&Shown, &Announcement)>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut UiTransform)>,
) {
    for (line, of, mut transform) in &mut lines {
        let (Line::Banner, Ok((shown, announced))) = (line, scenes.get(of.0)) else {
            continue;
        };
        let size = shown.world().map_or(1.0, |world| {
            banner::size(announced, world, preferences.reduced_motion)
        });
        transform.set_if_neq(UiTransform::from_scale(Vec2::splat(size)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netplay::session::PeerView;
    use protocol::PeerId;

    pub(super) fn peer(name: &str, seat: usize, rtt_ms: Option<f32>) -> PeerView {
        PeerView {
            id: PeerId(uuid::Uuid::from_u128(seat as u128)),
            name: name.into(),
            is_me: rtt_ms.is_none(),
            is_owner: false,
            ready: true,
            seat: Some(seat),
            team: None,
            away: false,
            slow: false,
            rtt_ms,
        }
    }

    #[test]
    fn the_clock_reads_zero_only_at_the_end() {
        assert_eq!(clock(7200), "2:00");
        assert_eq!(clock(7199), "2:00");
        assert_eq!(clock(61), "0:02");
        assert_eq!(clock(1), "0:01");
        assert_eq!(clock(0), "0:00");
    }
}
