//! Reduce each run to one row: as the original compiles it, and by the correct analysis.

mod identities;

use dag::Problem;

use super::integrate::{areas, mean_within_segments, median_times_count};
use super::protocol::{Network, Sweep};
use super::schema;
use crate::cx::Cx;
use crate::table::{Column, Rows, Table};

pub(super) use self::identities::{IDENTITIES, deviation, identities};

/// All runs of a network, one row each, in two tables of the same columns.
///
/// The original (`concat_power_measure.py`, state 4f3e418) takes for the energy of an inference the median area between
/// records times their number, by the number N of inferences, and for memory and use the median times
/// the number of records, by N. Correct is power × time / N: the mean power between the records
/// times the mean latency, the first inference left out, which warms up; and the plain median.
pub(super) fn runs(cx: &mut Cx<'_, '_>, network: &Network) -> Result<(), Problem> {
    let mut compiled = Reduced::default();
    let mut corrected = Reduced::default();
    for sweep in Sweep::of(*network) {
        let [records, latencies] = roles(sweep);
        let (records, latencies) = (Table::read(cx, &records)?, Table::read(cx, &latencies)?);
        let runs = latencies.integers("run")?;
        let inferences = latencies.integers("inferences")?;
        let (medians, firsts) = (latencies.numbers("median")?, latencies.numbers("first")?);
        let sums = latencies.numbers("sum")?;
        let run_of_record = records.integers("run")?;
        for (row, &run) in runs.iter().enumerate() {
            let rows: Vec<usize> = (0..records.len()).filter(|&place| run_of_record[place] == run).collect();
            let run = Run::read(&records.take(&rows)?, run)?;
            #[expect(clippy::cast_precision_loss, reason = "inferences of a run stay far below 2^53")]
            let n = inferences[row] as f64;
            let of_run =
                Of { size: sweep.size.into(), inferences: inferences[row], latency: medians[row], duration: sums[row] };
            compiled.push(&run, of_run, |quantity, values| run.as_compiled(quantity, values, n));
            let latency = (sums[row] - firsts[row]) / (n - 1.0);
            corrected.push(&run, of_run, |quantity, values| run.as_corrected(quantity, values, latency));
        }
    }
    compiled.write(cx, "compiled", schema::AS_COMPILED)?;
    corrected.write(cx, "corrected", schema::AS_CORRECTED)
}

/// The roles of the two tables of a sweep.
pub(super) fn roles(sweep: Sweep) -> [String; 2] {
    ["records", "latencies"].map(|what| format!("{} {what}", sweep.size))
}

/// The columns that are powers in the records, and energies behind this step.
pub(super) fn is_power(quantity: &str) -> bool {
    quantity.contains("power") || quantity == "nvidia_draw_absolute"
}

/// The records of one run.
struct Run {
    run: i64,
    segments: Vec<i64>,
    seconds: Vec<f64>,
    /// In the order of [`schema::QUANTITIES`].
    quantities: Vec<Vec<f64>>,
}

impl Run {
    fn read(records: &Table, run: i64) -> Result<Self, Problem> {
        if records.len() < 2 {
            let problem = records.problem(format!("run {run}: {} records", records.len()));
            return Err(problem.expected("at least two: the original's compile step has no energy of fewer"));
        }
        let quantities = schema::QUANTITIES.iter().map(|name| records.numbers(name)).collect::<Result<_, _>>()?;
        Ok(Self { run, segments: records.integers("segment")?, seconds: records.numbers("seconds")?, quantities })
    }

    /// `n` is the number of inferences. A run has at least two records, so there is a median.
    fn as_compiled(&self, quantity: &str, values: &[f64], n: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of records")]
        let records = values.len() as f64;
        if is_power(quantity) {
            median_times_count(&areas(&self.seconds, values)).unwrap_or(f64::NAN) / n
        } else {
            stats::median(values).unwrap_or(f64::NAN) * records / n
        }
    }

    /// `latency` is the mean time of an inference in s.
    fn as_corrected(&self, quantity: &str, values: &[f64], latency: f64) -> f64 {
        if is_power(quantity) {
            mean_within_segments(&self.segments, &self.seconds, values).unwrap_or(f64::NAN) * latency
        } else {
            stats::median(values).unwrap_or(f64::NAN)
        }
    }

    /// Seconds between the first and the last record.
    fn covered(&self) -> f64 {
        self.seconds.last().zip(self.seconds.first()).map_or(0.0, |(last, first)| last - first)
    }
}

/// What is known of a run beside its records.
#[derive(Clone, Copy)]
struct Of {
    size: i64,
    inferences: i64,
    latency: f64,
    duration: f64,
}

/// A table of runs under construction.
#[derive(Default)]
struct Reduced {
    sizes: Vec<i64>,
    runs: Vec<i64>,
    inferences: Vec<i64>,
    records: Vec<i64>,
    quantities: [Vec<f64>; schema::QUANTITIES.len()],
    latencies: Vec<f64>,
    covered: Vec<f64>,
    durations: Vec<f64>,
}

impl Reduced {
    fn push(&mut self, run: &Run, of: Of, reduce: impl Fn(&str, &[f64]) -> f64) {
        self.sizes.push(of.size);
        self.runs.push(run.run);
        self.inferences.push(of.inferences);
        self.records.push(i64::try_from(run.seconds.len()).unwrap_or(i64::MAX));
        let columns = self.quantities.iter_mut().zip(schema::QUANTITIES).zip(&run.quantities);
        columns.for_each(|((column, quantity), values)| column.push(reduce(quantity, values)));
        self.latencies.push(of.latency);
        self.covered.push(run.covered());
        self.durations.push(of.duration);
    }

    fn write(self, cx: &mut Cx<'_, '_>, role: &str, schema: &[Column]) -> Result<(), Problem> {
        let rows = Rows::new().integers("size", self.sizes).integers("run", self.runs);
        let rows = rows.integers("inferences", self.inferences).integers("records", self.records);
        let named = schema::QUANTITIES.into_iter().zip(self.quantities);
        let rows = named.fold(rows, |rows, (name, values)| rows.floats(name, values));
        let rows = rows.floats("latency", self.latencies).floats("covered", self.covered);
        rows.floats("duration", self.durations).write(cx, role, schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three records 4 s apart in a run of ten inferences of 1 s each, by hand.
    #[test]
    fn a_run_as_compiled_and_corrected() {
        let run = Run { run: 0, segments: vec![0; 3], seconds: vec![0.0, 4.0, 8.0], quantities: Vec::new() };
        let watt = [10.0, 20.0, 30.0];
        // Areas 60 and 100 J: their median 80 J, twice, by ten inferences. The mean power is 20 W.
        assert_eq!(run.as_compiled("intel_power", &watt, 10.0), 16.0);
        assert_eq!(run.as_corrected("intel_power", &watt, 1.0), 20.0);
        let bytes = [3.0, 5.0, 4.0];
        assert_eq!(run.as_compiled("mem_use_abs", &bytes, 10.0), 4.0 * 3.0 / 10.0);
        assert_eq!(run.as_corrected("mem_use_abs", &bytes, 1.0), 4.0);
        assert_eq!(run.covered(), 8.0);
    }

    #[test]
    fn what_is_a_power() {
        let powers = schema::QUANTITIES.map(is_power);
        assert_eq!(powers, [true, true, false, true, true, false, false]);
    }
}
