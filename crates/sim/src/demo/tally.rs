//! What each seat has done in a match: the figures of its result.
//!
//! They are counted in the world, so that every peer tells the same, whoever came late included,
//! and a corrected prediction corrects them too. A figure is a seat's: who takes a seat over goes
//! on with what a bot or another player did there.

use crate::{
    checksum::Checksum,
    demo::{arena::Arena, physics::Body, team::Team},
};
use protocol::limits::MAX_SEATS;
use serde::{Deserialize, Serialize};

/// A faster ball is shot and not carried, in m/s: it is a disc's own top speed.
const SHOT_SPEED: f32 = 7.5;

/// How many metres before the line a shot is on target, for each m/s towards it. The ball slows
/// down, so it needs about a second and a half for them.
const SHOT_REACH: f32 = 1.0;

/// What a seat has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Steps of play in which it was the last to have touched the ball.
    pub possession: u32,
    /// Kicks that hit the ball.
    pub kicks: u32,
    /// Shots on its own goal that it turned away, at most 255.
    pub saves: u8,
    /// Goals for its team, at most 255.
    pub goals: u8,
    /// Goals against its own team, at most 255.
    pub own_goals: u8,
}

/// A goal, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Who scored.
    pub team: Team,
    /// The seat it is counted for; of the other team, if it was an own goal. Nobody's, if no disc
    /// touched the ball since the kick-off.
    seat: Option<u8>,
}

impl Goal {
    /// The seat that the goal is counted for, and whether it is an own goal.
    pub fn scorer(&self) -> Option<(usize, bool)> {
        let seat = usize::from(self.seat?);
        (seat < MAX_SEATS).then(|| (seat, Team::of_seat(seat) != self.team))
    }
}

/// Counts what the seats do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    possession: [u32; MAX_SEATS],
    saves: [u8; MAX_SEATS],
    goals: [u8; MAX_SEATS],
    own_goals: [u8; MAX_SEATS],
    /// Whose shot is on its way into the other team's goal.
    shooter: Option<u8>,
    last_goal: Option<Goal>,
}

impl Tally {
    /// The figures of a seat that has kicked so often.
    pub fn figures(&self, seat: usize, kicks: u32) -> Figures {
        let of = |counts: &[u8; MAX_SEATS]| counts.get(seat).copied().unwrap_or_default();
        Figures {
            possession: self.possession.get(seat).copied().unwrap_or_default(),
            kicks,
            saves: of(&self.saves),
            goals: of(&self.goals),
            own_goals: of(&self.own_goals),
        }
    }

    /// The newest goal.
    pub fn last_goal(&self) -> Option<Goal> {
        self.last_goal
    }

    /// Everybody lines up: no shot is on its way.
    pub fn line_up(&mut self) {
        self.shooter = None;
    }

    /// A step of play passes in which this seat was the last at the ball.
    pub fn possess(&mut self, seat: u8) {
        if let Some(steps) = self.possession.get_mut(usize::from(seat)) {
            *steps = steps.wrapping_add(1);
        }
    }

    /// A seat has touched the ball, which now moves like this.
    ///
    /// A defender who touches a shot that goes in all the same leaves the goal to its shooter.
    pub fn touch(&mut self, seat: u8, arena: &Arena, ball: Body) {
        let team = Team::of_seat(seat.into());
        let was_theirs = |shooter: &u8| Team::of_seat((*shooter).into()) != team;
        let shot_at_us = self.shooter.filter(was_theirs);
        self.shooter = match target(arena, ball) {
            Some(attacker) if attacker == team => Some(seat),
            Some(_) => shot_at_us,
            None => None,
        };
        if shot_at_us.is_some() && self.shooter.is_none_or(|shooter| shooter == seat) {
            count(&mut self.saves, seat);
        }
    }

    /// A team has scored by a ball that this seat touched last.
    pub fn score(&mut self, team: Team, last_touch: Option<u8>) {
        let is_for = |seat: &u8| Team::of_seat((*seat).into()) == team;
        let seat = self.shooter.filter(is_for).or(last_touch);
        if let Some(seat) = seat {
            let counts = match is_for(&seat) {
                true => &mut self.goals,
                false => &mut self.own_goals,
            };
            count(counts, seat);
        }
        self.last_goal = Some(Goal { team, seat });
    }

    pub fn hash_into(&self, checksum: &mut Checksum) {
        let Self {
            possession,
            saves,
            goals,
            own_goals,
            shooter,
            last_goal,
        } = self;
        for pair in possession.chunks(2) {
            let word = pair
                .iter()
                .fold(0, |word, steps| word << 32 | u64::from(*steps));
            checksum.word(word);
        }
        for counts in [saves, goals, own_goals] {
            checksum.word(u64::from_le_bytes(*counts));
        }
        let seat = |seat: Option<u8>| seat.map_or(u64::from(u16::MAX), u64::from);
        checksum.word(match last_goal {
            None => seat(*shooter),
            Some(goal) => {
                let team = goal.team.index() as u64 + 1;
                team << 32 | seat(goal.seat) << 16 | seat(*shooter)
            }
        });
    }
}

