//! The lock of a scene's room: whoever has been there for longest keeps newcomers out, or lets them
//! in again. Who was in the room before returns all the same.

use crate::text::Trouble;
use bevy::{
    prelude::*,
    tasks::{IoTaskPool, Task, futures::check_ready},
};
use netplay::signaling::entrance::{Entrance, Found};
use protocol::api::Room;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, answer);
}

/// The lock as this scene knows it: somebody else may have turned it.
#[derive(Component)]
pub struct Lock {
    entrance: Entrance,
    turning: Option<Task<Result<Room, Trouble>>>,
    /// Whether it is locked.
    pub locked: bool,
    /// Why the server did not turn it.
    pub trouble: Option<Trouble>,
}

impl Lock {
    /// The lock of a room; one that only has a name has none.
    pub fn of(found: &Found) -> Option<Self> {
        let Found::Created(entrance) = found else {
            return None;
        };
        Some(Self {
            entrance: entrance.clone(),
            turning: None,
            locked: entrance.room().sealed,
            trouble: None,
        })
    }

    /// The ticket of this scene's peer. A secret.
    pub fn ticket(&self) -> String {
        self.entrance.ticket()
    }

    /// Locks what is open, and opens what is locked, as soon as the server agrees. One wish at a time.
    pub fn turn(&mut self) {
        if self.turning.is_some() {
            return;
        }
        let (entrance, sealed) = (self.entrance.clone(), !self.locked);
        let asked = IoTaskPool::get().spawn(async move { Ok(entrance.seal(sealed).await?) });
        self.turning = Some(asked);
    }
}

fn answer(mut locks: Query<&mut Lock>) {
    for mut lock in &mut locks {
        // Only what has come of it is a change.
        let asked = lock.bypass_change_detection().turning.as_mut();
        let Some(answer) = asked.and_then(check_ready) else {
            continue;
        };
        lock.turning = None;
        lock.trouble = None;
        match answer {
            Ok(room) => lock.locked = room.sealed,
            Err(trouble) => lock.trouble = Some(trouble),
        }
    }
}
