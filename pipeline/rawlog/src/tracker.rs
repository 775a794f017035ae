//! The log of an energy tracker: the CSV that codecarbon 2.1.3 writes, one row for each measured run.
//!
//! Names of columns are those of the file; units are in [`unit`]. The column `project_name` carries
//! the settings of the run as packed text, which [`Project`] holds apart.

use std::fmt;
use std::io::BufRead;

use crate::text::{Field, LineEnds, Lines, TextError, quote};

/// The columns of codecarbon 2.1.3 on a machine without network, in the order of the file.
pub const COLUMNS: [&str; 22] = [
    "timestamp",
    "project_name",
    "run_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "os",
    "python_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "ram_total_size",
    "tracking_mode",
    "on_cloud",
];

/// The columns about the place, which only the tracker that looks it up writes (29 columns in all).
pub const PLACE_COLUMNS: [&str; 7] =
    ["country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "longitude", "latitude"];

/// The unit of a column, where it has one.
#[must_use]
pub fn unit(column: &str) -> Option<&'static str> {
    match column {
        "duration" => Some("s"),
        "emissions" => Some("kg CO2eq"),
        "cpu_power" | "gpu_power" | "ram_power" => Some("W"),
        "cpu_energy" | "gpu_energy" | "ram_energy" | "energy_consumed" => Some("kWh"),
        "ram_total_size" => Some("GB"),
        "longitude" | "latitude" => Some("degree"),
        _ => None,
    }
}

/// One measured run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Line of the file, from 1; the header is line 1.
    pub line: u64,
    /// End of the run by the local clock, in nanoseconds since 1970-01-01 of that clock.
    pub timestamp: i64,
    /// What was measured.
    pub project: Project,
    /// Identifier of the run.
    pub run_id: String,
    /// Seconds.
    pub duration: f64,
    /// kg CO2eq.
    pub emissions: f64,
    /// As codecarbon 2.1.3 writes it.
    pub emissions_rate: f64,
    /// Powers at the last sample.
    pub power: Powers,
    /// Energies of the whole run.
    pub energy: Energies,
    /// The machine that ran it.
    pub machine: Machine,
    /// Where it stood, if the tracker looked it up.
    pub place: Option<Place>,
}

/// Powers at the last sample of a run, in W. 0 where the tracker saw no sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Powers {
    /// Of the processor.
    pub cpu: f64,
    /// Of the graphics cards.
    pub gpu: f64,
    /// Of the memory, which is an estimate from its size.
    pub ram: f64,
}

/// Energies of a run, in kWh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Energies {
    /// Of the processor.
    pub cpu: f64,
    /// Of the graphics cards.
    pub gpu: f64,
    /// Of the memory.
    pub ram: f64,
    /// Sum of the three, as written.
    pub consumed: f64,
}

/// The machine of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Operating system.
    pub os: String,
    /// Version of Python.
    pub python_version: String,
    /// Number of processors.
    pub cpu_count: u64,
    /// Their model.
    pub cpu_model: String,
    /// Number of graphics cards.
    pub gpu_count: u64,
    /// Their model.
    pub gpu_model: String,
    /// Memory in GB.
    pub ram_total_size: f64,
    /// What was tracked: `machine` or `process`.
    pub tracking_mode: String,
    /// Whether it is a machine in a cloud.
    pub on_cloud: bool,
}

/// Where the tracker believed the machine to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Country.
    pub country_name: String,
    /// Its ISO 3166-1 alpha-3 code.
    pub country_iso_code: String,
    /// Region, empty if unknown.
    pub region: String,
    /// Cloud provider, empty if none.
    pub cloud_provider: String,
    /// Its region, empty if none.
    pub cloud_region: String,
    /// Longitude and latitude in degrees, if looked up.
    pub coordinates: Option<(f64, f64)>,
}

/// What a run measured: the text of `project_name`, taken apart.
///
/// The form is `name:value` joined by commas, each value up to the next comma, e.g.
/// `module:Conv2d,rep_no:1,macs:12,batch_size:66,…,freeText:architecture=vgg16;layer_idx=3,forward_passes:9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Class of the measured layer or network.
    pub module: String,
    /// Number of the repetition, from 1.
    pub repetition: u64,
    /// Multiply-accumulate operations of one forward pass.
    pub macs: u64,
    /// Batch size.
    pub batch_size: u64,
    /// Forward passes in the run, at least 1: what energies are divided by.
    pub forward_passes: u64,
    /// Settings of the layer, e.g. `kernel_size`, in the order of the text.
    pub settings: Vec<(String, u64)>,
    /// Pairs `name=value` of `freeText`, in the order of the text.
    pub labels: Vec<(String, String)>,
}

