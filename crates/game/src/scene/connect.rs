//! From a choice to a running session: finds the room, and starts a session on a transport whose
//! sockets bevy_matchbox opens.
//!
//! All of it happens in one task of the engine's pool, which needs no picture: a page that is
//! opened in a hidden tab gets into its room. Pictures only show what has come of it.

use super::{
    Choice, Failed, Page, Scene, Seen, given_name,
    link::carried,
    lock::Lock,
    place::{Place, find, servers},
    player_name,
    seat::{self, Keeper},
};
use crate::{
    args::Args,
    contract::{Cartridge, Game},
    preferences::Preferences,
    text::Trouble,
};
use bevy::{
    prelude::*,
    tasks::{IoTaskPool, Task, futures::check_ready},
};
use bevy_matchbox::MatchboxSocket;
use netplay::{
    session::{self, Config, Handle, Phase},
    signaling::local::LocalHub,
    transport::{
        impair::Impairment,
        matchbox::{self, Ice, MatchboxTransport, Signaling},
        memory,
    },
};
use protocol::Simulation;
use std::time::Duration;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.add_observer(set_out::<G>)
        .add_systems(PreUpdate, (arrive::<G>, meet_in_memory::<G>));
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
        /// What makes the way between them worse.
        between: Impairment,
    },
    /// Without WebRTC: practising, or two scenes on a machine without any network.
    Memory {
        /// Where they meet.
        hub: memory::Hub,
        /// What makes the way between two scenes worse.
        between: Option<Impairment>,
    },
}

impl Road {
    /// The road for a choice, if others are met at all; all scenes of it share one.
    pub fn new(choice: &Choice) -> Option<Self> {
        let memory = memory::network(memory::Conditions::default(), 0);
        let between = Impairment::new(0);
        Some(match choice {
            Choice::Replay(_) => return None,
            Choice::Quick | Choice::Create(_) | Choice::Join(_) => Self::Server,
            Choice::Practise | Choice::Learn => Self::Memory {
                hub: memory,
                between: None,
            },
            Choice::TwoScenes if has_network() => Self::Together {
                hub: LocalHub::new(),
                memory,
                between,
            },
            Choice::TwoScenes => Self::Memory {
                hub: memory,
                between: Some(between),
            },
        })
    }

