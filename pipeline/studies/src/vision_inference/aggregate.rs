//! The printed tables and single numbers.

use dag::Problem;
use rawlog::time::iso8601;
use serde::Serialize;

use super::stats::GRAMS_PER_KWH;
use crate::cx::Cx;
use crate::record::{Cell, Record, Status, cells};
use crate::table::Table;

/// A notebook: the leading part of its record ids, and how it calls its derived columns.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) enum Notebook {
    Inference,
    Training,
}

impl Notebook {
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Notebook::Inference => "inf",
            Notebook::Training => "trn",
        }
    }

    /// Derived columns as printed, and ours. `Log` is of FLOPs in one notebook and of MACs in the other.
    fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Notebook::Inference => &[
                ("macs", "macs"),
                ("parameters", "parameters"),
                ("FLOPS", "flops"),
                ("GFLOPS", "gflops"),
                ("TFLOPS", "tflops"),
                ("Params(Million)", "million_parameters"),
                ("Log", "ln_flops"),
                ("GFLOPS_log", "ln_gflops"),
                ("Training 1 epoch(pfs-days)", "epoch"),
            ],
            Notebook::Training => &[
                ("macs", "macs"),
                ("parameters", "parameters"),
                ("GFLOPS", "gflops"),
                ("TFLOPS", "tflops"),
                ("Params(Million)", "million_parameters"),
                ("Log", "ln_macs"),
                ("Training 1 epoch(pfs-days)", "epoch"),
            ],
        }
    }
}

const ERRORS: [(&str, &str); 2] = [("top1", "top1"), ("top5", "top5")];
const SCORES: [(&str, &str); 2] = [("top1score", "top1_score"), ("top5score", "top5_score")];
/// Rows of a printed head.
const HEAD: usize = 5;

/// Operation counts and accuracies (cells 3 to 8).
pub(super) fn models(cx: &mut Cx<'_, '_>, notebook: &Notebook) -> Result<(), Problem> {
    let (prefix, columns) = (notebook.prefix(), notebook.columns());
    let (models, accurate) = (Table::read(cx, "models")?, Table::read(cx, "accurate")?);
    let accuracies = Table::read(cx, "accuracy")?.len();
    let macs = stats::describe(&models.numbers("macs")?);
    let parameters = stats::describe(&models.numbers("parameters")?);
    let mut record = Record::table(format!("{prefix}.t01")).columns(["statistic", "macs", "parameters"]);
    record = record.plain_row(cells!["count", macs.count, parameters.count]);
    for (name, macs, parameters) in [
        ("mean", macs.mean, parameters.mean),
        ("std", macs.std, parameters.std),
        ("min", macs.min, parameters.min),
        ("25%", macs.q25, parameters.q25),
        ("50%", macs.q50, parameters.q50),
        ("75%", macs.q75, parameters.q75),
        ("max", macs.max, parameters.max),
    ] {
        record = record.plain_row(cells![name, macs, parameters]);
    }
    cx.record(record)?;
    let count = |id: &str, count: usize| Record::scalar(format!("{prefix}.{id}")).value("count", count);
    cx.record(count("s01", models.len()))?;
    cx.record(count("s02", accuracies))?;
    cx.record(count("s03", accurate.len()))?;
    let head = copy(Record::table(format!("{prefix}.t02")), &models, columns, HEAD)?;
    cx.record(head.excerpt_of(models.len(), columns.len() + 1).quirk("pfs-days"))?;
    let columns = [columns, &ERRORS].concat();
    let head = copy(Record::table(format!("{prefix}.t03")), &accurate, &columns, HEAD)?;
    cx.record(head.excerpt_of(accurate.len(), columns.len() + 1).quirk("pfs-days"))?;
    if *notebook == Notebook::Training {
        cx.record(copy(Record::table("trn.t12"), &accurate, &columns, accurate.len())?.quirk("pfs-days"))?;
        let gflops = value_of(&accurate, "googlenet", "gflops")?;
        cx.record(Record::scalar("trn.s07").value("googlenet_gflops", gflops).unit("googlenet_gflops", "GFLOP"))?;
        let (small, large) = (value_of(&accurate, "vgg11", "top5")?, value_of(&accurate, "vgg19", "top5")?);
        cx.record(Record::scalar("trn.s11").value("value", (small - large) / small))?;
    }
    Ok(())
}

