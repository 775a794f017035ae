//! What long work needs, told before it begins: how many stages, about how long, and how much disk.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use dag::{Fate, Graph, Plan};
use studies::Chosen;
use studies::campaign::{Campaign, Simulation};

use crate::Failure;
use crate::console::Console;
use crate::machine::{free_disk, size};

/// From which scale on a simulated campaign is long work, also where it was made before.
pub(crate) const LARGE_SCALE: u32 = 10;

/// What to do where the disk is too small.
#[derive(Args, Clone, Default)]
pub(crate) struct DiskCheck {
    /// Begin even if there seems to be too little disk.
    #[arg(long)]
    pub(crate) no_disk_check: bool,
}

/// What work takes, and what it leaves on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Needs {
    /// On one core, unless it was spread over [several](Self::with_jobs).
    time: Duration,
    /// Bytes.
    pub(crate) disk: u64,
}

/// What making a study takes. Pairs are milliseconds on one core, and bytes of outputs and store.
struct Measured {
    study: &'static str,
    /// From the published files; from simulated ones (scale 1) about as much.
    all: (u64, u64),
    /// What each further scale of a simulated campaign adds.
    each_scale: (u64, u64),
    /// The simulated raw files alone, for each scale.
    raw: (u64, u64),
}

impl Measured {
    const fn new(study: &'static str, all: (u64, u64), each_scale: (u64, u64), raw: (u64, u64)) -> Self {
        Self { study, all, each_scale, raw }
    }
}

/// Measured with `tests/reference/measure_needs.py` on an x86-64 server (2026), and rounded: the one place to change when that is
/// done again. It is told to people and held against the free disk, and reaches no output.
const MEASURED: [Measured; 7] = [
    Measured::new("tinyml-mcu", (4090, 9_400_000), (630, 5_200_000), (20, 2_600_000)),
    Measured::new("vision-inference", (4300, 7_100_000), (480, 1_200_000), (10, 1_300_000)),
    Measured::new("module-energy", (27700, 47_900_000), (7100, 57_200_000), (400, 31_900_000)),
    Measured::new("edge-layers", (7910, 120_500_000), (1360, 97_200_000), (510, 79_100_000)),
    Measured::new("aipowermeter", (6300, 146_800_000), (330, 129_500_000), (1260, 128_900_000)),
    Measured::new("compendium", (3090, 3_800_000), (0, 100_000), (0, 0)),
    Measured::new("artifact", (30, 100_000), (0, 0), (0, 0)),
];

/// A study that nobody has measured.
const UNKNOWN: Measured = Measured::new("", (1000, 5_000_000), (100, 1_000_000), (50, 200_000));

fn measured(study: &str) -> &'static Measured {
    MEASURED.iter().find(|measured| measured.study == study).unwrap_or(&UNKNOWN)
}

/// The study of a stage, or what stands in its place in the id.
fn study_of(stage: &str) -> &str {
    stage.split('/').next().unwrap_or_default()
}

impl Needs {
    fn of((milliseconds, bytes): (u64, u64), times: u64) -> Self {
        let time = Duration::from_millis(milliseconds.saturating_mul(times));
        Self { time, disk: bytes.saturating_mul(times) }
    }

