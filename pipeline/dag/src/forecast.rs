//! How long a build will still take, by what its stages took last.

use std::fmt;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::graph::Graph;
use crate::report::{Event, Outcome};

/// The times of this many stages are enough to guess those of others from.
const ENOUGH: usize = 3;

/// Weight, in seconds, of the belief that the machine is as fast as last time, and how far from that
/// its speed is let to be.
const BELIEF: f64 = 1.0;
const PACE: (f64, f64) = (0.5, 2.0);

/// In this many seconds what is told comes near to what is reckoned.
const SLOWNESS: f64 = 2.0;

/// What is known of a build when it begins. To look at it costs nothing; a [`TimeLeft`] is made for
/// who shows one.
pub struct Forecast<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) selected: &'a [bool],
    /// Milliseconds that the last run of a stage took.
    pub(crate) took: &'a dyn Fn(usize) -> Option<u64>,
    pub(crate) jobs: usize,
}

impl Forecast<'_> {
    /// Begins to reckon how long the build will still take.
    pub fn time_left(&self) -> TimeLeft {
        let chosen: Vec<usize> = (0..self.graph.stages.len()).filter(|&stage| self.selected[stage]).collect();
        let places: FxHashMap<usize, usize> = chosen.iter().enumerate().map(|(place, &stage)| (stage, place)).collect();
        let expect = |&stage: &usize| Expected {
            seconds: (self.took)(stage).map(|took| Duration::from_millis(took).as_secs_f64()),
            readers: self.graph.dependants[stage].iter().filter_map(|reader| places.get(reader).copied()).collect(),
            state: State::Open,
        };
        let stages = chosen.iter().map(expect).collect();
        let names = chosen.iter().enumerate().map(|(place, &stage)| (self.graph.stages[stage].id.clone(), place));
        TimeLeft::new(stages, names.collect(), self.jobs)
    }
}

impl fmt::Debug for Forecast<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forecast").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

/// Reckons how long a build will still take.
///
/// What is left is the longest way through the stages that are not done, or their work shared among
/// all jobs, whichever is more; each counts with the time of its last run, scaled by how the stages
/// that ran in this build compare with theirs. A stage that never ran counts as the mean of the
/// others. Stages that turn out fresh take their time with them, so this is rather too much than too
/// little. What is told follows what is reckoned slowly, so that it does not jump.
#[derive(Debug)]
pub struct TimeLeft {
    /// In the order of the graph: each before those that read from it.
    stages: Vec<Expected>,
    places: FxHashMap<String, usize>,
    jobs: f64,
    begun: bool,
    /// Seconds that stages ran in this build, and that the same ones ran last time.
    ran: f64,
    ran_last: f64,
    /// When the build is told to end, and when that was told, in seconds since it began.
    told: Option<(f64, f64)>,
}

#[derive(Debug)]
struct Expected {
    /// How long its last run took: in this build, if it has run.
    seconds: Option<f64>,
    readers: Vec<usize>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Open,
    /// Since when it runs, in seconds since the build began.
    Running(f64),
    Done,
}

