//! The head-up display of a match: score, clock, names, round trip, keys and banners.

mod banner;
mod hints;
mod names;
mod top;

use super::{
    PageRoot, chat,
    panels::{Panel, opens},
    widgets,
};
use crate::{
    contract::Cartridge,
    preferences::Preferences,
    scene::{Page, PartOf, Scene, Seen, connect::Road, link::Stalled},
    theme::{self, size},
    touch::Device,
};
pub(super) use banner::{Banner, Notice};
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*};
pub(super) use names::{Cast, described, side_name};
use protocol::limits::STEPS_PER_SECOND;
pub(super) use top::top;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build).add_systems(
        Update,
        (
            names::remember,
            banner::announce,
            banner::notice,
            top::lay_out,
            top::tell,
            tell,
            leap,
        )
            .chain(),
    );
}

/// What a line of the display tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Path,
    Keys,
    Menu,
    Banner,
    By,
    Notice,
}

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

fn build(turned: On<Insert, Page>, pages: Query<&Page>, mut commands: Commands) {
    let scene = turned.entity;
    let Ok(Page::Playing) = pages.get(scene) else {
        return;
    };
    commands
        .entity(scene)
        .insert((Banner::default(), Notice::default(), Cast::default()));
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
            top(scene),
            banner(scene),
            chat::overlay(scene),
            bottom(scene)
        ],
    ));
}

/// The large words over the picture, above its middle.
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
                Line::By,
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

/// The way out, the round trip and the keys, below the picture.
fn bottom(scene: Entity) -> impl Bundle {
    (
        Node {
            justify_content: JustifyContent::SpaceBetween,
            ..widgets::bar_below(1.0)
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
                widgets::row(1.2),
                children![
                    chat::button(scene),
                    (
                        widgets::small_button_with((
                            Line::Menu,
                            Of(scene),
                            widgets::text("", size::TINY, theme::FAINT)
                        )),
                        opens(Panel::Menu)
                    ),
                ]
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
    scenes: Query<(&Scene, Option<&Road>, &Stalled, &Seen, &Banner, &Notice)>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
    device: Res<Device>,
    mut lines: Query<(&Line, &Of, &mut Text, &mut TextColor)>,
) {
    let words = preferences.words();
    let game = (cartridge.words)(preferences.language);
    for (line, of, mut text, mut color) in &mut lines {
        let Ok((scene, road, stalled, seen, banner, notice)) = scenes.get(of.0) else {
            continue;
        };
        let told = match *line {
            Line::Menu => words.play.menu.to_owned(),
            Line::Path => hints::path(&seen.0, words),
            Line::Keys => road
                .map_or("", |road| {
                    let by_touch = hints::touch(*device, preferences.left_handed, game);
                    hints::keys(scene, road, &seen.0, by_touch, words, game)
                })
                .to_owned(),
            Line::Notice if notice.seconds_left > 0.0 => notice.words.clone(),
            Line::Notice => String::new(),
            Line::Banner => {
                let (said, said_in) = match stalled.0 {
                    true => (words.play.waiting, theme::FAINT),
                    false => (banner.words, banner.color.unwrap_or(theme::TEXT)),
                };
                color.set_if_neq(TextColor(said_in));
                said.to_owned()
            }
            Line::By if stalled.0 => String::new(),
            Line::By => {
                color.set_if_neq(TextColor(banner.color.unwrap_or(theme::TEXT)));
                banner.by.clone()
            }
        };
        text.set_if_neq(Text(told));
    }
}

/// Lets the banner leap at the eye with what it says anew.
fn leap(
    scenes: Query<&Banner>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut UiTransform)>,
) {
    for (line, of, mut transform) in &mut lines {
        let (Line::Banner, Ok(banner)) = (line, scenes.get(of.0)) else {
            continue;
        };
        let size = match preferences.reduced_motion {
            true => 1.0,
            false => banner.swell(),
        };
        transform.set_if_neq(UiTransform::from_scale(Vec2::splat(size)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use netplay::session::PeerView;
    use protocol::PeerId;

    pub(in crate::screens) fn peer(name: &str, seat: usize, rtt_ms: Option<f32>) -> PeerView {
        PeerView {
            id: PeerId(uuid::Uuid::from_u128(seat as u128)),
            name: name.into(),
            is_me: rtt_ms.is_none(),
            is_owner: false,
            ready: true,
            seat: Some(seat),
            team: None,
            color: 0,
            muted: false,
            away: false,
            slow: false,
            rtt_ms,
            link: netplay::session::Link::default(),
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