/// The first rows of a table: the name of the model, and columns under their printed names.
fn copy(record: Record, table: &Table, columns: &[(&str, &str)], rows: usize) -> Result<Record, Problem> {
    let models = table.texts("model")?;
    let values = columns.iter().map(|(_, ours)| table.numbers(ours)).collect::<Result<Vec<_>, _>>()?;
    let names = std::iter::once("model").chain(columns.iter().map(|(printed, _)| *printed));
    let mut record = record.columns(names);
    for (row, model) in models.iter().enumerate().take(rows) {
        let mut cells = vec![Cell::from(model.as_str())];
        cells.extend(values.iter().map(|column| Cell::from(column.get(row).copied())));
        record = record.plain_row(cells);
    }
    Ok(record)
}

/// A number of a model.
fn value_of(table: &Table, model: &str, column: &str) -> Result<f64, Problem> {
    let values = table.of("model", model)?.numbers(column)?;
    values.first().copied().ok_or_else(|| table.problem(format!("there is no model {model}")))
}

/// Windows as logged, in UTC, and cut to whole seconds (cells 24 to 26); the sizes of the joins.
pub(super) fn windows(cx: &mut Cx<'_, '_>, notebook: &Notebook) -> Result<(), Problem> {
    let prefix = notebook.prefix();
    let (windows, timed) = (Table::read(cx, "windows")?, Table::read(cx, "timed")?);
    let with_densenet = timed.texts("model")?;
    let without = with_densenet.iter().filter(|model| !model.starts_with("densenet")).count();
    let count = |id: &str, count: usize| Record::scalar(format!("{prefix}.{id}")).value("count", count);
    cx.record(count("s04", windows.len()))?;
    cx.record(count("s05", timed.len()))?;
    cx.record(count("s06", without))?;
    let rows = window_rows(&windows)?;
    for (id, columns) in [("t05", 3), ("t06", 6), ("t07", 10)] {
        let record = Record::table(format!("{prefix}.{id}")).columns(WINDOW_COLUMNS.into_iter().take(columns));
        let record = record.excerpt_of(windows.len(), columns);
        let record = if columns > 3 { record.unit("total_time", "s") } else { record };
        cx.record(
            rows.iter().take(HEAD).fold(record, |record, row| record.plain_row(row.iter().take(columns).cloned())),
        )?;
    }
    if *notebook == Notebook::Inference {
        // The frame of VGG models is joined with itself, so that all but its key and the windows stand twice.
        let twice: Vec<&str> =
            notebook.columns().iter().chain(&ERRORS).chain(&SCORES).map(|(printed, _)| *printed).collect();
        let once = WINDOW_COLUMNS.into_iter().chain(["empirical"]).map(str::to_owned);
        let suffixed = ["x", "y"].into_iter().flat_map(|side| twice.iter().map(move |name| format!("{name}_{side}")));
        let record = Record::table("inf.t12").columns(["column"]);
        cx.record(once.chain(suffixed).fold(record, |record, name| record.plain_row([name])))?;
    }
    Ok(())
}

const WINDOW_COLUMNS: [&str; 10] = [
    "model",
    "start_time",
    "end_time",
    "start_seconds",
    "end_seconds",
    "total_time",
    "s_date",
    "e_date",
    "s_time",
    "e_time",
];

fn window_rows(windows: &Table) -> Result<Vec<Vec<Cell>>, Problem> {
    let (models, starts, ends) = (windows.texts("model")?, windows.texts("start_time")?, windows.texts("end_time")?);
    let (from, to) = (windows.integers("start_utc")?, windows.integers("end_utc")?);
    let duration = windows.numbers("duration")?;
    let stamps = |time: i64| {
        let text = iso8601(time).replace('T', " ");
        let (date, clock) = text.split_once(' ').unwrap_or((&text, ""));
        let clock = clock.split('.').next().unwrap_or(clock);
        (text.clone(), date.to_owned(), clock.to_owned())
    };
    let row = |row: usize| {
        let ((start, start_date, start_clock), (end, end_date, end_clock)) = (stamps(from[row]), stamps(to[row]));
        let (model, local) = (models[row].as_str(), (starts[row].as_str(), ends[row].as_str()));
        let first = cells![model, local.0, local.1, start, end, duration[row]];
        first.into_iter().chain(cells![start_date, end_date, start_clock, end_clock]).collect()
    };
    Ok((0..windows.len()).map(row).collect())
}

