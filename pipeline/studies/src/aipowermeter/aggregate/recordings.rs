//! The real recordings: what they hold, their energies, and whether their identities hold.

use std::collections::{BTreeMap, BTreeSet};

use dag::Problem;
use rawlog::time::iso8601;

use crate::aipowermeter::clean::{IDENTITIES, deviation};
use crate::aipowermeter::held::{Recording, Recordings};
use crate::aipowermeter::integrate::{areas, median_times_count, segments, within_segments};
use crate::aipowermeter::schema;
use crate::cx::Cx;
use crate::record::{Cell, Record, cells};
use crate::table::Table;

/// An interval is a gap if it is longer than this many times the median one.
const GAP: f64 = 3.0;
/// An identity holds if what is stated deviates by no more than this.
const ROUNDING: f64 = 1e-9;

/// The samples of one power in a recording.
struct Samples {
    segments: Vec<i64>,
    seconds: Vec<f64>,
    watt: Vec<f64>,
}

impl Samples {
    /// Records without this power are left out: they are of another part of the machine.
    fn of(table: &Table, column: &str) -> Result<Self, Problem> {
        let (segments, seconds) = (table.integers("segment")?, table.numbers("seconds")?);
        let watt = table.floats(column)?;
        let rows: Vec<usize> = (0..table.len()).filter(|&row| !watt[row].is_nan()).collect();
        Ok(Self {
            segments: rows.iter().map(|&row| segments[row]).collect(),
            seconds: rows.iter().map(|&row| seconds[row]).collect(),
            watt: rows.iter().map(|&row| watt[row]).collect(),
        })
    }

    fn len(&self) -> usize {
        self.seconds.len()
    }

    fn duration(&self) -> f64 {
        self.seconds.last().zip(self.seconds.first()).map_or(0.0, |(last, first)| last - first)
    }

    fn across(&self) -> f64 {
        stats::sum(&areas(&self.seconds, &self.watt))
    }

    fn within(&self) -> f64 {
        within_segments(&self.segments, &self.seconds, &self.watt)
    }

    fn compiled(&self) -> Option<f64> {
        median_times_count(&areas(&self.seconds, &self.watt))
    }

    fn segment_count(&self) -> usize {
        segments(&self.segments).count()
    }
}

/// The two powers that are integrated: column, name in the published entries, name in print.
const POWERS: [(&str, &str, &str); 2] =
    [("intel_power", "intel_power", "package"), ("nvidia_draw", "nvidia_draw_absolute", "cards")];

/// The energies of each recording, and of its segments.
pub(in crate::aipowermeter) fn energies(cx: &mut Cx<'_, '_>, recordings: &Recordings) -> Result<(), Problem> {
    let mut energies = Record::table("real.energies")
        .title("Energies of the real recordings")
        .columns(["recording", "power", "records", "least", "greatest", "across", "within", "compiled"])
        .note(
            "Trapezoidal sums across and within segments, and the median area times the number of areas, as the \
             compile step has it.",
        );
    for column in ["least", "greatest"] {
        energies = energies.unit(column, "W");
    }
    for column in ["across", "within", "compiled"] {
        energies = energies.unit(column, "J");
    }
    let mut of_segments = Record::table("real.segments")
        .title("Segments of the real recordings")
        .columns(["recording", "segment", "power", "records", "start", "duration", "mean power", "energy"])
        .unit("start", "s")
        .unit("duration", "s")
        .unit("mean power", "W")
        .unit("energy", "J");
    for recording in recordings {
        let table = Table::read(cx, recording.name)?;
        let mut scalar = Record::scalar(recording.entry);
        let start = table.numbers("seconds")?.first().copied().unwrap_or(0.0);
        let mut first = true;
        for (column, quantity, part) in POWERS {
            let samples = Samples::of(&table, column)?;
            if samples.len() == 0 {
                continue;
            }
            scalar = values(scalar, &samples, quantity, first);
            first = false;
            let least = samples.watt.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = samples.watt.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sums = cells![samples.across(), samples.within(), samples.compiled()];
            let row = cells![recording.name, part, samples.len(), least, greatest];
            energies = energies.plain_row(row.into_iter().chain(sums));
            for range in segments(&samples.segments) {
                let (seconds, watt) = (&samples.seconds[range.clone()], &samples.watt[range.clone()]);
                let duration = seconds.last().zip(seconds.first()).map_or(0.0, |(last, first)| last - first);
                let energy = stats::sum(&areas(seconds, watt));
                let mean = if duration > 0.0 { energy / duration } else { stats::mean(watt).unwrap_or(f64::NAN) };
                let of = samples.segments[range.start] + 1;
                let began = seconds.first().map_or(f64::NAN, |begin| begin - start);
                let row = cells![recording.name, of, part, seconds.len(), began, duration, mean, energy];
                of_segments = of_segments.plain_row(row);
            }
        }
        cx.record(scalar.title(format!("Energies of {}", recording.path)))?;
    }
    cx.record(energies)?;
    cx.record(of_segments)
}

