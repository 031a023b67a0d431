//! What the players of a match did, for its result: who scored, whose the ball was, and the figures
//! of each seat.

use super::text::{self, Said};
use game::{
    contract::{Figures, Line},
    preferences::Language,
};
use sim::demo::{Figures as OfSeat, Team, World};

/// The figures of a match.
pub fn of(world: &World, language: Language) -> Figures {
    let said = text::of(language);
    let all: Vec<OfSeat> = (0..world.seat_count())
        .map(|seat| world.figures(seat))
        .collect();
    let possession = shares(&all);
    let of_team = |team: Team| -> u32 {
        let seats = possession.iter().enumerate();
        let mates = seats.filter(|(seat, _)| Team::of_seat(*seat) == team);
        mates.map(|(_, share)| share).sum()
    };
    let cells = all.iter().zip(&possession);
    Figures {
        lines: lines(world, &all, said),
        shares: Team::BOTH.map(of_team).into(),
        heads: said.figures.heads.into(),
        seats: cells
            .map(|(seat, share)| row(seat, *share).into())
            .collect(),
    }
}

/// A seat's figures in the order of the heads; what is nothing is left out.
fn row(figures: &OfSeat, share: u32) -> [String; 5] {
    let count = |count: u32| match count {
        0 => "-".to_owned(),
        count => count.to_string(),
    };
    [
        count(figures.goals.into()),
        count(figures.own_goals.into()),
        count(figures.saves.into()),
        count(figures.kicks),
        format!("{share} %"),
    ]
}

/// How much of the time each seat had the ball, in hundredths of all its time with anybody; they
/// add up to a hundred.
fn shares(all: &[OfSeat]) -> Vec<u32> {
    let steps = |figures: &OfSeat| u64::from(figures.possession);
    let total: u64 = all.iter().map(steps).sum();
    let mut passed = 0;
    all.iter()
        .map(|figures| {
            // From rounded sum to rounded sum, so that roundings do not add up.
            let percent = |steps: u64| ((200 * steps + total) / (2 * total).max(1)) as u32;
            let before = percent(passed);
            passed += steps(figures);
            percent(passed) - before
        })
        .collect()
}

/// Who scored how often, and whose the last goal was; nothing after a match without goals.
fn lines(world: &World, all: &[OfSeat], said: &Said) -> Vec<Line> {
    let own_goal = said.figures.own_goal_of;
    let plain: fn(&str) -> String = str::to_owned;
    let seats = || all.iter().enumerate();
    let goals = seats().map(|(seat, figures)| (seat, u32::from(figures.goals), plain));
    let own_goals = seats().map(|(seat, figures)| (seat, u32::from(figures.own_goals), own_goal));
    let scorers: Vec<_> = goals
        .chain(own_goals)
        .filter(|(_, times, _)| *times > 0)
        .collect();
    let last = world.last_goal().and_then(|goal| goal.scorer());
    let last = last.map(|(seat, is_own)| (seat, 1, if is_own { own_goal } else { plain }));
    let lines = [
        (said.figures.scorers, scorers),
        (said.figures.last_goal, last.into_iter().collect()),
    ];
    let told = lines.into_iter().filter(|(_, players)| !players.is_empty());
    told.map(|(sentence, players)| Line { sentence, players })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Seat, Simulation};
    use sim::demo::{Level, Settings};

    fn figures(possession: u32) -> OfSeat {
        OfSeat {
            possession,
            ..OfSeat::default()
        }
    }

    #[test]
    fn shares_of_the_ball_add_up_to_a_hundred() {
        for steps in [&[1, 1, 1][..], &[5, 0, 7, 9000, 1, 2], &[u32::MAX; 8], &[3]] {
            let all: Vec<OfSeat> = steps.iter().map(|steps| figures(*steps)).collect();
            assert_eq!(shares(&all).iter().sum::<u32>(), 100, "{steps:?}");
        }
        assert_eq!(shares(&[figures(0), figures(0)]), [0, 0], "nobody had it");
        assert_eq!(shares(&[figures(3), figures(1)]), [75, 25]);
    }

    #[test]
    fn scorers_and_the_last_goal_are_named() {
        let settings = Settings {
            bots: [Level::Hard; 2],
            ..Settings::for_seats(2)
        };
        let mut world = World::new(&settings, 3);
        let told = |world: &World| -> Vec<String> {
            let lines = of(world, Language::English).lines;
            let names = |line: &Line| {
                let names = line.players.iter();
                let names = names.map(|(seat, _, told)| told(["Ada", "Bob"][*seat]));
                (line.sentence)(&names.collect::<Vec<_>>().join(", "))
            };
            lines.iter().map(names).collect()
        };
        assert!(told(&world).is_empty());
        while world.score() == [0, 0] {
            world.step(&[Seat::default(); 2], &mut Vec::new());
        }
        let scorer = match world.last_goal().and_then(|goal| goal.scorer()) {
            Some((seat, false)) => ["Ada", "Bob"][seat].to_owned(),
            Some((seat, true)) => format!("{} (own goal)", ["Ada", "Bob"][seat]),
            None => panic!("somebody kicked it"),
        };
        assert_eq!(
            told(&world),
            [format!("Goals: {scorer}"), format!("Last goal: {scorer}")]
        );
    }

    #[test]
    fn every_seat_has_a_cell_below_each_head() {
        let world = World::new(&Settings::for_seats(6), 1);
        let figures = of(&world, Language::German);
        assert_eq!(figures.seats.len(), 6);
        let cells = figures.seats.iter().map(Vec::len);
        assert!(cells.into_iter().all(|cells| cells == figures.heads.len()));
        let seat = OfSeat {
            goals: 2,
            kicks: 14,
            ..OfSeat::default()
        };
        assert_eq!(row(&seat, 40), ["2", "-", "-", "14", "40 %"]);
    }
}