/// Energies of the first windows (cell 31), and the means of their samples that older versions print.
pub(super) fn inference_energies(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (windows, energies) = (Table::read(cx, "windows")?, Table::read(cx, "energies")?);
    let joule = energies.numbers("joule")?;
    let columns = WINDOW_COLUMNS.into_iter().chain(["empirical"]);
    let record = Record::table("inf.t08").columns(columns).unit("total_time", "s").unit("empirical", "J");
    let rows = window_rows(&windows)?.into_iter().zip(joule).take(HEAD);
    let record = rows.fold(record.excerpt_of(windows.len(), 11), |record, (mut row, joule)| {
        row.push(joule.into());
        record.plain_row(row)
    });
    cx.record(record)?;
    let columns = [("empirical", "joule"), ("mean_power", "mean_power"), ("power", "mean_energy")];
    cx.record(joules(copy(Record::table("old.t03"), &energies, &columns, HEAD)?))
}

/// Means of the first training windows, in an older version.
pub(super) fn training_energies(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let energies = Table::read(cx, "energies")?;
    let columns = [("mean_power", "mean_power"), ("power", "mean_energy")];
    cx.record(joules(copy(Record::table("old.t04"), &energies, &columns, HEAD)?))
}

fn joules(record: Record) -> Record {
    let record = record.unit("mean_power", "W").unit("power", "J");
    if record.columns.iter().any(|column| column == "empirical") { record.unit("empirical", "J") } else { record }
}

/// Energy of one inference of each network, for the comparison of all studies.
pub(super) fn energy_per_inference(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    /// Inferences in a window.
    const INFERENCES: f64 = 10_000.0;
    let joined = Table::read(cx, "joined")?;
    let (models, macs, joule) = (joined.texts("model")?, joined.numbers("macs")?, joined.numbers("joule")?);
    let record = Record::table("energy-per-inference").columns(["model", "macs", "energy"]);
    let rows = models.into_iter().zip(macs).zip(joule);
    let record =
        rows.fold(record, |record, ((model, macs), joule)| record.plain_row(cells![model, macs, joule / INFERENCES]));
    let log = match cx.status {
        Status::Simulated => "",
        Status::Published | Status::Reconstructed => {
            " The log of the power monitor was never released: it is reconstructed from the published energies."
        }
    };
    let note = format!(
        "Energy of a window of 10 000 inferences divided by their number, of the whole machine at the wall socket; its idle \
         power is not subtracted.{log} The operations are those of the model table."
    );
    cx.record(record.unit("macs", "MAC").unit("energy", "J").note(note))
}

/// The first run (2020-06-24): energies, and the same with the overhead of a data centre.
pub(super) fn first_run(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    /// Power usage effectiveness, stated.
    const OVERHEAD: f64 = 1.58;
    let energies = Table::read(cx, "energies")?;
    let models = energies.texts("model")?;
    let (joule, kwh, power) = (energies.numbers("joule")?, energies.numbers("kwh")?, energies.numbers("mean_energy")?);
    let columns = ["model", "power", "empirical", "kg CO2e/kWh"];
    let mut first = Record::table("old.t01").columns(columns).not_recomputable("empirical");
    first = first.unit("power", "J").unit("empirical", "J").unit("kg CO2e/kWh", "kg");
    let columns = ["model", "power", "power (kWh)", "datacenter_power", "kg CO2e/kWh"];
    let mut second = Record::table("old.t02").columns(columns);
    second =
        second.unit("power", "J").unit("power (kWh)", "kWh").unit("datacenter_power", "kWh").unit("kg CO2e/kWh", "kg");
    let [grams, _] = GRAMS_PER_KWH;
    for (row, model) in models.iter().enumerate() {
        first = first.plain_row(cells![model.as_str(), power[row], joule[row], grams * kwh[row] / 1000.0]);
        let centre = power[row] / 3.6e6 * OVERHEAD;
        second =
            second.plain_row(cells![model.as_str(), power[row], power[row] / 3.6e6, centre, grams * centre / 1000.0]);
    }
    cx.record(first)?;
    cx.record(second)
}

/// A version of a result file.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Results {
    id: &'static str,
    /// Which of [`GRAMS_PER_KWH`].
    factor: usize,
    /// Scores, or errors.
    scores: bool,
    /// Whether the energies are those that the log was reconstructed from.
    circular: bool,
}

/// The versions of the result file of a notebook: full precision, then rounded by hand.
pub(super) fn versions(notebook: Notebook) -> Vec<Results> {
    let version = |id, factor, scores, circular| Results { id, factor, scores, circular };
    match notebook {
        Notebook::Inference => vec![
            version("inf.t09", 1, true, false),
            version("inf.t10", 0, false, true),
            version("inf.t11", 0, false, false),
        ],
        Notebook::Training => vec![
            version("trn.t08", 1, true, false),
            version("trn.t09", 1, true, false),
            version("trn.t10", 0, false, true),
            version("trn.t11", 0, false, false),
        ],
    }
}

