//! The ablation: least squares with each subset of the features of Conv2d
//! (ablation-analysis-conv2d-model.ipynb).

use dag::Problem;
use stats::{CentredProducts, MinMax, Standardiser};

use crate::cx::Cx;
use crate::module_energy::layers::layer_set;
use crate::module_energy::models::{self, ABLATION_SEED, Inputs, Layers};
use crate::module_energy::schema;
use crate::record::{Record, cells};
use crate::table::{Rows, Table};

/// The data set.
const SET: &str = "conv2d";

/// The sets that the notebook shows first.
const HEAD: usize = 5;

/// A set of features and its scores.
struct Subset {
    /// Places of its features.
    places: Vec<usize>,
    validation: f64,
    test: f64,
}

/// All subsets of `count` features but the empty one: by size, then in lexicographic order.
fn subsets(count: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut shorter: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let longer: Vec<Vec<usize>> = shorter
            .iter()
            .flat_map(|subset| {
                let next = subset.last().map_or(0, |last| last + 1);
                (next..count).map(|place| [subset.as_slice(), &[place]].concat())
            })
            .collect();
        all.extend(longer.iter().cloned());
        shorter = longer;
    }
    all
}

/// Fits all subsets. Sums of products of the standardised features are made once for each part of the
/// data; a fit and its scores need nothing else.
pub(in crate::module_energy) fn scores(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let layers = Layers::of(&Table::read(cx, "set")?, SET, Inputs::All)?;
    let split = models::split(&layers, ABLATION_SEED);
    let failed = |error: stats::Error| {
        let problem = Problem::new(format!("the ablation: {error}"));
        problem.expected("layers of which all settings differ").help("look at the data set that the clean step leaves")
    };
    let standardiser = Standardiser::of(&split.train.inputs).map_err(failed)?;
    let scale = MinMax::of(&split.train.energies).map_err(failed)?;
    let products = |part: &Layers| {
        CentredProducts::of(&standardiser.apply(&part.inputs), &scale.apply(&part.energies)).map_err(failed)
    };
    let (train, validation, test) = (products(&split.train)?, products(&split.validation)?, products(&split.test)?);
    let mut scored = Vec::new();
    for places in subsets(train.features()) {
        let model = train.least_squares(&places).map_err(failed)?;
        let (validation, test) = (validation.r2(&places, &model), test.r2(&places, &model));
        scored.push(Subset { places, validation, test });
    }

    let names = names();
    cx.record(Record::scalar("ablation.count").value("value", scored.len()))?;
    let mut head =
        Record::table("ablation.head").columns(["row", "feature_set", "val_score", "test_score", "with_MACs"]);
    for (row, subset) in scored.iter().enumerate().take(HEAD) {
        let with_macs = if has_macs(subset) { "True" } else { "False" };
        head = head.plain_row(cells![row, tuple(subset, &names), subset.validation, subset.test, with_macs]);
    }
    cx.record(head)?;
    record_extremes(cx, &scored, &names)?;

    let listed = |subset: &Subset| {
        subset.places.iter().filter_map(|&place| names.get(place).map(String::as_str)).collect::<Vec<_>>().join(", ")
    };
    Rows::new()
        .texts("set", scored.iter().map(listed).collect())
        .integers("features", scored.iter().map(|subset| subset.places.len() as i64).collect())
        .integers("with_macs", scored.iter().map(|subset| i64::from(has_macs(subset))).collect())
        .floats("validation", scored.iter().map(|subset| subset.validation).collect())
        .floats("test", scored.iter().map(|subset| subset.test).collect())
        .write(cx, "table", schema::ABLATION)
}

/// Names of the features, as the notebook has them.
fn names() -> Vec<String> {
    let parameters = layer_set(SET).map_or(&[][..], |set| set.parameters);
    let plain = parameters.iter().map(|&name| name.to_owned());
    plain.chain(parameters.iter().map(|name| format!("log_{name}"))).chain(["macs".to_owned()]).collect()
}

/// The operations are the last feature.
fn has_macs(subset: &Subset) -> bool {
    subset.places.contains(&(names_count() - 1))
}

fn names_count() -> usize {
    2 * layer_set(SET).map_or(0, |set| set.parameters.len()) + 1
}

/// The features of a set as Python writes a tuple.
fn tuple(subset: &Subset, names: &[String]) -> String {
    let quoted: Vec<String> =
        subset.places.iter().filter_map(|&place| Some(format!("'{}'", names.get(place)?))).collect();
    if quoted.len() == 1 { format!("({},)", quoted[0]) } else { format!("({})", quoted.join(", ")) }
}

/// The best and the worst sets. The original finds the best one by the score in the test, which then is no
/// test any more (quirk `best-in-test`); the corrected table chooses by the validation.
fn record_extremes(cx: &mut Cx<'_, '_>, scored: &[Subset], names: &[String]) -> Result<(), Problem> {
    let columns = ["which", "test R2", "feature set"];
    let mut extremes = Record::table("ablation.extremes").columns(columns);
    let mut chosen =
        Record::table("ablation.extremes.corrected").columns(["which", "validation R2", "test R2", "feature set"]);
    for (macs, words) in [(true, "with MACs"), (false, "without MACs")] {
        let of = || scored.iter().filter(move |subset| has_macs(subset) == macs);
        // Of equal ones the first, as in pandas.
        let best = |score: fn(&Subset) -> f64| {
            of().fold(None, |best: Option<&Subset>, subset| match best {
                Some(best) if score(best) >= score(subset) => Some(best),
                _ => Some(subset),
            })
        };
        let (most, least) = (best(|subset| subset.test), best(|subset| -subset.test));
        for (which, subset) in [("max score", most), ("min score", least)] {
            if let Some(subset) = subset {
                extremes = extremes.plain_row(cells![format!("{which} {words}"), subset.test, tuple(subset, names)]);
            }
        }
        if let Some(subset) = best(|subset| subset.validation) {
            let row = cells![format!("chosen {words}"), subset.validation, subset.test, tuple(subset, names)];
            chosen = chosen.plain_row(row);
        }
    }
    cx.record(extremes.quirk("best-in-test").with_correction())?;
    cx.record(
        chosen.quirk("best-in-test").note("The sets that are best in the validation, and their score in the test."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_come_by_size_then_in_order() {
        assert_eq!(subsets(3), [vec![0], vec![1], vec![2], vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1, 2]]);
        assert_eq!(subsets(15).len(), 32767);
    }

    #[test]
    fn sets_are_named_as_in_python() {
        let names = names();
        let subset = |places: &[usize]| Subset { places: places.to_vec(), validation: 0.0, test: 0.0 };
        assert_eq!(tuple(&subset(&[0]), &names), "('batch_size',)");
        assert_eq!(tuple(&subset(&[6, 13, 14]), &names), "('padding', 'log_padding', 'macs')");
        assert!(has_macs(&subset(&[6, 14])) && !has_macs(&subset(&[13])));
    }
}
