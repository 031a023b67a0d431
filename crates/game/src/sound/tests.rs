//! The whole of it in an application without a window, heard by an output that writes down.

use super::*;
use crate::{
    scene::{Page, view::Turned},
    toy::{Happened, Toy, ToyGame},
};
use bevy::ui_widgets::Activate;
use netplay::{
    rollback::{Core, Plan, STEP},
    session::Frames,
};
use protocol::{Event as _, PeerId, Simulation};
use std::{cell::RefCell, rc::Rc, time::Duration};
use web_time::Instant;

type Shown = crate::scene::shown::Shown<Toy>;

/// What an output was asked for.
#[derive(Default)]
struct Asked {
    awake: bool,
    prepared: Vec<Clip>,
    notes: Vec<(usize, Note)>,
    loops: Vec<(Clip, f32)>,
}

#[derive(Clone, Default)]
struct Fake(Rc<RefCell<Asked>>);

impl Output for Fake {
    fn set_awake(&mut self, awake: bool) {
        self.0.borrow_mut().awake = awake;
    }

    fn prepare(&mut self, clip: Clip) {
        self.0.borrow_mut().prepared.push(clip);
    }

    fn play(&mut self, voice: usize, note: Note) {
        self.0.borrow_mut().notes.push((voice, note));
    }

    fn set_loop(&mut self, clip: Clip, level: f32) {
        self.0.borrow_mut().loops.push((clip, level));
    }
}

/// An application that only hears, at these volumes: overall, effects, music.
fn listener(volumes: [f32; 3]) -> (App, Fake) {
    let fake = Fake::default();
    let mut preferences = Preferences::default();
    let volume = &mut preferences.volume;
    [volume.overall, volume.effects, volume.music] = volumes;
    let mut app = App::new();
    app.add_plugins(MinimalPlugins)
        .insert_resource(preferences)
        .insert_non_send(Speaker::new(Box::new(fake.clone())))
        .add_plugins(parts::<ToyGame>);
    (app, fake)
}

/// A scene that shows this world of a match.
fn scene_at(app: &mut App, frame: u32) -> Entity {
    let bundle = (
        Page::Playing,
        moment(frame),
        Turned::default(),
        Aim::default(),
    );
    app.world_mut().spawn(bundle).id()
}

fn scene(app: &mut App) -> Entity {
    scene_at(app, 60)
}

fn moment(frame: u32) -> Shown {
    let world = Toy::new(&2, 1);
    let frames = Frames {
        frame,
        previous: world.clone(),
        current: world,
        at: Instant::now(),
        confirmed: 0,
    };
    Shown::of(frames, 0.0)
}

/// A picture in which these events are told.
fn show(app: &mut App, scene: Entity, events: &[(u32, Happened)]) {
    if let Some(mut shown) = app.world_mut().get_mut::<Shown>(scene) {
        shown.events = events.to_vec();
    }
    app.update();
    if let Some(mut shown) = app.world_mut().get_mut::<Shown>(scene) {
        shown.events.clear();
    }
}

fn press(count: u32) -> Happened {
    Happened::Press { seat: 0, count }
}

impl Fake {
    fn count(&self, clip: Clip) -> usize {
        let asked = self.0.borrow();
        asked
            .notes
            .iter()
            .filter(|(_, note)| note.clip == clip)
            .count()
    }
}

#[test]
fn what_two_scenes_tell_is_heard_once() {
    let (mut app, fake) = listener([1.0; 3]);
    let (left, right) = (scene(&mut app), scene(&mut app));
    show(&mut app, left, &[(60, press(0))]);
    // The other one learns of it later, and had predicted it some frames away.
    show(&mut app, right, &[(64, press(0))]);
    assert_eq!(fake.count(Clip::Kick), 1);
    show(&mut app, right, &[(64, press(1))]);
    assert_eq!(fake.count(Clip::Kick), 2);
}

#[test]
fn what_is_rolled_back_and_comes_again_is_heard_once() {
    let (mut app, fake) = listener([1.0; 3]);
    let scene = scene(&mut app);
    let peers = [1, 2].map(|n| PeerId(uuid::Uuid::from_u128(n)));
    let plan = |me| Plan::<Toy> {
        match_id: 1,
        seed: 5,
        settings: 2,
        roster: peers.map(Some).to_vec(),
        me,
        input_delay: Some(0),
    };
    let mut cores = peers.map(|me| Core::new(plan(me), Duration::ZERO).unwrap());
    // Datagrams on their way: when they arrive, to whom, from whom.
    let mut flying: Vec<(Duration, usize, Vec<u8>)> = Vec::new();
    // The frames and names of the presses that the first peer was told of.
    let mut presses: Vec<(u32, u64)> = Vec::new();
    let mut now = Duration::ZERO;
    for turn in 0..900_u32 {
        now += STEP;
        flying.retain(|(at, to, bytes)| {
            let arrived = *at <= now;
            if arrived {
                cores[*to].receive(peers[1 - *to], bytes, now).unwrap();
            }
            !arrived
        });
        for (index, core) in cores.iter_mut().enumerate() {
            // Both press and release all the time: predictions are wrong all the time.
            core.tick(now, &mut |_, _| {
                u8::from((turn / 3 + index as u32) & 3 != 0)
            });
            while let Some((_, bytes)) = core.poll_datagram(now) {
                flying.push((now + 7 * STEP, 1 - index, bytes));
            }
        }
        let told = cores[0].take_events();
        let (previous, current) = cores[0].worlds();
        let frames = Frames {
            frame: cores[0].frame(),
            previous: previous.clone(),
            current: current.clone(),
            at: Instant::now(),
            confirmed: cores[0].confirmed(),
        };
        *app.world_mut().get_mut::<Shown>(scene).unwrap() = Shown::of(frames, 0.0);
        let is_press = |event: &Happened| matches!(event, Happened::Press { .. });
        let told_presses = told.iter().filter(|(_, event)| is_press(event));
        for (frame, key) in told_presses.map(|(frame, event)| (*frame, event.key())) {
            // What was told in error and happens half a second later is another one to the ear.
            let is_same = |(f, k): &(u32, u64)| *k == key && f.abs_diff(frame) <= 30;
            assert!(!presses.iter().any(is_same), "told twice");
            presses.push((frame, key));
        }
        show(&mut app, scene, &told);
    }
    let rollbacks = cores[0].stats().rollbacks;
    assert!(
        rollbacks > 50,
        "only {rollbacks} rollbacks: this tests nothing"
    );
    let heard = fake.count(Clip::Kick);
    assert!(heard > 5, "only {heard} presses: this tests nothing");
    assert_eq!(heard, presses.len());
}

