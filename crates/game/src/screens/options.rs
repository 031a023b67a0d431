//! The options of the next match: shown to everybody, changed by the room's owner; and the team that
//! one wants to play for.

use super::widgets;
use crate::{
    demo::options::{Chosen, MINUTE, Rule},
    preferences::Preferences,
    scene::{Seen, Session},
    text::Rules,
    theme::{self, size},
};
use bevy::{
    input_focus::tab_navigation::TabIndex,
    prelude::*,
    ui::InteractionDisabled,
    ui_widgets::{Activate, observe},
};
use netplay::session::{Command as Wish, PeerView, RoomView};
use sim::{Settings, Team};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (tell, tell_team, allow));
}

/// The button of a rule, of a scene.
#[derive(Component, Clone, Copy)]
struct RuleButton(Entity);

/// What a rule's button says.
#[derive(Component)]
struct Label {
    scene: Entity,
    rule: Rule,
}

/// What the button of a scene's team says.
#[derive(Component)]
struct TeamLabel(Entity);

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
            let text = widgets::text("", size::TINY, theme::TEXT);
            row.spawn((
                widgets::small_button_with((Label { scene, rule }, text)),
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
    let text = widgets::text("", size::TINY, theme::TEXT);
    page.spawn((
        widgets::small_button_with((TeamLabel(scene), text)),
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

/// The index of the team that a player wants to play for; what other peers say may be no team.
pub fn wanted(peer: &PeerView) -> Option<usize> {
    peer.team
        .map(usize::from)
        .filter(|team| *team < Team::BOTH.len())
}

/// What the settings say of a rule.
fn label(rule: Rule, settings: &Settings, words: &Rules) -> String {
    match rule {
        Rule::Arena => (words.arena)(settings.arena).to_owned(),
        Rule::Teams => (words.teams)(settings.seats.div_ceil(2)),
        Rule::Time => (words.time)(settings.match_steps / MINUTE),
        Rule::Goals => (words.goals)(Some(settings.goal_limit).filter(|limit| *limit > 0)),
        Rule::Ball => (words.ball)(settings.ball).to_owned(),
        Rule::Dash => (words.dash)(settings.dash).to_owned(),
        Rule::Bots => (words.bots)(settings.bots[0]).to_owned(),
    }
}

fn tell(
    scenes: Query<&Chosen>,
    preferences: Res<Preferences>,
    mut labels: Query<(&Label, &mut Text)>,
) {
    for (of, mut text) in &mut labels {
        if let Ok(chosen) = scenes.get(of.scene) {
            let words = &preferences.words().rules;
            text.set_if_neq(Text(label(of.rule, &chosen.0, words)));
        }
    }
}

fn tell_team(
    scenes: Query<&Seen>,
    preferences: Res<Preferences>,
    mut labels: Query<(&TeamLabel, &mut Text, &mut TextColor)>,
) {
    for (of, mut text, mut color) in &mut labels {
        let Ok(seen) = scenes.get(of.0) else {
            continue;
        };
        let team = me(&seen.0).and_then(wanted);
        text.set_if_neq(Text((preferences.words().rules.my_team)(team).to_owned()));
        color.set_if_neq(TextColor(team.map_or(theme::TEXT, theme::team)));
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
    use crate::preferences::Language;

    #[test]
    fn every_team_comes_around() {
        let [one, other, any] = [None, Some(0), Some(1)].map(next_team);
        assert_eq!([one, other, any], [Some(0), Some(1), None]);
    }

    #[test]
    fn every_choice_is_told_apart_in_every_language() {
        for language in Language::ALL {
            let words = &crate::text::of(language).rules;
            for rule in Rule::ALL {
                let first = Chosen::default().0;
                let mut labels = vec![label(rule, &first, words)];
                let mut turned = rule.turned(first);
                while turned != first {
                    let next = label(rule, &turned, words);
                    assert!(!labels.contains(&next), "{next}");
                    labels.push(next);
                    turned = rule.turned(turned);
                }
                assert!(labels.len() > 1, "{rule:?}");
            }
        }
    }
}