/// The values by the names of the published entries: those of the first power of a recording are plain,
/// further ones carry the name of their power.
fn values(record: Record, samples: &Samples, quantity: &str, first: bool) -> Record {
    // The entry of the one recording of cards alone names its sums without the quantity.
    let sum = if first && quantity != "intel_power" { String::new() } else { format!("{quantity} ") };
    let count = if first { String::new() } else { format!("{quantity} ") };
    record
        .value(format!("{count}records"), samples.len())
        .value(format!("{count}segments"), samples.segment_count())
        .value(format!("{count}duration s"), samples.duration())
        .value(format!("{sum}sum J"), samples.across())
        .value(format!("{sum}sum within segments J"), samples.within())
        .value(format!("{sum}median x count J"), samples.compiled())
}

/// What each recording holds: records, segments, processes, intervals and gaps.
pub(in crate::aipowermeter) fn overview(cx: &mut Cx<'_, '_>, recordings: &Recordings) -> Result<(), Problem> {
    let mut record = Record::table("real.recordings").title("The real recordings").columns([
        "recording",
        "form",
        "from",
        "to",
        "records",
        "package",
        "cards",
        "segments",
        "closed",
        "processes",
        "interval",
        "longest",
        "gaps",
    ]);
    record = record.unit("interval", "s").unit("longest", "s").note(
        "Interval is the median between neighbouring records, of the processor's where there are any; a gap within a \
         segment is an interval of more than three times that.",
    );
    for recording in recordings {
        let records = Table::read(cx, &format!("{} records", recording.name))?;
        let values = Table::read(cx, &format!("{} values", recording.name))?;
        let times = records.integers("time")?;
        let (of, seconds) = (records.integers("segment")?, records.numbers("seconds")?);
        let ends = [times.first(), times.last()].map(|time| time.map_or_else(String::new, |&time| iso8601(time)));
        let part = |column: &str| -> Result<usize, Problem> {
            Ok(records.floats(column)?.iter().filter(|watt| !watt.is_nan()).count())
        };
        let closed = of.iter().zip(records.integers("closed")?).filter(|(_, closed)| *closed == 1);
        let closed: BTreeSet<i64> = closed.map(|(segment, _)| *segment).collect();
        let processes: BTreeSet<String> = values.texts("process")?.into_iter().filter(|id| !id.is_empty()).collect();
        let intervals: Vec<f64> =
            segments(&of).flat_map(|range| seconds[range].windows(2).map(|pair| pair[1] - pair[0])).collect();
        let interval = stats::median(&intervals).map_err(|error| records.problem(error.to_string()))?;
        let longest = intervals.iter().copied().fold(0.0, f64::max);
        let gaps = intervals.iter().filter(|&&length| length > GAP * interval).count();
        let [from, to] = ends;
        let (package, cards) = (part("intel_power")?, part("nvidia_draw")?);
        let row = cells![recording.name, recording.form, from, to, records.len(), package, cards];
        let rest = cells![segments(&of).count(), closed.len(), processes.len(), interval, longest, gaps];
        record = record.plain_row(row.into_iter().chain(rest));
    }
    cx.record(record)
}