fn count(counts: &mut [u8; MAX_SEATS], seat: u8) {
    if let Some(count) = counts.get_mut(usize::from(seat)) {
        *count = count.saturating_add(1);
    }
}

/// The team that will score if nobody touches this ball any more: it is shot, near enough, and
/// straight into a goal's mouth.
fn target(arena: &Arena, ball: Body) -> Option<Team> {
    if ball.velocity.length_squared() < SHOT_SPEED * SHOT_SPEED {
        return None;
    }
    Team::BOTH.into_iter().find(|team| {
        let sign = team.attack_sign();
        let (place, velocity) = (ball.position.sided(sign), ball.velocity.sided(sign));
        let way = arena.half_length - place.x;
        if velocity.x <= 0.0 || way > velocity.x * SHOT_REACH {
            return false;
        }
        let at_line = place.y + velocity.y * (way / velocity.x);
        at_line.abs() < arena.goal_half_width
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{demo::arena::ArenaKind, vec2::Vec2};

    const ARENA: &Arena = ArenaKind::Classic.arena();

    fn ball(x: f32, y: f32, vx: f32, vy: f32) -> Body {
        Body {
            position: Vec2::new(x, y),
            velocity: Vec2::new(vx, vy),
        }
    }

    #[test]
    fn a_shot_is_on_target_when_it_is_fast_near_and_straight() {
        assert_eq!(target(ARENA, ball(0.0, 0.0, 14.0, 0.0)), Some(Team::Left));
        assert_eq!(target(ARENA, ball(0.0, 0.0, -14.0, 0.0)), Some(Team::Right));
        assert_eq!(target(ARENA, ball(6.0, 4.0, 9.0, -4.0)), Some(Team::Left));
        for other in [
            ball(6.0, 0.0, 7.0, 0.0),
            ball(0.0, 0.0, 9.0, 0.0),
            ball(6.0, 0.0, 9.0, 7.0),
            ball(6.0, 0.0, 0.0, 9.0),
        ] {
            assert_eq!(target(ARENA, other), None, "{other:?}");
        }
    }

    #[test]
    fn turning_a_shot_away_is_a_save_and_counts_once() {
        let mut tally = Tally::default();
        tally.touch(0, ARENA, ball(2.0, 0.0, 12.0, 0.0));
        tally.touch(1, ARENA, ball(9.0, 0.0, -3.0, 2.0));
        tally.touch(1, ARENA, ball(9.0, 0.0, -3.0, 2.0));
        assert_eq!(tally.figures(1, 0).saves, 1);
        // Straight back, as a shot of one's own.
        tally.touch(2, ARENA, ball(2.0, 0.0, 12.0, 0.0));
        tally.touch(3, ARENA, ball(9.0, 0.0, -22.0, 0.0));
        assert_eq!(tally.figures(3, 0).saves, 1);
        tally.touch(0, ARENA, ball(-9.0, 0.0, 3.0, 0.0));
        assert_eq!(tally.figures(0, 0).saves, 1);
        // Team mates save nothing from one another, and nobody from himself.
        tally.touch(0, ARENA, ball(2.0, 0.0, 12.0, 0.0));
        tally.touch(2, ARENA, ball(4.0, 0.0, 2.0, 0.0));
        assert_eq!(tally.figures(2, 0).saves, 0);
    }

    #[test]
    fn a_shot_that_is_touched_and_goes_in_is_the_shooters() {
        let mut tally = Tally::default();
        tally.touch(0, ARENA, ball(2.0, 0.0, 12.0, 0.0));
        tally.touch(1, ARENA, ball(9.0, 0.0, 9.0, 1.0));
        tally.score(Team::Left, Some(1));
        assert_eq!(tally.figures(0, 0).goals, 1);
        assert_eq!(tally.figures(1, 0), Figures::default());
        assert_eq!(
            tally.last_goal().and_then(|goal| goal.scorer()),
            Some((0, false))
        );
    }

    #[test]
    fn own_goals_are_counted_apart() {
        let mut tally = Tally::default();
        tally.touch(1, ARENA, ball(9.0, 0.0, 14.0, 0.0));
        tally.score(Team::Left, Some(1));
        let figures = tally.figures(1, 0);
        assert_eq!((figures.goals, figures.own_goals), (0, 1));
        assert_eq!(
            tally.last_goal().and_then(|goal| goal.scorer()),
            Some((1, true))
        );
        tally.line_up();
        tally.score(Team::Right, None);
        assert_eq!(
            tally.last_goal().map(|goal| (goal.team, goal.scorer())),
            Some((Team::Right, None))
        );
    }

    #[test]
    fn seats_that_do_not_exist_count_nothing() {
        let mut tally = Tally::default();
        tally.possess(200);
        tally.touch(201, ARENA, ball(2.0, 0.0, 12.0, 0.0));
        tally.score(Team::Right, Some(201));
        assert_eq!(tally.last_goal().and_then(|goal| goal.scorer()), None);
        assert_eq!(tally.figures(201, 3).kicks, 3);
    }
}
