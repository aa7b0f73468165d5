//! What benchmarks share: a floor and ours measured in turn, and the line that compares them.
//!
//! The load of a machine changes from second to second, so absolute figures mean little. A floor
//! and ours are measured alternately, each pair gives one ratio, and the median of those is judged.

use std::process::ExitCode;

/// What one measurement took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// By the clock on the wall.
    pub wall: f64,
    /// Of processors, user and system together, all threads.
    pub cpu: f64,
}

/// A floor and ours, measured in turn.
#[derive(Clone, Debug)]
pub struct Pairs(Vec<(Spent, Spent)>);

/// The medians of one quantity over all pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The floor's, in seconds.
    pub floor: f64,
    /// Ours, in seconds.
    pub ours: f64,
    /// Ours divided by the floor's, pair by pair.
    pub ratio: f64,
    /// Ours less the floor's, pair by pair, in seconds.
    pub difference: f64,
}

impl Pairs {
    /// Measures both `rounds` times, one after the other, and once before that which is not
    /// counted: caches are warm and libraries loaded for both.
    pub fn measure(
        rounds: usize,
        mut floor: impl FnMut() -> Spent,
        mut ours: impl FnMut() -> Spent,
    ) -> Self {
        let _ = (floor(), ours());
        Self((0..rounds).map(|_| (floor(), ours())).collect())
    }

    /// By the clock on the wall: what a user waits.
    #[must_use]
    pub fn wall(&self) -> Compared {
        self.compare(|spent| spent.wall)
    }

    /// By processor time: hardly changed by what else the machine does, blind to waiting.
    #[must_use]
    pub fn cpu(&self) -> Compared {
        self.compare(|spent| spent.cpu)
    }

    fn compare(&self, of: impl Fn(&Spent) -> f64) -> Compared {
        let each = |value: &dyn Fn(f64, f64) -> f64| {
            median(self.0.iter().map(|(a, b)| value(of(a), of(b))).collect())
        };
        Compared {
            floor: each(&|floor, _| floor),
            ours: each(&|_, ours| ours),
            ratio: each(&|floor, ours| ours / floor),
            difference: each(&|floor, ours| ours - floor),
        }
    }
}

/// The middle value; of an even number, the upper of the two in the middle.
///
/// Panics where there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// This much or more.
    AtLeast(f64),
    /// This much or less.
    AtMost(f64),
    /// Shown to explain another line.
    None,
}

/// The lines of one benchmark, and whether any failed.
#[derive(Debug, Default)]
pub struct Report {
    failed: bool,
}

impl Report {
    /// Prints one line: what was measured, the floor, ours, and the figure that is judged.
    pub fn line(&mut self, name: &str, floor: &str, ours: &str, figure: f64, bar: Bar) {
        let (bar, passed) = match bar {
            Bar::AtLeast(bar) => (format!(">= {bar}"), Some(figure >= bar)),
            Bar::AtMost(bar) => (format!("<= {bar}"), Some(figure <= bar)),
            Bar::None => ("-".into(), None),
        };
        let verdict = match passed {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "-",
        };
        self.failed |= passed == Some(false);
        println!("{name:<44} {floor:>14} {ours:>14} {figure:>9.2} {bar:>9}  {verdict}");
    }

    /// Prints what the columns are, and what `figure` means below.
    pub fn head(&self, title: &str, figure: &str) {
        println!(
            "\n{title:<44} {:>14} {:>14} {figure:>9} {:>9}",
            "floor", "ours", "bar"
        );
    }

    /// The benchmark's exit code: a failure where any line failed.
    #[must_use]
    pub fn end(self) -> ExitCode {
        ExitCode::from(u8::from(self.failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_measured_under_load_does_not_decide() {
        let spent = |wall| Spent { wall, cpu: 1.0 };
        let (mut floors, mut ours) = ([9.0, 1.0, 50.0, 1.0].iter(), [9.0, 2.0, 100.0, 9.0].iter());
        let pairs = Pairs::measure(
            3,
            || spent(*floors.next().unwrap()),
            || spent(*ours.next().unwrap()),
        );
        let wall = pairs.wall();
        assert_eq!((wall.floor, wall.ours, wall.ratio), (1.0, 9.0, 2.0));
        assert!(pairs.cpu().difference.abs() < f64::EPSILON);
    }

    #[test]
    fn one_missed_bar_fails_the_benchmark() {
        let mut report = Report::default();
        report.line("met", "1", "2", 2.0, Bar::AtLeast(2.0));
        report.line("shown", "1", "2", 2.0, Bar::None);
        assert!(!report.failed);
        report.line("missed", "1", "2", 2.0, Bar::AtMost(1.9));
        report.line("met", "1", "2", 2.0, Bar::AtMost(2.0));
        assert!(report.failed);
    }
}
