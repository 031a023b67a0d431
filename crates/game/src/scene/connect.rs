//! From a choice to a running session: finds the room, opens the socket, and hands its channels
//! to a session.

use super::{
    Choice, Failed, Page, Scene, Seen, Session, has_name,
    place::{Place, find, servers},
    player_name,
    seat::Keeper,
};
use crate::{args::Args, text::Trouble};
use bevy::{
    prelude::*,
    tasks::{IoTaskPool, Task, futures::check_ready},
    time::common_conditions::on_timer,
};
use bevy_matchbox::MatchboxSocket;
use netplay::{
    session::{self, Config, Phase},
    signaling::{directory::Directory, local::LocalHub},
    transport::{
        matchbox::{self, Ice, Signaling},
        memory,
    },
};
use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use sim::{Settings, World as Match};
use std::time::Duration;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Leaving>()
        .add_observer(set_out)
        .add_observer(linger)
        .add_systems(
            PreUpdate,
            (
                arrive,
                meet_in_memory,
                let_go,
                tell_paths.run_if(on_timer(Duration::from_secs(1))),
            ),
        );
}

/// Seats of a match by its players: the next even number, so that both teams are as large.
fn settings(players: usize) -> Settings {
    let seats = players.clamp(2, MAX_SEATS).next_multiple_of(2);
    Settings {
        match_steps: 2 * 60 * STEPS_PER_SECOND,
        goal_limit: 3,
        ..Settings::for_seats(seats as u8)
    }
}

/// How a scene's peers meet.
#[derive(Component, Clone)]
pub enum Road {
    /// Over a server.
    Server,
    /// Two scenes, over WebRTC, introduced inside this process.
    Together {
        /// Where they are introduced.
        hub: LocalHub,
        /// Where they meet if WebRTC fails.
        memory: memory::Hub,
    },
    /// Without WebRTC: practising, or two scenes on a machine without any network.
    Memory(memory::Hub),
}

impl Road {
    /// The road for a choice; all scenes of it share one.
    pub fn new(choice: &Choice) -> Self {
        let memory = memory::network(memory::Conditions::default(), 0);
        match choice {
            Choice::Create | Choice::Join(_) => Self::Server,
            Choice::Practise => Self::Memory(memory),
            Choice::TwoScenes if has_network() => Self::Together {
                hub: LocalHub::new(),
                memory,
            },
            Choice::TwoScenes => Self::Memory(memory),
        }
    }
}

/// Whether WebRTC has an interface to find candidates on.
fn has_network() -> bool {
    #[cfg(not(target_arch = "wasm32"))]
    return crate::hosting::local_ip().is_some();
    // A page cannot know: it tries.
    #[cfg(target_arch = "wasm32")]
    return true;
}

/// How long two scenes try to meet over WebRTC before they meet in memory. Two sockets of one
/// process connect within a second; a page without graphics hardware takes a few.
const MEETING_DEADLINE: Duration = Duration::from_secs(8);

/// The search for a room.
#[derive(Component)]
struct Search(Task<Result<Place, Trouble>>);

/// A scene's socket, whose message loop runs on the engine's pool, and what is known in it.
#[derive(Component)]
struct Socket {
    socket: Option<MatchboxSocket>,
    directory: Directory,
}

fn set_out(
    added: On<Add, Road>,
    scenes: Query<(&Scene, &Road)>,
    args: Res<Args>,
    mut commands: Commands,
) {
    let Ok((scene, road)) = scenes.get(added.entity) else {
        return;
    };
    match road {
        Road::Server => {
            let search = match servers(&args, &scene.choice) {
                Ok(servers) => find(servers, scene.choice.clone()),
                Err(trouble) => {
                    commands.entity(added.entity).insert(Failed(trouble));
                    return;
                }
            };
            let task = IoTaskPool::get().spawn(search);
            commands.entity(added.entity).insert(Search(task));
        }
        Road::Together { hub, .. } => {
            // In one process every address is known.
            let signaling = Signaling::Local(hub.clone());
            let parts = open(signaling, Ice::default(), config(&args, scene));
            commands.entity(added.entity).insert(parts);
        }
        Road::Memory(hub) => {
            let session = session::spawn(hub.join(), config(&args, scene));
            commands.entity(added.entity).insert(Session(session));
        }
    }
}

