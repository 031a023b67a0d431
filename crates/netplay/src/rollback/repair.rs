//! Replaces a world that went wrong.

use super::{Core, Desync, worlds::Worlds};
use protocol::{Frame, PeerId, Simulation};
use std::time::Duration;

/// Why a world was not adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// The inputs from its frame on are not kept any more.
    #[error("world {0} is too old")]
    TooOld(Frame),
    /// Nobody can have confirmed it: this peer's inputs before it are not written.
    #[error("world {0} is too new")]
    TooNew(Frame),
}

impl<S: Simulation> Core<S> {
    /// The earliest difference between this peer's confirmed world and another's, once one is
    /// found: within two seconds of its cause, as long as datagrams come through.
    pub fn desync(&self) -> Option<Desync> {
        self.checksums.desync()
    }

    /// The difference is settled: the worlds that are confirmed by now are compared no more.
    pub fn clear_desync(&mut self) {
        self.checksums.settle(self.confirmed());
    }

    /// The checksums that others told of their confirmed worlds `frame`, of the last eight
    /// seconds.
    pub fn verdicts(&self, frame: Frame) -> Vec<(PeerId, u64)> {
        self.checksums.told_of(frame)
    }

    /// Takes another peer's confirmed world `frame` for this peer's own, which went wrong, and
    /// steps again from there by the inputs that are kept: at most 128 confirmed frames and those
    /// predicted. Worlds up to that one are compared no more.
    ///
    /// A world ahead of our confirmed one is taken as well. If inputs before it are lacking,
    /// they are then skipped: [`Core::take_confirmed`] goes on at `frame`.
    ///
    /// # Errors
    /// [`AdoptError`]; then nothing has changed.
    pub fn adopt(&mut self, frame: Frame, world: S, now: Duration) -> Result<(), AdoptError> {
        if self.streams.iter().any(|stream| stream.base() > frame) {
            return Err(AdoptError::TooOld(frame));
        }
        let bound = if self.is_listener() {
            Frame::MAX / 2
        } else {
            self.authored()
        };
        if frame > bound {
            return Err(AdoptError::TooNew(frame));
        }
        let (confirmed, newest) = (self.confirmed(), self.frame());
        self.wrong = None;
        self.worlds = Worlds::new(frame, world);
        self.checksums.forget_ours();
        self.checksums.settle(frame);
        self.record(frame);
        if frame > confirmed {
            self.go_on_at(frame);
        }
        while self.frame() < confirmed {
            // Told already, right or wrong.
            self.step_silently();
            self.record(self.frame());
        }
        self.events.rewind(self.frame());
        self.events.confirm(self.confirmed());
        while self.frame() < newest {
            self.step();
        }
        self.clock.skip(self.frame() - newest);
        for peer in &mut self.peers {
            peer.send_soon(now);
        }
        Ok(())
    }

    /// Confirms the frames before `frame`, since somebody has.
    fn go_on_at(&mut self, frame: Frame) {
        let is_known = self.streams.iter().all(|stream| stream.end() >= frame);
        for stream in &mut self.streams {
            if !is_known {
                stream.skip_to(frame);
            }
            stream.confirm(frame);
        }
        if is_known {
            (self.confirmed..frame).for_each(|frame| self.keep_confirmed(frame));
        }
        self.horizon.frame = self.horizon.frame.max(frame);
        self.confirmed = frame;
    }
}
