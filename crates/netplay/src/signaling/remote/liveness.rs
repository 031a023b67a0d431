//! Notices that an open connection leads nowhere any more: after a change of network neither end
//! is told, and what is sent is only repeated for minutes.

use std::time::Duration;
use web_time::Instant;

/// How long nothing may be heard before the server is probed.
const QUIET: Duration = Duration::from_secs(5);

/// How long the answer to a probe may take. Past it the connection counts as lost.
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

/// What is to be done about a connection now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Check {
    Wait,
    Probe,
    Lost,
}

/// How one connection is.
pub(super) struct Liveness {
    /// Whether the server answers probes: only then does its silence say something.
    answers: bool,
    /// Whether nothing has been heard since the last probe.
    probed: bool,
    due: Instant,
}

impl Liveness {
    /// A new connection. Unless it is certain that the server answers probes, the first one is
    /// due at once, to learn whether it does.
    pub(super) fn new(answers: bool, now: Instant) -> Self {
        Self {
            answers,
            probed: false,
            due: if answers { now + QUIET } else { now },
        }
    }

    /// Something has come.
    pub(super) fn heard(&mut self, now: Instant) {
        self.probed = false;
        self.due = now + QUIET;
    }

    /// What has come answers a probe.
    pub(super) fn answered(&mut self) {
        self.answers = true;
    }

    /// When to check next, if nothing is heard before.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Judges the silence.
    pub(super) fn check(&mut self, now: Instant) -> Check {
        if now < self.due {
            Check::Wait
        } else if self.probed && self.answers {
            Check::Lost
        } else {
            self.probed = true;
            self.due = now + ANSWER_DEADLINE;
            Check::Probe
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_probed_and_then_is_the_end() {
        let start = Instant::now();
        let mut liveness = Liveness::new(true, start);
        assert_eq!(liveness.check(start), Check::Wait);
        assert_eq!(liveness.due(), start + QUIET);
        assert_eq!(liveness.check(start + QUIET), Check::Probe);
        assert_eq!(liveness.check(start + QUIET), Check::Wait);
        assert_eq!(liveness.check(liveness.due()), Check::Lost);
    }

    #[test]
    fn whatever_is_heard_is_life() {
        let mut now = Instant::now();
        let mut liveness = Liveness::new(true, now);
        for _ in 0..10 {
            now = liveness.due();
            assert_eq!(liveness.check(now), Check::Probe);
            liveness.heard(now);
        }
        assert_eq!(liveness.check(now), Check::Wait);
    }

    #[test]
    fn a_server_that_never_answered_is_only_probed() {
        let mut now = Instant::now();
        let mut liveness = Liveness::new(false, now);
        for _ in 0..10 {
            assert_eq!(liveness.check(now), Check::Probe, "the first one at once");
            now = liveness.due();
        }
        liveness.heard(now);
        liveness.answered();
        assert_eq!(liveness.check(liveness.due()), Check::Probe);
        assert_eq!(liveness.check(liveness.due()), Check::Lost);
    }
}