/// The ids of the records of [`results`].
pub(super) fn results_ids(notebook: Notebook) -> Vec<String> {
    let ids = versions(notebook).into_iter().map(|version| version.id.to_owned());
    match notebook {
        Notebook::Inference => ids.flat_map(|id| [id.clone(), format!("{id}.corrected")]).collect(),
        Notebook::Training => ids.collect(),
    }
}

/// The result files (cell 50 and 56). In that of inference the CO2 of row i is that of window i, though
/// windows without accuracy are left out: from the first of these on it is that of another model
/// (quirk `co2-index`).
pub(super) fn results(cx: &mut Cx<'_, '_>, notebook: &Notebook) -> Result<(), Problem> {
    let (joined, all) = (Table::read(cx, "joined")?, Table::read(cx, "energies")?.numbers("kwh")?);
    let own = joined.numbers("kwh")?;
    for version in versions(*notebook) {
        let grams = GRAMS_PER_KWH[version.factor];
        let accuracies = if version.scores { SCORES } else { ERRORS };
        let table = |id: String, energies: &[f64]| -> Result<Record, Problem> {
            let record = Record::table(id).columns([
                "model",
                "GFLOPS",
                "empirical",
                "kg CO2e",
                accuracies[0].0,
                accuracies[1].0,
            ]);
            let (models, gflops) = (joined.texts("model")?, joined.numbers("gflops")?);
            let (top1, top5) = (joined.numbers(accuracies[0].1)?, joined.numbers(accuracies[1].1)?);
            let row = |record: Record, row: usize| {
                let kilograms = energies.get(row).map(|kwh| grams * kwh / 1000.0);
                record.plain_row(cells![models[row].as_str(), gflops[row], own[row], kilograms, top1[row], top5[row]])
            };
            let record = (0..joined.len()).fold(record, row).unit("GFLOPS", "GFLOP").unit("empirical", "kWh");
            Ok(record.unit("kg CO2e", "kg").unit(accuracies[0].0, "%").unit(accuracies[1].0, "%"))
        };
        let inference = *notebook == Notebook::Inference;
        let mut record = table(version.id.to_owned(), if inference { &all } else { &own })?;
        if version.circular {
            record = record.not_recomputable("empirical").note("The log was reconstructed from these energies.");
        }
        if inference {
            record = record.quirk("co2-index").with_correction();
            cx.record(table(format!("{}.corrected", version.id), &own)?.quirk("co2-index"))?;
        }
        cx.record(record)?;
    }
    Ok(())
}

/// What the training notebook reckons from its regression without DenseNet (cells 37, 58, 63).
pub(super) fn predictions(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (joined, accurate) = (Table::read(cx, "joined")?, Table::read(cx, "accurate")?);
    let fit = cx.read_record("trn.r04")?;
    let parameter = |name: &str| fit.values.get(name).and_then(Cell::as_f64).unwrap_or(f64::NAN);
    let predict = |gflops: f64| parameter("intercept") + parameter("slope") * gflops;
    let mut record = Record::scalar("trn.s08");
    for model in ["googlenet", "wide_resnet50_2", "vgg13", "vgg19", "mnasnet1_0"] {
        record = record.value(model, predict(value_of(&accurate, model, "gflops")?)).unit(model, "kWh");
    }
    cx.record(record)?;
    // Read off the printed table.
    let printed = |model| Ok::<_, Problem>((value_of(&joined, model, "kwh")? * 1e6).round() / 1e6);
    let (small, large) = (printed("vgg11")?, printed("vgg19")?);
    cx.record(Record::scalar("trn.s10").value("value", (large - small) / small).quirk("typed-in"))?;
    // 2.87 GMAC from the literature, with the coefficients of trn.r04 typed in.
    cx.record(Record::scalar("trn.s12").value("energy", predict(2.87 * 2.0)).unit("energy", "kWh").quirk("typed-in"))
}

/// Carbon intensity of the United Kingdom: the mean over its regions, and the value that replaced it.
pub(super) fn carbon(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = Table::read(cx, "carbon")?.of("country", "United Kingdom")?;
    let mean = stats::mean(&table.numbers("impact")?).map_err(|error| table.problem(error.to_string()))?;
    let [public, edited] = GRAMS_PER_KWH;
    if mean != public {
        return Err(table.problem(format!("the mean is {mean} g/kWh")).expected(public.to_string()));
    }
    let record = Record::scalar("carbon.intensity").value("public", mean).value("edited", edited);
    cx.record(
        record.unit("public", "g/kWh").unit("edited", "g/kWh").note("The second value is as printed by the notebook."),
    )
}
