//! What the analyses of the sweeps must find.

use super::{Class, Run, SETUP, Sweep, Swept};
use crate::regression::KnownLine;
use crate::truth::{Truth, Within};

/// Standard errors by which a mean may miss.
const TIMES: f64 = 4.0;

/// The truths of a file.
pub(super) fn of(sweep: &Sweep, runs: &[Run]) -> Vec<Truth> {
    let compiled: Vec<&Run> = runs.iter().filter(|run| !run.layers.is_empty()).collect();
    match sweep.name {
        "dense" => [dense_figures(&compiled), table4(&compiled, "tab4.dense", Swept::Dense, None)].concat(),
        "conv" => {
            let figure = latency_on_operations(&compiled, "fig5", Swept::Conv);
            let tables = [1, 3].map(|kernel| table4(&compiled, "tab4.conv", Swept::Conv, Some(kernel)));
            let mut truths = [figure, tables.concat(), conv_table(&compiled)].concat();
            truths.push(Truth::rows("fig5.frame", 10));
            truths
        }
        "depthwise-march" => {
            let mut truths = latency_on_operations(&compiled, "fig8", Swept::Depthwise);
            truths.push(Truth::rows("fig8.table", of_figure(&compiled).len()));
            truths
        }
        _ => [1, 3].map(|kernel| table4(&compiled, "tab4.dwconv", Swept::Depthwise, Some(kernel))).concat(),
    }
}

/// Figures 4 and 9: sizes of each class, and bars for 460 to 490.
fn dense_figures(runs: &[&Run]) -> Vec<Truth> {
    let sizes: Vec<u32> = runs.iter().filter(|run| run.cmsis_nn).map(|run| run.size).collect();
    let of_class = |class| sizes.iter().filter(|&&size| Class::of(size) == class).count();
    let mut truths: Vec<Truth> =
        Class::ALL.map(|class| Truth::points("fig4.figure", class.name(), of_class(class))).into();
    truths.push(Truth::points("fig9.figure", "bars", 31));
    truths
}

/// The runs that figures 5 and 8 show.
fn of_figure<'a>(runs: &[&'a Run]) -> Vec<&'a Run> {
    runs.iter().filter(|run| run.cmsis_nn && run.kernel == 3).copied().collect()
}

/// Table of figure 5: the sizes, and operations as the original counts them.
fn conv_table(runs: &[&Run]) -> Vec<Truth> {
    let shown = of_figure(runs);
    let mut truths = vec![Truth::rows("fig5.table", shown.len())];
    for (row, run) in shown.iter().enumerate() {
        truths.push(Truth::cell("fig5.table", row, "filters", f64::from(run.size), Within::Exactly));
        truths.push(Truth::cell("fig5.table", row, "layer_MACCs", counted(Swept::Conv, run), Within::Exactly));
    }
    truths
}

/// Operations as the original counts them: in convolutions with a bias for each input channel (quirk
/// `conv-macc`).
fn counted(swept: Swept, run: &Run) -> f64 {
    let area = f64::from(run.kernel * run.kernel);
    match swept {
        Swept::Conv => 1024.0 * 60.0 * f64::from(run.size) * (area + 1.0),
        Swept::Dense | Swept::Depthwise => swept.macs(run.size, run.kernel),
    }
}

/// Floating-point operations: as the original counts them, and in truth.
fn flops(swept: Swept, run: &Run) -> (f64, f64) {
    let (size, area) = (f64::from(run.size), f64::from(run.kernel * run.kernel));
    match swept {
        Swept::Conv => (61_440.0 * size * (2.0 * area + 1.0), 61_440.0 * (2.0 * area * size + 1.0)),
        Swept::Dense | Swept::Depthwise => {
            let flops = 576.0 * size * (2.0 * area + 1.0);
            (flops, flops)
        }
    }
}

