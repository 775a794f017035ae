//! The table of targets: what the runs of each input size are simulated after.

use dag::Problem;
use rawlog::delimited::Delimited;

use crate::aipowermeter::protocol::Sweep;

const FILE: &str = "pipeline/studies/src/aipowermeter/simulate/targets.csv";
const TABLE: &str = include_str!("targets.csv");
const HEADER: [&str; 14] = [
    "study",
    "input_size",
    "runs",
    "iterations",
    "interval_s",
    "intervals",
    "records",
    "latency_s",
    "intel_power_w",
    "total_cpu_power_w",
    "nvidia_draw_w",
    "mem_bytes",
    "gpu_mem_bytes",
    "sm_percent",
];

/// The targets of the runs of an input size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Inferences of a run, at scale 1.
    pub(super) iterations: f64,
    /// Seconds between two records.
    pub(super) interval: f64,
    /// Seconds of an inference.
    pub(super) latency: f64,
    pub(super) intel_power: f64,
    pub(super) total_cpu_power: f64,
    pub(super) nvidia_draw: f64,
    pub(super) memory: f64,
    pub(super) card_memory: f64,
    pub(super) use_percent: f64,
}

impl Target {
    /// Whole intervals between records in a run of so many inferences.
    pub(super) fn intervals(&self, inferences: f64) -> f64 {
        (inferences * self.latency / self.interval).floor()
    }
}

/// The targets of all sweeps, in their order.
pub(super) fn targets() -> Result<Vec<Target>, Problem> {
    let broken = |error: &dyn std::fmt::Display| Problem::new(error.to_string()).in_file(FILE);
    let table = Delimited::read(TABLE.as_bytes(), &HEADER).map_err(|error| broken(&error))?;
    let column = |name: &str| table.non_negative(name).map_err(|error| broken(&error));
    let (studies, sizes) = (table.texts("study").map_err(|error| broken(&error))?, column("input_size")?);
    let named = studies.into_iter().zip(sizes).map(|(study, size)| format!("{study}-{size}"));
    if !named.eq(Sweep::all().map(Sweep::name)) {
        let problem = broken(&"the rows are not the input sizes of the protocol, in its order");
        return Err(problem.expected("18 rows of alexnet, 9 of resnet50, 10 of bert"));
    }
    let [iterations, interval, latency] = [column("iterations")?, column("interval_s")?, column("latency_s")?];
    let [intel_power, total_cpu_power, nvidia_draw] =
        [column("intel_power_w")?, column("total_cpu_power_w")?, column("nvidia_draw_w")?];
    let [memory, card_memory, use_percent] = [column("mem_bytes")?, column("gpu_mem_bytes")?, column("sm_percent")?];
    let target = |row: usize| Target {
        iterations: iterations[row],
        interval: interval[row],
        latency: latency[row],
        intel_power: intel_power[row],
        total_cpu_power: total_cpu_power[row],
        nvidia_draw: nvidia_draw[row],
        memory: memory[row],
        card_memory: card_memory[row],
        use_percent: use_percent[row],
    };
    Ok((0..iterations.len()).map(target).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aipowermeter::protocol::RUNS;
    use crate::published::{Published, Token, Value};

    /// What the table says twice, and what the protocol says too.
    #[test]
    fn the_table_agrees_with_itself_and_with_the_protocol() {
        let table = Delimited::read(TABLE.as_bytes(), &HEADER).unwrap();
        let column = |name: &str| table.non_negative(name).unwrap();
        let (intervals, records, runs) = (column("intervals"), column("records"), column("runs"));
        for (row, (target, sweep)) in targets().unwrap().iter().zip(Sweep::all()).enumerate() {
            let name = sweep.name();
            assert_eq!(target.iterations, f64::from(sweep.network.inferences(sweep.size)), "{name}");
            assert_eq!(target.intervals(target.iterations), intervals[row], "{name}");
            assert_eq!((records[row], runs[row]), (intervals[row] + 1.0, f64::from(RUNS)), "{name}");
            assert!((target.total_cpu_power - 0.87 * target.intel_power).abs() < 1e-4, "{name}");
        }
    }

    /// The ranks of the five smallest pictures of ResNet50 are the only ones that agree with the published
    /// correlations and figures; the file of published values tells them.
    #[test]
    fn ranks_of_the_smallest_pictures_are_those_on_file() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper/published/aipowermeter.toml");
        let published = Published::read(&file).unwrap();
        let fields = published.fields_of("upstream.resnet50.spearman").unwrap();
        let Some(Value::List(rows)) = fields.at(&["ranks_of_8_32_64_128_256"]) else { panic!("{fields:?}") };
        assert_eq!(rows.len(), 6);
        let targets: Vec<Target> = targets().unwrap().into_iter().skip(18).take(5).collect();
        let compiled = |quantity: &str| -> Vec<f64> {
            let of = |target: &Target| {
                let n = target.intervals(target.iterations);
                match quantity {
                    "intel_power" => target.intel_power * n,
                    "mem_use_abs" => target.memory * (n + 1.0),
                    "nvidia_estimated_attributable_power_draw" => target.nvidia_draw * n,
                    "per_gpu_attributable_mem_use" => target.card_memory * (n + 1.0),
                    "sm" => target.use_percent * (n + 1.0),
                    "latency" => target.latency,
                    other => panic!("{other}"),
                }
            };
            targets.iter().map(of).collect()
        };
        for row in rows {
            let Value::List(cells) = row else { panic!("{row:?}") };
            let tokens: Vec<&Token> = cells.iter().map(|cell| cell.as_token().unwrap()).collect();
            let expected: Vec<f64> = tokens[1..].iter().map(|token| token.decimal().unwrap().value).collect();
            assert_eq!(stats::ranks(&compiled(tokens[0].text())).unwrap(), expected, "{}", tokens[0].text());
        }
    }
}