impl TimeLeft {
    fn new(stages: Vec<Expected>, places: FxHashMap<String, usize>, jobs: usize) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "nobody has 2^53 cores")]
        let jobs = jobs.max(1) as f64;
        Self { stages, places, jobs, begun: false, ran: 0.0, ran_last: 0.0, told: None }
    }

    /// Takes note of what happened, `now` after the build began.
    pub fn event(&mut self, event: &Event<'_>, now: Duration) {
        match event {
            Event::Started { stage, .. } => {
                self.begun = true;
                if let Some(stage) = self.stage(stage) {
                    stage.state = State::Running(now.as_secs_f64());
                }
            }
            Event::Finished { report, .. } => {
                let took = (report.outcome == Outcome::Ran).then_some(report.duration.as_secs_f64());
                let Some(stage) = self.stage(&report.stage) else { return };
                stage.state = State::Done;
                let last = stage.seconds;
                stage.seconds = took.or(last);
                if let (Some(took), Some(last)) = (took, last) {
                    self.ran += took;
                    self.ran_last += last;
                }
            }
            Event::Began { .. } | Event::Stopping { .. } => {}
        }
    }

    fn stage(&mut self, id: &str) -> Option<&mut Expected> {
        self.stages.get_mut(*self.places.get(id)?)
    }

    /// How long the build will still take at `now` after it began, where that can be told. Asked
    /// again and again, it tells what a person can follow: never less than nothing, and no jumps.
    pub fn left(&mut self, now: Duration) -> Option<Duration> {
        let now = now.as_secs_f64();
        let reckoned = now + self.reckon(now)?;
        let end = match self.told {
            None => reckoned,
            Some((end, at)) => end + (reckoned - end) * (1.0 - f64::exp((at - now).min(0.0) / SLOWNESS)),
        };
        self.told = Some((end, now));
        Duration::try_from_secs_f64((end - now).max(0.0)).ok()
    }

    fn reckon(&self, now: f64) -> Option<f64> {
        if !self.begun {
            // Until a stage starts nobody knows which ones will have to.
            return None;
        }
        let usual = self.usual()?;
        let pace = ((self.ran + BELIEF) / (self.ran_last + BELIEF)).clamp(PACE.0, PACE.1);
        let mut work = 0.0;
        let mut ways = vec![0.0_f64; self.stages.len()];
        for (place, stage) in self.stages.iter().enumerate().rev() {
            let expected = stage.seconds.unwrap_or(usual) * pace;
            let own = match stage.state {
                State::Done => 0.0,
                State::Open => expected,
                State::Running(since) => (expected - (now - since)).max(0.0),
            };
            work += own;
            ways[place] = own + stage.readers.iter().map(|&reader| ways[reader]).fold(0.0, f64::max);
        }
        Some(ways.into_iter().fold(work / self.jobs, f64::max))
    }

    /// What a stage takes of which nothing is known; `None` where one is needed and cannot be told.
    fn usual(&self) -> Option<f64> {
        let known: Vec<f64> = self.stages.iter().filter_map(|stage| stage.seconds).collect();
        let needed = self.stages.iter().any(|stage| stage.state != State::Done && stage.seconds.is_none());
        if needed && known.len() < ENOUGH {
            return None;
        }
        #[allow(clippy::cast_precision_loss, reason = "no graph has 2^53 stages")]
        Some(known.iter().sum::<f64>() / known.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::StageReport;

    /// A stage: what it took last, and which stages read from it.
    type Sketch = (Option<f64>, &'static [usize]);

    fn time_left(sketch: &[Sketch], jobs: usize) -> TimeLeft {
        let stage = |&(seconds, readers): &Sketch| Expected { seconds, readers: readers.to_vec(), state: State::Open };
        let places = (0..sketch.len()).map(|place| (place.to_string(), place)).collect();
        TimeLeft::new(sketch.iter().map(stage).collect(), places, jobs)
    }

    fn started(left: &mut TimeLeft, stage: usize, now: f64) {
        let event = Event::Started { stage: &stage.to_string(), reasons: &[] };
        left.event(&event, Duration::from_secs_f64(now));
    }

    fn finished(left: &mut TimeLeft, stage: usize, now: f64, ran: Option<f64>) {
        let report = StageReport {
            stage: stage.to_string(),
            outcome: if ran.is_some() { Outcome::Ran } else { Outcome::Fresh },
            reasons: Vec::new(),
            duration: Duration::from_secs_f64(ran.unwrap_or(0.0)),
            outputs: Vec::new(),
            printed: String::new(),
        };
        let event = Event::Finished { report: &report, done: 0, total: 0 };
        left.event(&event, Duration::from_secs_f64(now));
    }

    /// Runs the stages one after the other, each as long as said or fresh, and tells what was told every
    /// tenth of a second: when, and how long the build would still take.
    fn simulate(sketch: &[Sketch], runs: &[Option<f64>]) -> Vec<(f64, Option<f64>)> {
        let mut left = time_left(sketch, 1);
        let (mut tenths, mut told) = (0_u32, Vec::new());
        for (stage, &run) in runs.iter().enumerate() {
            if let Some(seconds) = run {
                started(&mut left, stage, f64::from(tenths) / 10.0);
                let end = f64::from(tenths) / 10.0 + seconds;
                while f64::from(tenths) / 10.0 < end {
                    let now = f64::from(tenths) / 10.0;
                    told.push((now, left.left(Duration::from_secs_f64(now)).map(|left| left.as_secs_f64())));
                    tenths += 1;
                }
            }
            finished(&mut left, stage, f64::from(tenths) / 10.0, run);
        }
        told
    }

    /// From one telling to the next the end that is told moves by less than this many seconds.
    #[track_caller]
    fn assert_steady(told: &[(f64, Option<f64>)], most: f64) {
        let ends: Vec<f64> = told.iter().filter_map(|(now, left)| Some(now + (*left)?)).collect();
        for pair in ends.windows(2) {
            assert!((pair[1] - pair[0]).abs() < most, "the end jumps from {} to {}", pair[0], pair[1]);
        }
    }

    const CHAIN: [Sketch; 4] = [(Some(2.0), &[1]), (Some(3.0), &[2]), (Some(1.0), &[3]), (Some(4.0), &[])];

    #[test]
    fn a_build_like_the_last_one_is_told_exactly() {
        let told = simulate(&CHAIN, &[Some(2.0), Some(3.0), Some(1.0), Some(4.0)]);
        assert_eq!(told.len(), 100);
        for (now, left) in &told {
            assert!((left.unwrap() - (10.0 - now)).abs() < 0.15, "{left:?} at {now}");
        }
        assert_steady(&told, 0.05);
    }

    #[test]
    fn stages_that_stay_fresh_shorten_it_without_a_jump() {
        let told = simulate(&CHAIN, &[Some(2.0), None, Some(1.0), Some(4.0)]);
        assert!((told[19].1.unwrap() - 8.0).abs() < 0.2);
        // All is told right again some seconds after the three that are not needed.
        let (now, left) = told[told.len() - 10];
        assert!((left.unwrap() - (7.0 - now)).abs() < 0.5, "{left:?} at {now}");
        assert_steady(&told, 0.2);
    }

    #[test]
    fn a_stage_that_takes_much_longer_is_never_less_than_nothing_away() {
        let told = simulate(&CHAIN, &[Some(2.0), Some(20.0), Some(1.0), Some(4.0)]);
        // While it goes on what comes after it is left, not nothing.
        let (now, left) = told[180];
        assert!(left.unwrap() > 2.0, "{left:?} at {now}");
        assert!(told.iter().all(|(_, left)| left.unwrap() >= 0.0));
        assert_steady(&told, 0.6);
    }

    #[test]
    fn a_slower_machine_is_noticed() {
        let runs: Vec<Option<f64>> = CHAIN.iter().map(|(seconds, _)| seconds.map(|seconds| 2.0 * seconds)).collect();
        let told = simulate(&CHAIN, &runs);
        let (now, left) = told[130];
        assert!((left.unwrap() - (20.0 - now)).abs() < 2.0, "{left:?} at {now}");
        assert_steady(&told, 0.5);
    }

    #[test]
    fn nothing_is_told_before_enough_is_known() {
        let unknown: Vec<Sketch> = vec![(None, &[]); 8];
        let told = simulate(&unknown, &[Some(1.0); 8]);
        assert_eq!(told.iter().position(|(_, left)| left.is_some()), Some(30), "after three stages");
        let (now, left) = told[50];
        assert!((left.unwrap() - (8.0 - now)).abs() < 0.2, "{left:?} at {now}");
        assert_eq!(time_left(&CHAIN, 1).left(Duration::ZERO), None, "no stage has started");
    }

    #[test]
    fn the_longest_way_or_the_work_of_all_jobs() {
        // 0 and 1 go side by side, 2 comes after 1.
        let sketch: [Sketch; 3] = [(Some(1.0), &[]), (Some(2.0), &[2]), (Some(4.0), &[])];
        for (jobs, expected) in [(1, 7.0), (2, 6.0)] {
            let mut left = time_left(&sketch, jobs);
            started(&mut left, 1, 0.0);
            assert_eq!(left.left(Duration::ZERO), Some(Duration::from_secs_f64(expected)));
        }
    }
}