/// Figures 5 and 8: the rate behind the pooled line, and the line of each class.
fn latency_on_operations(runs: &[&Run], figure: &str, swept: Swept) -> Vec<Truth> {
    let shown = of_figure(runs);
    let rate = 1e-6 * swept.rate(true);
    // Operations are `per_flop` of the true floating-point ones and `beside` more.
    let (per_flop, per_counted_flop, per_counted, beside) = match swept {
        Swept::Conv => (0.5, 9.0 / 19.0, 9.0 / 10.0, 30_720.0),
        Swept::Dense | Swept::Depthwise => (10.0 / 19.0, 10.0 / 19.0, 1.0, 0.0),
    };
    let n = |truths: &mut Vec<Truth>, record: &str| {
        truths.push(Truth::value(record, "n", shown.len() as f64, Within::Exactly));
    };
    let mut truths = Vec::new();
    let (printed, corrected) = (format!("{figure}.regression"), format!("{figure}.regression.corrected"));
    for (record, slope) in [(&printed, rate * per_counted_flop), (&corrected, rate * per_flop)] {
        // The scatter that the record tells is that between the classes, far above the noise.
        truths.push(Truth::value(record, "slope", slope, Within::standard_errors("stderr")));
        n(&mut truths, record);
    }
    // Pooled as well, and without a standard error: sizes and classes are not quite independent.
    truths.push(Truth::value(&corrected, "slope_per_macc", rate * per_counted, Within::Relative(0.05)));

    for (row, class) in Class::ALL.into_iter().enumerate() {
        let of_class: Vec<&&Run> = shown.iter().filter(|run| Class::of(run.size) == class).collect();
        let x: Vec<f64> = of_class.iter().map(|run| flops(swept, run).1).collect();
        let noise: Vec<f64> = of_class.iter().map(|run| 1e-6 * run.expected(swept).1).collect();
        let first = swept.rate(true) * swept.macs(swept.sizes().0, 3);
        let offset = 1e-6 * (SETUP + class.penalty(true) * first);
        let line = KnownLine { slope: rate * per_flop, intercept: offset + rate * beside, x: &x, noise: &noise };
        let (slope, intercept) = line.tolerances();
        let record = format!("{printed}.per_class");
        truths.push(Truth::cell(&record, row, "slope", line.slope, Within::Absolute(slope)));
        truths.push(Truth::cell(&record, row, "intercept", line.intercept, Within::Absolute(intercept)));
        truths.push(Truth::cell(&record, row, "n", x.len() as f64, Within::Exactly));
        for name in ["figure", "figure.corrected"] {
            truths.push(Truth::points(format!("{figure}.{name}"), class.name(), x.len()));
        }
    }
    truths
}

/// Times per operation in ns: what they should be, and the standard deviation of each.
type Times = Vec<(u32, f64, f64)>;

/// A block of table 4. The original takes all runs; the correct analysis the last of each size, on the
/// true operations.
fn table4(runs: &[&Run], id: &str, swept: Swept, kernel: Option<u32>) -> Vec<Truth> {
    let id = kernel.map_or_else(|| id.to_owned(), |kernel| format!("{id}.k{kernel}"));
    let runs: Vec<&Run> = runs.iter().filter(|run| kernel.is_none_or(|kernel| run.kernel == kernel)).copied().collect();
    // Layers 3 and 5 of the dense models are alike.
    let layers = if swept == Swept::Dense { 2 } else { 1 };
    let mut truths = Vec::new();
    for suffix in ["", ".corrected"] {
        let times = |cmsis_nn: bool| -> Times {
            let last = |place: usize, run: &Run| {
                let later = runs.iter().skip(place + 1);
                suffix.is_empty()
                    || !later.into_iter().any(|other| other.size == run.size && other.cmsis_nn == cmsis_nn)
            };
            let kept = runs.iter().enumerate().filter(|(place, run)| run.cmsis_nn == cmsis_nn && last(*place, run));
            let time = |(_, run): (usize, &&Run)| {
                let (expected, noise) = run.expected(swept);
                let macs = if suffix.is_empty() { counted(swept, run) } else { swept.macs(run.size, run.kernel) };
                (run.size, 1e3 * expected / macs, 1e3 * noise / macs)
            };
            kept.flat_map(|run| std::iter::repeat_n(time(run), layers)).collect()
        };
        let (reference, reference_error) = mean(&times(false), "all");
        for (kernels, cmsis_nn) in [("none", false), ("cmsis-nn", true)] {
            let times = times(cmsis_nn);
            let record = format!("{id}.{kernels}{suffix}");
            for (row, class) in ["all", "odd", "even", "modulo 4"].into_iter().enumerate() {
                let (time, error) = mean(&times, class);
                let factor = reference / time;
                let factor_error = factor * (reference_error / reference + error / time);
                truths.push(Truth::cell(&record, row, "MACCss_mean", time, Within::Absolute(error)));
                truths.push(Truth::cell(&record, row, "factor", factor, Within::Absolute(factor_error)));
                if !suffix.is_empty() {
                    let count = times.iter().filter(|(size, ..)| belongs(*size, class)).count();
                    truths.push(Truth::cell(&record, row, "n", count as f64, Within::Exactly));
                }
            }
        }
    }
    truths
}

/// As in the table of the original, "even" contains the multiples of four.
fn belongs(size: u32, class: &str) -> bool {
    match class {
        "odd" => size % 2 == 1,
        "even" => size.is_multiple_of(2),
        "modulo 4" => size.is_multiple_of(4),
        _ => true,
    }
}

/// The mean of a class, and how far a measured one may be from it.
fn mean(times: &Times, class: &str) -> (f64, f64) {
    let of_class: Vec<_> = times.iter().filter(|(size, ..)| belongs(*size, class)).collect();
    let n = of_class.len() as f64;
    let mean = of_class.iter().map(|(_, time, _)| time).sum::<f64>() / n;
    let variance: f64 = of_class.iter().map(|(.., noise)| noise * noise).sum();
    (mean, TIMES * variance.sqrt() / n)
}