impl Project {
    /// A setting of the layer by its name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<u64> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// A label by its name, such as `architecture`.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn parse(field: &Field<'_>) -> Result<Self, TextError> {
        let mut numbers: Vec<(&str, u64)> = Vec::new();
        let (mut module, mut labels) = (None, None);
        for part in field.text.split(',') {
            let (name, value) =
                part.split_once(':').ok_or_else(|| field.wrong("parts `name:value` joined by commas"))?;
            let again = match name {
                "module" => module.replace(value.to_owned()).is_some(),
                "freeText" => labels.replace(pairs(field, value)?).is_some(),
                _ => {
                    let known = numbers.iter().any(|(other, _)| *other == name);
                    let part = Field { text: value, name: &format!("{} `{}`", field.name, quote(name)), ..*field };
                    numbers.push((name, part.count()?));
                    known
                }
            };
            if again {
                return Err(field.wrong("every part once"));
            }
        }
        let mut take = |name: &str, expected: &'static str| {
            let at = numbers.iter().position(|(other, _)| *other == name);
            at.map(|at| numbers.remove(at).1).ok_or_else(|| field.wrong(expected))
        };
        let repetition = take("rep_no", "a part `rep_no:`")?;
        let macs = take("macs", "a part `macs:`")?;
        let batch_size = take("batch_size", "a part `batch_size:`")?;
        let forward_passes = take("forward_passes", "a part `forward_passes:`")?;
        if forward_passes == 0 {
            return Err(field.wrong("at least one forward pass"));
        }
        let settings = numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let module = module.ok_or_else(|| field.wrong("a part `module:`"))?;
        let labels = labels.unwrap_or_default();
        Ok(Self { module, repetition, macs, batch_size, forward_passes, settings, labels })
    }
}

/// `a=1;b=2`, or nothing.
fn pairs(field: &Field<'_>, text: &str) -> Result<Vec<(String, String)>, TextError> {
    let pair = |pair: &str| {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| field.wrong("freeText as `name=value` joined by `;`"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    if text.is_empty() { Ok(Vec::new()) } else { text.split(';').map(pair).collect() }
}

/// Something odd that is no reason to refuse a row.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// An energy below zero: the row is kept.
    NegativeEnergy {
        /// Line of the row.
        line: u64,
        /// Column of the energy.
        column: &'static str,
        /// The energy in kWh.
        kwh: f64,
    },
    /// A run that ended before the run above it did.
    ClockWentBack {
        /// Line of the row.
        line: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeEnergy { line, column, kwh } => {
                write!(f, "line {line}, {column}: a negative energy, {kwh:?} kWh")
            }
            Self::ClockWentBack { line } => write!(f, "line {line}: the timestamp is before that of the row above"),
        }
    }
}

/// All rows of a log, in its order, and what is odd about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tracker {
    /// The runs.
    pub runs: Vec<Run>,
    /// What is odd, in the order of the rows.
    pub findings: Vec<Finding>,
}

/// Reads a whole log.
///
/// # Errors
/// The first of [`Reader`].
pub fn read(mut from: impl BufRead) -> Result<Tracker, TextError> {
    // Compiled here, with this crate's optimisation, and not where it is called.
    read_lines(&mut from)
}

fn read_lines(from: &mut dyn BufRead) -> Result<Tracker, TextError> {
    let mut log = Tracker::default();
    let mut before = i64::MIN;
    for run in Reader::new(from)? {
        let run = run?;
        let energies = [
            ("cpu_energy", run.energy.cpu),
            ("gpu_energy", run.energy.gpu),
            ("ram_energy", run.energy.ram),
            ("energy_consumed", run.energy.consumed),
        ];
        let negative = energies.into_iter().filter(|(_, kwh)| *kwh < 0.0);
        log.findings.extend(negative.map(|(column, kwh)| Finding::NegativeEnergy { line: run.line, column, kwh }));
        if run.timestamp < before {
            log.findings.push(Finding::ClockWentBack { line: run.line });
        }
        before = run.timestamp;
        log.runs.push(run);
    }
    Ok(log)
}

/// Whether a first line is the header of such a log.
#[must_use]
pub(crate) fn is_header(line: &str) -> bool {
    line.starts_with("timestamp,project_name,run_id,duration,")
}

