//! The options of the next match: shown to everybody, changed by the room's owner; and the team that
//! one wants to play for.

use super::widgets;
use crate::{
    contract::Cartridge,
    preferences::Preferences,
    scene::{
        Seen, Session,
        link::{Options, TurnOption},
    },
    theme::{self, size},
};
use bevy::{
    input_focus::tab_navigation::TabIndex,
    prelude::*,
    ui::InteractionDisabled,
    ui_widgets::{Activate, observe},
};
use netplay::session::{Command as Wish, PeerView, RoomView};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (tell, tell_team, allow));
}

/// The button of an option, of a scene.
#[derive(Component, Clone, Copy)]
struct OptionButton(Entity);

/// What an option's button says.
#[derive(Component)]
struct Label(TurnOption);

/// What the button of a scene's team says.
#[derive(Component)]
struct TeamLabel(Entity);

/// This scene's peer in its room.
fn me(view: &RoomView) -> Option<&PeerView> {
    view.peers.iter().find(|peer| peer.is_me)
}

/// Shows all options as buttons that turn to the next choice.
pub fn options(page: &mut ChildSpawnerCommands<'_>, scene: Entity, options: &Options) {
    let row = Node {
        flex_wrap: FlexWrap::Wrap,
        row_gap: vmin(1.0),
        width: percent(100),
        flex_shrink: 0.0,
        ..widgets::row(1.2)
    };
    page.spawn(row).with_children(|row| {
        for (option, label) in options.0.iter().enumerate() {
            let turn = TurnOption { scene, option };
            let text = widgets::text(label.clone(), size::TINY, theme::TEXT);
            row.spawn((
                widgets::small_button_with((Label(turn), text)),
                OptionButton(scene),
                observe(move |_: On<Activate>, mut commands: Commands| commands.trigger(turn)),
            ));
        }
    });
}

/// Shows the team that this scene's player wants as a button that turns to the next one, in a game
/// with teams.
pub fn team(page: &mut ChildSpawnerCommands<'_>, scene: Entity, teams: usize) {
    if teams == 0 {
        return;
    }
    let turn = move |_: On<Activate>, scenes: Query<(&Session, &Seen)>| {
        if let Ok((session, seen)) = scenes.get(scene) {
            let team = me(&seen.0).and_then(|me| me.team);
            session.0.command(Wish::SetTeam(next_team(team, teams)));
        }
    };
    let text = widgets::text("", size::TINY, theme::TEXT);
    page.spawn((
        widgets::small_button_with((TeamLabel(scene), text)),
        observe(turn),
    ));
}

/// Any team, then one after the other.
fn next_team(team: Option<u8>, teams: usize) -> Option<u8> {
    let next = team.map_or(0, |team| team.saturating_add(1));
    (usize::from(next) < teams).then_some(next)
}

/// The index of the team that a player wants to play for, and its name; what other peers say may be
/// no team.
pub fn wanted<'t>(peer: &PeerView, teams: &[&'t str]) -> Option<(usize, &'t str)> {
    let team = usize::from(peer.team?);
    Some((team, teams.get(team)?))
}

fn tell(scenes: Query<&Options>, mut labels: Query<(&Label, &mut Text)>) {
    for (Label(turns), mut text) in &mut labels {
        let options = scenes.get(turns.scene).ok();
        if let Some(label) = options.and_then(|options| options.0.get(turns.option)) {
            text.set_if_neq(Text(label.clone()));
        }
    }
}

fn tell_team(
    scenes: Query<&Seen>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
    mut labels: Query<(&TeamLabel, &mut Text, &mut TextColor)>,
) {
    for (of, mut text, mut color) in &mut labels {
        let Ok(seen) = scenes.get(of.0) else {
            continue;
        };
        let teams = (cartridge.words)(preferences.language).teams;
        let team = me(&seen.0).and_then(|me| wanted(me, teams));
        let name = team.map(|(_, name)| name);
        text.set_if_neq(Text((preferences.words().room.my_team)(name)));
        let of_team = |(team, _)| theme::team(team);
        color.set_if_neq(TextColor(team.map_or(theme::TEXT, of_team)));
    }
}

/// Lets the room's owner press the options' buttons; to the others they only tell.
fn allow(
    scenes: Query<&Seen>,
    buttons: Query<(Entity, &OptionButton, Has<InteractionDisabled>)>,
    mut commands: Commands,
) {
    for (button, of, is_disabled) in &buttons {
        let Ok(seen) = scenes.get(of.0) else {
            continue;
        };
        let is_owner = me(&seen.0).is_some_and(|me| me.is_owner);
        if is_owner == is_disabled {
            let mut button = commands.entity(button);
            match is_owner {
                true => button.remove::<InteractionDisabled>().insert(TabIndex(0)),
                // Passed over when walking through the page.
                false => button.insert(InteractionDisabled).insert(TabIndex(-1)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_team_comes_around() {
        let [one, other, any] = [None, Some(0), Some(1)].map(|team| next_team(team, 2));
        assert_eq!([one, other, any], [Some(0), Some(1), None]);
        assert_eq!(next_team(Some(u8::MAX), 2), None);
    }
}