    /// One after the other.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { time: self.time.saturating_add(other.time), disk: self.disk.saturating_add(other.disk) }
    }

    /// A build of everything from nothing.
    pub(crate) fn of_everything() -> Self {
        MEASURED.iter().map(|measured| Self::of(measured.all, 1)).fold(Self::default(), Self::and)
    }

    /// A study from nothing.
    pub(crate) fn of_study(study: &str) -> Self {
        Self::of(measured(study).all, 1)
    }

    /// The simulated raw files of a study.
    pub(crate) fn of_raw(study: &str, simulation: Simulation) -> Self {
        Self::of(measured(study).raw, simulation.scale.into())
    }

    /// The stages of a plan of a graph that will run: the time that they took last, where that is known, and otherwise
    /// their share of what the study takes.
    pub(crate) fn of_plan(plan: &Plan, graph: &Graph, chosen: &[Chosen]) -> Self {
        let mut stages: BTreeMap<&str, u32> = BTreeMap::new();
        for stage in graph.stages() {
            *stages.entry(study_of(stage.id())).or_default() += 1;
        }
        let mut sum = Self::default();
        for stage in plan.stages.iter().filter(|stage| matches!(stage.fate, Fate::Run | Fate::MayRun)) {
            let study = study_of(&stage.stage);
            let measured = measured(study);
            let stages = stages.get(study).copied().unwrap_or(1);
            let share = Self::of(measured.all, 1).divided(stages);
            let share = Self { time: stage.took.unwrap_or(share.time), ..share };
            sum = sum.and(share).and(Self::of_scale(measured, study, chosen).divided(stages));
        }
        sum
    }

    /// What a study takes for being simulated at a larger scale.
    fn of_scale(measured: &Measured, study: &str, chosen: &[Chosen]) -> Self {
        let campaign = chosen.iter().find(|chosen| chosen.study.name == study).map(|chosen| chosen.campaign);
        match campaign {
            Some(Campaign::Simulated(simulation)) => {
                Self::of(measured.each_scale, u64::from(simulation.scale.saturating_sub(1)))
            }
            _ => Self::default(),
        }
    }

    fn divided(self, by: u32) -> Self {
        let by = by.max(1);
        Self { time: self.time / by, disk: self.disk / u64::from(by) }
    }

    /// The same with so many jobs at once, if there are as many cores.
    pub(crate) fn with_jobs(self, jobs: usize) -> Self {
        Self { time: self.time / u32::try_from(jobs.min(cores()).max(1)).unwrap_or(1), ..self }
    }

    /// Whether it takes longer, or more disk, than one bears without a word.
    pub(crate) fn is_long(self) -> bool {
        self.time >= Duration::from_secs(1) || self.disk >= 100_000_000
    }

    /// Tells what `what` needs in a folder, and stops where the disk is too small for it.
    pub(crate) fn announce(
        self,
        what: impl fmt::Display,
        folder: &Path,
        check: &DiskCheck,
        console: &Console,
    ) -> Result<(), Failure> {
        let free = free_disk(folder);
        let told = free.map_or_else(String::new, |free| format!(" ({} free)", size(free)));
        console.line(&format!("{what}: {self}{told}"));
        match free {
            Some(free) if free < self.disk && !check.no_disk_check => Err(Failure::new(format!(
                "about {} of disk are needed in {}, and {} are free\n  help: free some; --no-disk-check begins all the same",
                size(self.disk),
                folder.display(),
                size(free)
            ))),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {}, {} of disk", about(self.time), size(self.disk))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A time of which nobody knows the tenths: whole seconds, then minutes, then hours.
fn about(time: Duration) -> String {
    match time.as_secs() {
        0 => "1 s".to_owned(),
        s if s < 60 => format!("{s} s"),
        s if s < 5400 => format!("{} min", (s + 30) / 60),
        s => format!("{:.1} h", s as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_there() {
        for Measured { study, .. } in &MEASURED {
            let over_all = ["compendium", "artifact"].contains(study);
            let known = over_all || studies::all().iter().any(|known| known.name == *study);
            assert!(known, "{study} is no study any more");
        }
    }

    #[test]
    fn needs_grow_with_the_scale_and_shrink_with_the_cores() {
        let of = |scale| Needs::of_raw("edge-layers", Simulation { seed: 0, scale });
        assert_eq!(of(7).disk, 7 * of(1).disk);
        assert_eq!(of(u32::MAX).with_jobs(1).time, of(1).time * u32::MAX);
        let (one, all) = (Needs::of_everything().with_jobs(1), Needs::of_everything().with_jobs(usize::MAX));
        assert!(all.time <= one.time && all.disk == one.disk, "{one:?} {all:?}");
    }

    #[test]
    fn times_are_told_without_false_precision() {
        let told = |s| about(Duration::from_secs(s));
        assert_eq!([told(0), told(17), told(100), told(6000)], ["1 s", "17 s", "2 min", "1.7 h"]);
    }
}