/// Reads the runs of a log one by one; after an error come the runs that follow.
pub struct Reader<R> {
    lines: Lines<R>,
    /// Columns in the order of the file.
    columns: Vec<&'static str>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header. Columns may come in any order.
    ///
    /// # Errors
    /// [`TextError::Empty`], [`TextError::Header`] if columns are missing, unknown or doubled, and
    /// those of the file itself.
    pub fn new(from: R) -> Result<Self, TextError> {
        let expected = "a header with the columns of codecarbon";
        let mut lines = Lines::new(from, LineEnds::LineFeed);
        let Some((line, text)) = lines.next_text()? else {
            return Err(TextError::Empty { expected });
        };
        let header = split(line, text)?;
        let place = header.iter().any(|name| PLACE_COLUMNS.contains(&name));
        let known: Vec<&'static str> = COLUMNS.into_iter().chain(PLACE_COLUMNS.into_iter().filter(|_| place)).collect();
        let mut columns = Vec::new();
        let mut unexpected = Vec::new();
        for name in &header {
            match known.iter().find(|column| **column == name) {
                Some(column) if !columns.contains(column) => columns.push(*column),
                _ => unexpected.push(quote(name)),
            }
        }
        let missing: Vec<String> =
            known.iter().filter(|column| !columns.contains(column)).map(|column| (*column).to_owned()).collect();
        if missing.is_empty() && unexpected.is_empty() {
            Ok(Self { lines, columns })
        } else {
            unexpected.truncate(known.len());
            Err(TextError::Header { expected: "a log of codecarbon 2.1.3", missing, unexpected })
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Run, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.next_text() {
            Ok(None) => None,
            Ok(Some((line, text))) => Some(run(&self.columns, line, text)),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Reads the runs of a log of any size one by one, as [`Reader`].
///
/// # Errors
/// Those of [`Reader::new`].
pub fn runs<'a>(from: impl BufRead + 'a) -> Result<Runs<'a>, TextError> {
    // An object, so that what reads from it is compiled here, with this crate's optimisation.
    let from: Box<dyn BufRead + 'a> = Box::new(from);
    Ok(Runs(Reader::new(from)?))
}

/// The runs of a log; see [`runs`].
pub struct Runs<'a>(Reader<Box<dyn BufRead + 'a>>);

impl Iterator for Runs<'_> {
    type Item = Result<Run, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Fields of one line of CSV; a quoted field cannot hold a line end here.
fn split(line: u64, text: &str) -> Result<csv::StringRecord, TextError> {
    // A reader of csv takes longer to make than a line to read.
    if let Some(record) = plain(text) {
        return Ok(record);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len().max(1))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(_) => Ok(record),
        Err(error) => Err(TextError::Io { line, message: error.to_string() }),
    }
}

/// Fields of a line in which quotes stand around whole fields only, as the tracker writes them.
fn plain(text: &str) -> Option<csv::StringRecord> {
    if text.is_empty() || text.contains('\r') {
        return None;
    }
    let mut record = csv::StringRecord::with_capacity(text.len(), COLUMNS.len() + PLACE_COLUMNS.len());
    let mut rest = text;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find([',', '"']).unwrap_or(rest.len())),
        };
        record.push_field(field);
        if after.is_empty() {
            return Some(record);
        }
        // Anything else between two fields is left to csv.
        rest = after.strip_prefix(',')?;
    }
}

fn run(columns: &[&'static str], line: u64, text: &str) -> Result<Run, TextError> {
    let record = split(line, text)?;
    if record.len() != columns.len() {
        return Err(TextError::FieldCount { line, expected: columns.len(), found: record.len() });
    }
    // Every known column is in `columns`, so a field that is not found is one of the place.
    let find = |name: &'static str| {
        let text = columns.iter().position(|column| *column == name).and_then(|at| record.get(at));
        Field { line, name, text: text.unwrap_or_default() }
    };
    let text = |name: &'static str| find(name).text.to_owned();
    let number = |name: &'static str| find(name).number();
    let on_cloud = match find("on_cloud").text {
        "Y" => true,
        "N" => false,
        _ => return Err(find("on_cloud").wrong("`Y` or `N`")),
    };
    let place = if columns.len() == COLUMNS.len() {
        None
    } else {
        let coordinates = match (find("longitude").text, find("latitude").text) {
            ("", "") => None,
            _ => Some((number("longitude")?, number("latitude")?)),
        };
        Some(Place {
            country_name: text("country_name"),
            country_iso_code: text("country_iso_code"),
            region: text("region"),
            cloud_provider: text("cloud_provider"),
            cloud_region: text("cloud_region"),
            coordinates,
        })
    };
    Ok(Run {
        line,
        timestamp: find("timestamp").date_time()?,
        project: Project::parse(&find("project_name"))?,
        run_id: text("run_id"),
        duration: number("duration")?,
        emissions: number("emissions")?,
        emissions_rate: number("emissions_rate")?,
        power: Powers { cpu: number("cpu_power")?, gpu: number("gpu_power")?, ram: number("ram_power")? },
        energy: Energies {
            cpu: number("cpu_energy")?,
            gpu: number("gpu_energy")?,
            ram: number("ram_energy")?,
            consumed: number("energy_consumed")?,
        },
        machine: Machine {
            os: text("os"),
            python_version: text("python_version"),
            cpu_count: find("cpu_count").count()?,
            cpu_model: text("cpu_model"),
            gpu_count: find("gpu_count").count()?,
            gpu_model: text("gpu_model"),
            ram_total_size: number("ram_total_size")?,
            tracking_mode: text("tracking_mode"),
            on_cloud,
        },
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_are_split_as_csv_splits_them() {
        let by_csv = |text: &str| {
            let mut record = csv::StringRecord::new();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            reader.read_record(&mut record).unwrap();
            record
        };
        let lines = ["a,b", "a,,b", ",", "a,", "\"a,b\",c", "c,\"a,b\"", "\"\",é", "\"a\""];
        for text in lines {
            assert_eq!(plain(text).as_ref(), Some(&by_csv(text)), "{text}");
        }
        let others = ["", "a\"b,c", "\"a\"b,c", "\"a\"\"b\",c", "\"a,b", "a\rb,c"];
        for text in others {
            assert_eq!(plain(text), None, "{text}");
            assert_eq!(split(1, text).unwrap(), by_csv(text), "{text}");
        }
    }
}
