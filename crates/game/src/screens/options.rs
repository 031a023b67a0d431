//! The options of the next match: shown to everybody, changed by the room's owner; and the team that
//! one wants to play for.

use super::widgets;
use crate::{
    scene::{
        Seen, Session,
        options::{Chosen, Rule},
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

/// The button of a rule, of a scene.
#[derive(Component, Clone, Copy)]
struct RuleButton(Entity);

/// The words of a rule's button.
#[derive(Component)]
struct Words {
    scene: Entity,
    rule: Rule,
}

/// The words of the button of a scene's team.
#[derive(Component)]
struct TeamWords(Entity);

/// This scene's peer in its room.
fn me(view: &RoomView) -> Option<&PeerView> {
    view.peers.iter().find(|peer| peer.is_me)
}

/// Shows all rules as buttons that turn to the next choice.
pub fn rules(page: &mut ChildSpawnerCommands<'_>, scene: Entity) {
    let row = Node {
        flex_wrap: FlexWrap::Wrap,
        row_gap: vmin(1.0),
        width: percent(100),
        flex_shrink: 0.0,
        ..widgets::row(1.2)
    };
    page.spawn(row).with_children(|row| {
        for rule in Rule::ALL {
            let turn = move |_: On<Activate>, scenes: Query<(&Session, &Chosen)>| {
                if let Ok((session, chosen)) = scenes.get(scene) {
                    session.0.choose(&rule.turned(chosen.0));
                }
            };
            let words = widgets::text("", size::TINY, theme::TEXT);
            row.spawn((
                widgets::small_button_with((Words { scene, rule }, words)),
                RuleButton(scene),
                observe(turn),
            ));
        }
    });
}

/// Shows the team that this scene's player wants as a button that turns to the next one.
pub fn team(page: &mut ChildSpawnerCommands<'_>, scene: Entity) {
    let turn = move |_: On<Activate>, scenes: Query<(&Session, &Seen)>| {
        if let Ok((session, seen)) = scenes.get(scene) {
            let team = me(&seen.0).and_then(|me| me.team);
            session.0.command(Wish::SetTeam(next_team(team)));
        }
    };
    let words = widgets::text("", size::TINY, theme::TEXT);
    page.spawn((
        widgets::small_button_with((TeamWords(scene), words)),
        observe(turn),
    ));
}

/// Any team, then the one, then the other.
fn next_team(team: Option<u8>) -> Option<u8> {
    match team {
        None => Some(0),
        Some(0) => Some(1),
        Some(_) => None,
    }
}

/// The name of a wanted team, and its colour.
pub fn team_look(team: Option<u8>) -> (&'static str, Color) {
    match team {
        Some(team @ 0..=1) => {
            let team = usize::from(team);
            (theme::team_name(team), theme::team(team))
        }
        _ => ("any", theme::TEXT),
    }
}

fn tell(scenes: Query<&Chosen>, mut words: Query<(&Words, &mut Text)>) {
    for (words, mut text) in &mut words {
        if let Ok(chosen) = scenes.get(words.scene) {
            text.set_if_neq(Text(words.rule.label(&chosen.0)));
        }
    }
}

fn tell_team(scenes: Query<&Seen>, mut words: Query<(&TeamWords, &mut Text, &mut TextColor)>) {
    for (words, mut text, mut color) in &mut words {
        let Ok(seen) = scenes.get(words.0) else {
            continue;
        };
        let (name, look) = team_look(me(&seen.0).and_then(|me| me.team));
        text.set_if_neq(Text(format!("Your team: {name}")));
        color.set_if_neq(TextColor(look));
    }
}

/// Lets the room's owner press the rules' buttons; to the others they only tell.
fn allow(
    scenes: Query<&Seen>,
    buttons: Query<(Entity, &RuleButton, Has<InteractionDisabled>)>,
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
        let [one, other, any] = [None, Some(0), Some(1)].map(next_team);
        assert_eq!([one, other, any], [Some(0), Some(1), None]);
        assert_ne!(team_look(one), team_look(other));
        assert_eq!(team_look(Some(7)), team_look(any));
    }
}
