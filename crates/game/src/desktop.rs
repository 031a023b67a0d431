//! The window around a native game: hidden, its player is away; closed, its player leaves. (In a
//! page the sessions see to both by themselves.) Also where a native game keeps what it remembers.

use crate::scene::{Session, replay::Shelf};
use bevy::{
    ecs::system::NonSendMarker,
    prelude::*,
    time::common_conditions::on_timer,
    window::{PrimaryWindow, WindowOccluded},
    winit::WINIT_WINDOWS,
};
use netplay::session::Command as Wish;
use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// How often it is asked whether the window is minimised, which few systems tell by themselves.
const GLANCE: Duration = Duration::from_millis(250);

/// How long the game's exit waits for its sessions to say goodbye, which takes them some 200 ms.
const GOODBYE: Duration = Duration::from_millis(600);

/// How often it is looked whether they have.
const GOODBYE_GLANCE: Duration = Duration::from_millis(10);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Hidden>()
        .add_systems(
            PreUpdate,
            (
                notice_occlusion,
                notice_minimising.run_if(on_timer(GLANCE)),
                tell,
            )
                .chain(),
        )
        .add_systems(Last, say_goodbye.run_if(on_message::<AppExit>));
}

/// Why nobody can see the window.
#[derive(Resource, Default, Clone, Copy, Debug, PartialEq, Eq)]
struct Hidden {
    occluded: bool,
    minimised: bool,
}

impl Hidden {
    fn is_away(self) -> bool {
        self.occluded || self.minimised
    }
}

fn notice_occlusion(mut occlusions: MessageReader<WindowOccluded>, mut hidden: ResMut<Hidden>) {
    if let Some(newest) = occlusions.read().last() {
        hidden.occluded = newest.occluded;
    }
}

fn notice_minimising(
    windows: Query<Entity, With<PrimaryWindow>>,
    mut hidden: ResMut<Hidden>,
    // The system's windows belong to the main thread.
    _main_thread: NonSendMarker,
) {
    let Ok(window) = windows.single() else { return };
    let minimised = WINIT_WINDOWS.with_borrow(|all| all.get_window(window)?.is_minimized());
    // Where it cannot be told, occlusion is.
    let minimised = minimised.unwrap_or(false);
    hidden.set_if_neq(Hidden {
        minimised,
        ..*hidden
    });
}

fn tell(hidden: Res<Hidden>, sessions: Query<Ref<Session>>) {
    for session in &sessions {
        if hidden.is_changed() || session.is_added() && hidden.is_away() {
            session.0.command(Wish::SetAway(hidden.is_away()));
        }
    }
}

/// A process that ends takes its sessions along in mid-sentence: the others would notice by the
/// silence only.
fn say_goodbye(sessions: Query<&Session>, mut shelf: ResMut<Shelf>) {
    for session in &sessions {
        session.0.command(Wish::Leave);
    }
    let deadline = Instant::now() + GOODBYE;
    while !sessions.iter().all(|session| session.0.has_ended()) && Instant::now() < deadline {
        thread::sleep(GOODBYE_GLANCE);
    }
    for record in sessions.iter().flat_map(|session| session.0.take_records()) {
        shelf.keep(&record);
    }
}

/// The folder of ours in the user's state folder, which need not be there yet.
pub fn state_folder() -> Option<PathBuf> {
    // The state folder is a Linux notion; elsewhere it is the data that stays on the machine.
    let state = dirs::state_dir().or_else(dirs::data_local_dir)?;
    Some(state.join(protocol::name!()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_cannot_be_seen_is_away() {
        let hidden = |occluded, minimised| {
            Hidden {
                occluded,
                minimised,
            }
            .is_away()
        };
        assert!(!hidden(false, false));
        assert!(hidden(true, false) && hidden(false, true) && hidden(true, true));
    }
}
