//! The picture: the light and its hunters, the keys, and what lobby and display say.

use crate::rules::{self, Caught, FIELD, Input, REACH, Settings, World};
use bevy::prelude::*;
use game::contract::{Board, Game, Side, Words};
use game::preferences::Language;
use game::scene::{PartOf, Scene, link::Played, shown::Shown, view::Extent, view::Turned};
use game::screens::panels::Panels;
use game::sound::{Clip, Cue};
use game::theme;
use protocol::limits::MAX_SEATS;

/// Whoever is first at the light scores.
pub struct Scramble;

impl Game for Scramble {
    type World = World;
    const TITLE: &'static str = "Scramble";

    fn plugin(app: &mut App) {
        app.add_observer(spawn)
            .add_systems(PreUpdate, steer.after(bevy::input::InputSystems))
            .add_systems(Update, place);
    }

    fn words(_: Language) -> &'static Words {
        &Words {
            tagline: "be the first at the light",
            keys: ["move WASD or arrows", "move WASD", "move arrows"],
            teams: &[],
        }
    }

    fn settings(players: usize) -> Settings {
        rules::settings(players)
    }

    fn autopilot(world: &World, seat: usize) -> Input {
        rules::autopilot(world, seat)
    }

    fn options(settings: &Settings, _: Language) -> Vec<String> {
        vec![format!("Players and bots: {}", settings.0)]
    }

    fn turned(settings: &Settings, _: usize) -> Settings {
        Settings(if settings.0 < 8 { settings.0 + 1 } else { 2 })
    }

    fn board(world: &World, _: Language) -> Board {
        let side = |seat, score: u8| Side {
            name: "".into(),
            color: color(seat),
            score: score.into(),
            seats: vec![seat],
        };
        let players = world.players().iter().enumerate();
        let best = players.clone().max_by_key(|(_, player)| player.score);
        let is_over = protocol::Simulation::is_over(world);
        Board {
            winner: best.map(|(seat, _)| seat).filter(|_| is_over),
            sides: players
                .map(|(seat, player)| side(seat, player.score))
                .collect(),
            ..Board::default()
        }
    }

    fn cues(_: &Caught, _: &World, _: bool) -> Vec<Cue> {
        vec![Cue::plain(Clip::Touch, 0.6)]
    }
}

fn color(seat: usize) -> Color {
    Color::hsl(20.0 + seat as f32 * 135.0, 0.85, 0.6)
}

/// What a shape shows.
#[derive(Component)]
enum Shows {
    Light,
    Player(usize),
}

fn spawn(
    added: On<Add, Scene>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut colors: ResMut<Assets<ColorMaterial>>,
    mut commands: Commands,
) {
    let scene = added.entity;
    let size = Vec2::new(FIELD.x, FIELD.y) * 2.0 + 2.0 * REACH;
    let mut shape = |mesh: Mesh, color| {
        let mesh = Mesh2d(meshes.add(mesh));
        (mesh, MeshMaterial2d(colors.add(color)), PartOf(scene))
    };
    commands.entity(scene).insert(Extent(size));
    commands.spawn(shape(Rectangle::from_size(size).into(), theme::PANEL));
    let light = shape(Circle::new(0.3 * REACH).into(), theme::BALL);
    commands.spawn((light, Shows::Light));
    for seat in 0..MAX_SEATS {
        let player = shape(Circle::new(REACH).into(), color(seat));
        commands.spawn((player, Shows::Player(seat)));
    }
}

fn place(
    scenes: Query<&Shown<World>>,
    mut shapes: Query<(&Shows, &PartOf, &mut Transform, &mut Visibility)>,
) {
    let point = |at: sim::Vec2| Vec2::new(at.x, at.y);
    for (shows, part, mut transform, mut visibility) in &mut shapes {
        let moment = scenes.get(part.0).ok().and_then(Shown::between);
        let at = moment.and_then(|(before, now, part)| match shows {
            Shows::Light => Some(point(now.light)),
            Shows::Player(seat) => {
                let (from, to) = (before.players().get(*seat)?, now.players().get(*seat)?);
                Some(point(from.place).lerp(point(to.place), part))
            }
        });
        *visibility = at.map_or(Visibility::Hidden, |_| Visibility::Inherited);
        transform.translation = at.unwrap_or_default().extend(1.0);
    }
}

fn steer(
    keys: Res<ButtonInput<KeyCode>>,
    panels: Res<Panels>,
    scenes: Query<(&Scene, &Played<Scramble>, &Turned)>,
) {
    use KeyCode::*;
    for (scene, played, turned) in &scenes {
        let down = |letter, arrow| {
            let letter = keys.pressed(letter) && (scene.of == 1 || scene.index == 0);
            let arrow = keys.pressed(arrow) && (scene.of == 1 || scene.index == 1);
            i8::from((letter || arrow) && !panels.is_open()) * 127
        };
        let x = down(KeyD, ArrowRight) - down(KeyA, ArrowLeft);
        let y = down(KeyW, ArrowUp) - down(KeyS, ArrowDown);
        // On a scene that is higher than wide, the field lies on its side.
        let input = if turned.0 { Input(y, -x) } else { Input(x, y) };
        played.0.set_input(input);
    }
}