    /// What makes the way between two scenes worse, if there are two.
    pub fn impairment(&self) -> Option<&Impairment> {
        match self {
            Self::Server => None,
            Self::Together { between, .. } => Some(between),
            Self::Memory { between, .. } => between.as_ref(),
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

/// The way into a room, and the session that begins there.
#[derive(Component)]
struct Search<G: Game>(Task<Result<Arrival<G>, Trouble>>);

/// What is there once a room has been found. A room that only has a name has no lock.
type Arrival<G> = (Place, Keeper, Option<Lock>, Handle<<G as Game>::World>);

fn set_out<G: Game>(
    added: On<Add, Road>,
    scenes: Query<(&Scene, &Road)>,
    args: Res<Args>,
    cartridge: Res<Cartridge>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let Ok((scene, road)) = scenes.get(added.entity) else {
        return;
    };
    let name = given_name(&args, &preferences);
    match road {
        Road::Server => {
            let servers = match servers(&args, &scene.choice) {
                Ok(servers) => servers,
                Err(trouble) => {
                    commands.entity(added.entity).insert(Failed(trouble));
                    return;
                }
            };
            let (index, choice) = (scene.index, scene.choice.clone());
            let has_name = !name.trim().is_empty();
            let mut config = config::<G>(&args, name, scene);
            let version = cartridge.version.clone();
            let mut ice = Ice {
                urls: args.ice.clone(),
                relay_only: args.relay_only,
                ..Ice::default()
            };
            let task = IoTaskPool::get().spawn(async move {
                let earlier = |room_url: &str| seat::earlier_ticket(room_url, index);
                let (place, found) = find(servers, choice, version, earlier).await?;
                let room_url = place.server.room(&place.room);
                ice.ask = Some(place.server.clone());
                let lock = Lock::of(&found);
                let ticket = lock.as_ref().map(Lock::ticket);
                let keeper = Keeper::of(&room_url, index, has_name, ticket, &mut config);
                let session = session::spawn(open(found.into(), ice), config);
                Ok((place, keeper, lock, session))
            });
            commands.entity(added.entity).insert(Search::<G>(task));
        }
        Road::Together { hub, between, .. } => {
            // In one process every address is known.
            let signaling = Signaling::Local(hub.clone());
            let transport = between.wrap(open(signaling, Ice::default()));
            let session = session::spawn(transport, config::<G>(&args, name, scene));
            commands.entity(added.entity).insert(carried::<G>(session));
        }
        Road::Memory { hub, between } => {
            let session = join(hub, between.as_ref(), config::<G>(&args, name, scene));
            commands.entity(added.entity).insert(carried::<G>(session));
        }
    }
}

fn config<G: Game>(args: &Args, name: &str, scene: &Scene) -> Config<G::World> {
    Config {
        name: player_name(name, scene),
        settings: match scene.choice {
            Choice::Learn => G::lesson,
            _ => G::settings,
        },
        seating: G::seating,
        autopilot: args.autopilot.then_some(G::autopilot),
        // Rules are asked for first.
        auto_ready: args.autopilot && args.rules.is_none(),
        min_peers: match scene.choice {
            Choice::Practise | Choice::Learn => 1,
            _ => 2,
        },
        // Two steps hide most of a short path's delay from both sides; in one window there is
        // none to hide.
        input_delay: scene.is_private().then_some(0),
        token: netplay::session::resume::new_token(),
        resumes: None,
        watch: false,
        color: 0,
    }
}

/// Opens the way into a room. The room lives on the engine's pool until a session drops the
/// transport, which is after its goodbye; so do the message loops of its sockets.
fn open(signaling: Signaling, ice: Ice) -> MatchboxTransport {
    let (transport, room) = matchbox::open(signaling, ice, |socket, message_loop| {
        MatchboxSocket::from((socket, message_loop))
    });
    IoTaskPool::get().spawn(room).detach();
    transport
}

/// Starts a session without WebRTC.
fn join<S: Simulation>(
    hub: &memory::Hub,
    between: Option<&Impairment>,
    config: Config<S>,
) -> Handle<S> {
    match between {
        Some(between) => session::spawn(between.wrap(hub.join()), config),
        None => session::spawn(hub.join(), config),
    }
}

/// Shows what has come of the search for a room.
fn arrive<G: Game>(mut searches: Query<(Entity, &mut Search<G>)>, mut commands: Commands) {
    for (entity, mut search) in &mut searches {
        let Some(found) = check_ready(&mut search.0) else {
            continue;
        };
        let mut entity = commands.entity(entity);
        entity.remove::<Search<G>>();
        match found {
            Ok((place, keeper, lock, session)) => {
                entity.insert((place, keeper, carried::<G>(session)));
                if let Some(lock) = lock {
                    entity.insert(lock);
                }
            }
            Err(trouble) => {
                entity.insert(Failed(trouble));
            }
        }
    }
}

/// Lets two scenes that WebRTC does not bring together meet in memory.
fn meet_in_memory<G: Game>(
    time: Res<Time<Real>>,
    scenes: Query<(Entity, &Scene, &Road, &Seen, &Page)>,
    args: Res<Args>,
    preferences: Res<Preferences>,
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
        if let Road::Together {
            memory, between, ..
        } = road
        {
            warn!(
                "scene {} meets in memory: WebRTC did not connect",
                scene.index
            );
            let config = config::<G>(&args, given_name(&args, &preferences), scene);
            let session = join(memory, Some(between), config);
            let road = Road::Memory {
                hub: memory.clone(),
                between: Some(between.clone()),
            };
            commands
                .entity(entity)
                .remove::<Failed>()
                .insert((road, carried::<G>(session)));
        }
    }
}
