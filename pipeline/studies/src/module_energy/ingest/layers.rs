//! Read the tracker's files of single layers.

use dag::Problem;
use rawlog::tracker::Run;

use super::{Part, Tracked, counts, label, place, texts, tracked, wrong_project};
use crate::cx::Cx;
use crate::module_energy::layers::{LayerSet, layer_set};
use crate::module_energy::schema::{self, ARCHITECTURES};
use crate::table::Rows;

/// A tracker's file of single layers and the part of a job log that is about it: one row for each run.
/// Parameters: the data set, and whether its layers are those of networks.
pub(in crate::module_energy) fn runs(
    cx: &mut Cx<'_, '_>,
    (name, of_networks): &(&'static str, bool),
) -> Result<(), Problem> {
    let set = layer_set(name).ok_or_else(|| Problem::new(format!("there is no data set {name}")))?;
    let path = cx.input_path("tracker")?;
    let schema = schema::layer_runs(set.parameters, *of_networks);
    Tracked::read(cx, name)?.write(cx, &schema, |part| rows(part, set, *of_networks, path))
}

fn rows(part: &Part<'_>, set: &LayerSet, of_networks: bool, path: &str) -> Result<Rows, Problem> {
    let runs = part.runs;
    for run in runs {
        let found = &run.project.module;
        if found != set.module {
            return Err(wrong_project(run, path, format!("a layer of the kind {found:?}"), set.module.to_owned()));
        }
    }
    let mut rows = tracked(part)
        .texts("module", texts(runs, |run| run.project.module.clone()))
        .integers("rep_no", counts(runs, |run| run.project.repetition))
        .integers("macs", counts(runs, |run| run.project.macs));
    for parameter in set.parameters {
        rows = rows.integers(parameter, settings(runs, parameter, path)?);
    }
    if of_networks {
        let (mut networks, mut layers) = (Vec::new(), Vec::new());
        for run in runs {
            let network = label(run, "architecture", path)?;
            if !ARCHITECTURES.contains(&network) {
                let expected = format!("one of {}", ARCHITECTURES.join(", "));
                return Err(wrong_project(run, path, format!("the unknown network {network:?}"), expected));
            }
            networks.push(network.to_owned());
            layers.push(place(run, path)?);
        }
        rows = rows.texts("architecture", networks).integers("layer_idx", layers);
    }
    Ok(rows.integers("forward_passes", counts(runs, |run| run.project.forward_passes)))
}

/// A setting of each run.
fn settings(runs: &[Run], name: &str, path: &str) -> Result<Vec<i64>, Problem> {
    let of = |run: &Run| {
        let setting = if name == "batch_size" { Some(run.project.batch_size) } else { run.project.setting(name) };
        let wrong = || wrong_project(run, path, format!("no `{name}`"), format!("a part `{name}:`"));
        setting.map(super::signed).ok_or_else(wrong)
    };
    runs.iter().map(of).collect()
}
