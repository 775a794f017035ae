//! The study `tinyml-mcu`: where the values stand that its file holds beside those of the entries.

use super::{Expectation, Place};

/// The parameters of a fitted line.
const LINE: [&str; 5] = ["slope", "intercept", "rvalue", "pvalue", "stderr"];

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `fig2.*.figure.corrected` | series `bars`: the latency that belongs to each label |
/// | `tab4.dense.none.corrected` | the aborted runs left out; a further column `n` |
/// | `tab4.conv.*.corrected` | one bias operation for each output element |
/// | `fig5.regression.corrected` | the line over the true number of operations; `slope_per_macc` |
/// | `fig8.regression.corrected` | `slope_per_macc`, over the plotted axis |
/// | `fig{5,8}.regression.per_class` | one line for each class: `slope`, `intercept`, `rvalue`, `n` |
/// | `fig6.normalized.figure.corrected` | axis labels without units |
/// | each regression | `log10_pvalue`, which does not underflow |
pub fn expectations() -> Vec<Expectation> {
    let value = |name: &str| Place::Value(name.to_owned());
    let cell = |row: &str, column: &str| Place::Cell { row: row.to_owned(), column: column.to_owned() };
    let mut all = Vec::new();

    for mcu in ["l4", "f4", "f7"] {
        for model in ["lenet", "resnet"] {
            let chart = format!("fig2.{mcu}.{model}");
            let record = format!("{chart}.figure.corrected");
            let at = Place::Bars("bars".to_owned());
            all.push(Expectation::new("fig2-labels", &["correct_ms", &chart], record, at));
        }
    }

    for (name, column) in [("n", "n"), ("mean_all", "MACCss_mean"), ("std_all", "MACss_std")] {
        let path = ["correct_last_run_only", name];
        let record = "tab4.dense.none.corrected";
        all.push(Expectation::new("dense-duplicates", &path, record, cell("all", column)));
    }

    for kernel in ["k1", "k3"] {
        for backend in ["none", "cmsis-nn"] {
            let name = format!("conv.{kernel}.{backend}");
            let record = format!("tab4.{name}.corrected");
            let path = ["correct_ns_per_macc_all", &name];
            all.push(Expectation::new("conv-macc", &path, record, cell("all", "MACCss_mean")));
        }
    }

    for name in LINE {
        let path = ["fig5_regression_true_flops", name];
        all.push(Expectation::new("conv-macc", &path, "fig5.regression.corrected", value(name)));
    }
    for figure in ["fig5", "fig8"] {
        let path = [&*format!("{figure}_slope_per_macc")];
        let record = format!("{figure}.regression.corrected");
        all.push(Expectation::new("flops-vs-maccs", &path, record, value("slope_per_macc")));
    }
    for (figure, key) in [("fig5", "fig5.true_flops"), ("fig8", "fig8.flops")] {
        for class in ["modulo 4", "odd", "even"] {
            for column in ["slope", "intercept", "rvalue", "n"] {
                let path = ["per_class", &format!("{key}.{class}"), column];
                let record = format!("{figure}.regression.per_class");
                all.push(Expectation::new("pooled-classes", &path, record, cell(class, column)));
            }
        }
    }

    let record = "fig6.normalized.figure.corrected";
    all.push(Expectation::new("wrong-axis-units", &["correct_labels"], record, Place::AxisLabels));

    for id in ["fig5", "fig6.f7", "fig6.f4", "fig6.l4", "fig6.normalized", "fig7.f7", "fig7.f4", "fig7.l4"]
        .into_iter()
        .chain(["fig7.relative", "fig8"])
    {
        let record = format!("{id}.regression");
        all.push(Expectation::new(&record, &["log10_pvalue_computed"], record.as_str(), value("log10_pvalue")));
    }
    all
}