/// Every field of the format that a recording has, with what it holds.
pub(in crate::aipowermeter) fn fields(cx: &mut Cx<'_, '_>, recordings: &Recordings) -> Result<(), Problem> {
    let mut of_field: BTreeMap<String, (BTreeSet<&str>, Vec<f64>)> = BTreeMap::new();
    for recording in recordings {
        let table = Table::read(cx, recording.name)?;
        for (field, value) in table.texts("field")?.into_iter().zip(table.numbers("value")?) {
            let (files, values) = of_field.entry(field).or_default();
            files.insert(recording.name);
            values.push(value);
        }
    }
    let columns = ["field", "meaning", "unit", "recordings", "values", "least", "median", "greatest"];
    let mut record = Record::table("real.fields").title("The fields of the records").columns(columns);
    for (field, (files, values)) in of_field {
        let (unit, meaning) = schema::field(&field);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let row = cells![field, meaning, unit, files.len(), values.len(), least, stats::median(&values).ok(), greatest];
        record = record.plain_row(row);
    }
    cx.record(record)
}

/// Whether the identities hold, over all recordings and in each.
pub(in crate::aipowermeter) fn shares(cx: &mut Cx<'_, '_>, recordings: &Recordings) -> Result<(), Problem> {
    let mut total = Record::regression("derived.real.shares")
        .title("Identities of attribution over all real recordings")
        .note("An identity holds if what is stated deviates by no more than 1e-9 of what it should be.");
    let mut table = Record::table("real.identities")
        .title("Identities of attribution in the real recordings")
        .columns(["identity", "statement", "recordings", "checked", "held", "deviation"])
        .note("Deviation: the largest, relative to what should be stated, among the numbers that hold.");
    let mut exceptions = Record::table("real.exceptions").title("Numbers that break an identity").columns([
        "recording",
        "line",
        "identity",
        "stated",
        "reckoned",
    ]);
    let tables: Vec<(&Recording, Table)> =
        recordings.iter().map(|one| Ok((one, Table::read(cx, one.name)?))).collect::<Result<_, Problem>>()?;
    let (mut all, mut all_held) = (0, 0);
    for (identity, statement) in IDENTITIES {
        let (mut files, mut checked, mut held, mut largest) = (0, 0_usize, 0_usize, 0.0_f64);
        for (recording, table) in &tables {
            let table = table.of("identity", identity)?;
            files += usize::from(table.len() > 0);
            let lines = table.integers("line")?;
            let (stated, reckoned) = (table.floats("stated")?, table.floats("reckoned")?);
            for ((line, stated), reckoned) in lines.into_iter().zip(stated).zip(reckoned) {
                let deviation = deviation(stated, reckoned);
                checked += 1;
                if deviation <= ROUNDING {
                    held += 1;
                    largest = largest.max(deviation);
                } else {
                    exceptions = exceptions.plain_row(cells![recording.name, line, identity, stated, reckoned]);
                }
            }
        }
        all += checked;
        all_held += held;
        total = total.value(format!("{identity}.checked"), checked).value(format!("{identity}.held"), held);
        total = total.value(format!("{identity}.deviation"), largest);
        table = table.plain_row(cells![identity, statement, files, checked, held, largest]);
    }
    cx.record(total.value("checked", all).value("held", all_held))?;
    cx.record(table)?;
    cx.record(exceptions)
}

/// Power of the cards while they are used by half or more: what a card of the group drew under load.
pub(in crate::aipowermeter) fn load(cx: &mut Cx<'_, '_>, name: &&'static str) -> Result<(), Problem> {
    let (records, values) = (Table::read(cx, "records")?, Table::read(cx, "values")?);
    let uses = values.of("field", "per_gpu_average_estimated_utilization_absolute.sm")?;
    let mut of_line: BTreeMap<i64, f64> = BTreeMap::new();
    for (line, used) in uses.integers("line")?.into_iter().zip(uses.numbers("value")?) {
        *of_line.entry(line).or_default() += used;
    }
    let loaded = records.integers("line")?.into_iter().zip(records.floats("nvidia_draw")?);
    let loaded: Vec<f64> =
        loaded.filter(|(line, _)| of_line.get(line).is_some_and(|used| *used >= 50.0)).map(|(_, watt)| watt).collect();
    let mean = stats::mean(&loaded).map_err(|error| records.problem(format!("cards in use: {error}")))?;
    let record = Record::scalar("real.load").value("recording", Cell::from(*name)).value("records", loaded.len());
    let record = record.value("least", loaded.iter().copied().fold(f64::INFINITY, f64::min)).value("mean", mean);
    let record = record.value("greatest", loaded.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let record = ["least", "mean", "greatest"].into_iter().fold(record, |record, name| record.unit(name, "W"));
    cx.record(record.title("Power of the cards while half or more of their multiprocessors are used"))
}