#[test]
fn what_is_muted_is_neither_made_nor_played() {
    for volumes in [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]] {
        let (mut app, fake) = listener(volumes);
        let scene = scene(&mut app);
        show(&mut app, scene, &[(60, press(0))]);
        app.world_mut().trigger(Activate { entity: scene });
        app.update();
        let asked = fake.0.borrow();
        assert!(!asked.awake && asked.prepared.is_empty());
        assert!(asked.notes.is_empty() && asked.loops.is_empty());
    }
}

#[test]
fn music_alone_makes_music_alone() {
    let (mut app, fake) = listener([1.0, 0.0, 1.0]);
    app.update();
    let asked = fake.0.borrow();
    assert!(asked.awake);
    assert_eq!(asked.prepared, [Clip::Music]);
}

#[test]
fn a_slider_at_zero_silences_what_has_no_end() {
    let (mut app, fake) = listener([1.0; 3]);
    let scene = scene(&mut app);
    app.world_mut().get_mut::<Aim>(scene).unwrap().crowd = 0.5;
    let level = |clip| {
        let asked = fake.0.borrow();
        asked
            .loops
            .iter()
            .rfind(|(c, _)| *c == clip)
            .map(|(_, level)| *level)
    };
    let start = std::time::Instant::now();
    while level(Clip::Crowd).is_none() || level(Clip::Music).is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "no crowd");
        app.update();
    }
    app.world_mut().resource_mut::<Preferences>().volume.overall = 0.0;
    app.update();
    assert_eq!(level(Clip::Crowd), Some(0.0));
    assert_eq!(level(Clip::Music), Some(0.0));
    assert!(!fake.0.borrow().awake);
}

#[test]
fn many_cues_in_one_picture_are_bounded_and_the_loudest_are_heard() {
    let (mut app, fake) = listener([1.0; 3]);
    let soft = [Clip::Wall, Clip::Bump, Clip::Touch, Clip::Post];
    let mut cues = app.world_mut().resource_mut::<Cues>();
    for clip in soft.into_iter().cycle().take(200) {
        cues.add(Cue::plain(clip, 0.2));
    }
    cues.add(Cue::plain(Clip::Kick, 0.9));
    app.update();
    let asked = fake.0.borrow();
    assert!(asked.notes.len() <= MAX_STARTED);
    assert!(asked.notes.iter().any(|(_, note)| note.clip == Clip::Kick));
    assert!(asked.notes.iter().all(|(voice, _)| *voice < output::VOICES));
    for clip in Clip::ALL {
        let alike = asked.notes.iter().filter(|(_, note)| note.clip == clip);
        assert!(alike.count() <= MAX_ALIKE);
    }
}

#[test]
fn a_page_that_is_turned_to_again_does_not_hear_what_is_long_past() {
    let (mut app, fake) = listener([1.0; 3]);
    let scene = scene(&mut app);
    let now = 660;
    *app.world_mut().get_mut::<Shown>(scene).unwrap() = moment(now);
    let events: Vec<_> = (0..20).map(|i| (now - 300 + i, press(i))).collect();
    show(&mut app, scene, &events);
    assert_eq!(fake.count(Clip::Kick), 0);
    show(&mut app, scene, &[(now - 5, press(20))]);
    assert_eq!(fake.count(Clip::Kick), 1);
}

#[test]
fn buttons_are_heard_and_effects_follow_their_volume() {
    let gain = |effects| {
        let (mut app, fake) = listener([1.0, effects, 1.0]);
        let scene = scene(&mut app);
        app.world_mut().trigger(Activate { entity: scene });
        app.update();
        let asked = fake.0.borrow();
        let click = asked
            .notes
            .iter()
            .find(|(_, note)| note.clip == Clip::Click);
        click.map(|(_, note)| note.gain).unwrap()
    };
    assert!((gain(0.5) / gain(1.0) - 0.25).abs() < 1e-3);
}