fn config(args: &Args, scene: &Scene) -> Config<Match> {
    Config {
        name: player_name(args, scene),
        settings,
        autopilot: args.autopilot.then_some(sim::autopilot),
        auto_ready: args.autopilot,
        min_peers: if scene.choice == Choice::Practise {
            1
        } else {
            2
        },
        // Two steps hide most of a short path's delay from both sides; in one window there is
        // none to hide.
        input_delay: scene.is_private().then_some(0),
        token: netplay::session::resume::new_token(),
        resumes: None,
        watch: false,
    }
}

/// Opens a socket and hands its channels to a session.
fn open(signaling: Signaling, ice: Ice, config: Config<Match>) -> impl Bundle {
    let (builder, link) = matchbox::prepare(signaling, ice);
    let mut socket = MatchboxSocket::from(builder);
    let directory = link.directory().clone();
    let transport = link.attach(&mut socket);
    let session = session::spawn(transport, config);
    (
        Session(session),
        Socket {
            socket: Some(socket),
            directory,
        },
    )
}

fn arrive(
    mut searches: Query<(Entity, &Scene, &mut Search)>,
    args: Res<Args>,
    mut commands: Commands,
) {
    for (entity, scene, mut search) in &mut searches {
        let Some(found) = check_ready(&mut search.0) else {
            continue;
        };
        let mut entity = commands.entity(entity);
        entity.remove::<Search>();
        match found {
            Ok(place) => {
                let room_url = place.server.room(&place.room);
                let ice = Ice {
                    urls: args.ice.clone(),
                    ..Ice::default()
                };
                let mut config = config(&args, scene);
                let keeper = Keeper::of(&room_url, scene.index, has_name(&args), &mut config);
                let parts = open(Signaling::Remote { room_url }, ice, config);
                entity.insert((parts, place, keeper));
            }
            Err(trouble) => {
                entity.insert(Failed(trouble));
            }
        }
    }
}

/// Lets two scenes that WebRTC does not bring together meet in memory.
fn meet_in_memory(
    time: Res<Time<Real>>,
    scenes: Query<(Entity, &Scene, &Road, &Seen, &Page)>,
    args: Res<Args>,
    mut since: Local<Duration>,
    mut commands: Commands,
) {
    let apart = |(_, _, road, seen, page): &(Entity, &Scene, &Road, &Seen, &Page)| {
        let failed = matches!(seen.0.phase, Phase::Failed(session::Failure::Signaling(_)));
        let waiting = matches!(page, Page::Connecting | Page::Room) && seen.0.peers.len() < 2;
        matches!(road, Road::Together { .. }) && (waiting || failed)
    };
    if scenes.is_empty() || !scenes.iter().all(|scene| apart(&scene)) {
        *since = time.elapsed();
        return;
    }
    if time.elapsed().saturating_sub(*since) < MEETING_DEADLINE {
        return;
    }
    for (entity, scene, road, ..) in &scenes {
        if let Road::Together { memory, .. } = road {
            warn!(
                "scene {} meets in memory: WebRTC did not connect",
                scene.index
            );
            let session = session::spawn(memory.join(), config(&args, scene));
            commands
                .entity(entity)
                .remove::<(Socket, Failed)>()
                .insert((Road::Memory(memory.clone()), Session(session)));
        }
    }
}

fn tell_paths(mut sockets: Query<&mut Socket>) {
    for mut socket in &mut sockets {
        let Socket { socket, directory } = socket.as_mut();
        if let Some(socket) = socket {
            matchbox::report_paths(socket, directory);
        }
    }
}

/// Sockets of scenes that are gone, until their sessions have said goodbye through them.
#[derive(Resource, Default)]
struct Leaving(Vec<(MatchboxSocket, Timer)>);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(600);

fn linger(
    removed: On<Remove, Socket>,
    mut sockets: Query<&mut Socket>,
    mut leaving: ResMut<Leaving>,
) {
    if let Some(socket) = sockets
        .get_mut(removed.entity)
        .ok()
        .and_then(|mut socket| socket.socket.take())
    {
        leaving
            .0
            .push((socket, Timer::new(GOODBYE, TimerMode::Once)));
    }
}

fn let_go(time: Res<Time<Real>>, mut leaving: ResMut<Leaving>) {
    if !leaving.0.is_empty() {
        leaving
            .0
            .retain_mut(|(_, timer)| !timer.tick(time.delta()).is_finished());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;

    #[test]
    fn both_teams_are_as_large() {
        let seats = |players| Match::seats(&settings(players));
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 8, 99].map(seats),
            [2, 2, 2, 4, 4, 6, 8, 8]
        );
    }
}
