//! The layers of the 21 networks, and what the simulated board shall show of each.
//!
//! The shapes follow from the published architectures, at batch 1 and 224 x 224 x 3 (lenet 32 x 32 x 1). Which
//! of the 488 stride-1 1 x 1 convolutions TensorRT ran as products of matrices, and so counted as dense, is
//! not known: they are divided such that the published numbers of layers and every printed sum of the
//! convolutional table hold. Power and run time are NOT measured: sorted by model and by work, the layers
//! take the values of a curve through the printed quartiles that has the printed mean and deviation.

use dag::Problem;
use rawlog::delimited::{Delimited, DelimitedError};

use crate::edge_layers::kind::Kind;

const FILE: &str = "pipeline/studies/src/edge_layers/simulate/layer_inventory.csv";
const CSV: &str = include_str!("layer_inventory.csv");

/// The networks, in byte order of their names.
pub(in crate::edge_layers) const MODELS: [&str; 21] = [
    "alexnet",
    "convnext_base",
    "convnext_small",
    "convnext_tiny",
    "googlenet",
    "lenet",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "resnet101",
    "resnet152",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "resnext50_32x4d",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
];

/// A layer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::edge_layers) struct Layer {
    pub(in crate::edge_layers) model: String,
    pub(in crate::edge_layers) name: String,
    pub(in crate::edge_layers) kind: Kind,
    pub(in crate::edge_layers) batch: u64,
    /// Channels, height and width.
    pub(in crate::edge_layers) input: [u64; 3],
    pub(in crate::edge_layers) output: [u64; 3],
    /// Edge of the kernel, or of the window of a pooling.
    pub(in crate::edge_layers) kernel: u64,
    /// Padding on both sides together.
    pub(in crate::edge_layers) padding: u64,
    pub(in crate::edge_layers) stride: u64,
    pub(in crate::edge_layers) groups: u64,
    /// Whether its kind is one of those that had to be divided.
    pub(in crate::edge_layers) from_split: bool,
    /// Power without that of the idle board, in W.
    pub(in crate::edge_layers) power: f64,
    /// Run time in ms.
    pub(in crate::edge_layers) run_time: f64,
}

/// All layers: models in byte order, in each the layers in the order in which they run.
pub(in crate::edge_layers) fn layers() -> Result<Vec<Layer>, Problem> {
    read().map_err(|error| Problem::new(error.to_string()).in_file(FILE).at_line(error.line()))
}

/// The layers of a model.
pub(in crate::edge_layers) fn of_model(model: &str) -> Result<Vec<Layer>, Problem> {
    Ok(layers()?.into_iter().filter(|layer| layer.model == model).collect())
}

fn read() -> Result<Vec<Layer>, DelimitedError> {
    const HEADER: [&str; 19] = [
        "model",
        "index",
        "layer",
        "table",
        "trt_layer_type",
        "batch",
        "c_in",
        "h_in",
        "w_in",
        "c_out",
        "h_out",
        "w_out",
        "kernel",
        "pad_total",
        "stride",
        "groups",
        "from_split",
        "target_power_w",
        "target_runtime_ms",
    ];
    let file = Delimited::read(CSV.as_bytes(), &HEADER)?;
    let count = |name| file.counts(name);
    let shape = |c, h, w| -> Result<Vec<[u64; 3]>, DelimitedError> {
        let planes = count(h)?.into_iter().zip(count(w)?);
        Ok(count(c)?.into_iter().zip(planes).map(|(c, (h, w))| [c, h, w]).collect())
    };
    let kind = |(line, cell): (u64, &str)| {
        Kind::of(cell).ok_or_else(|| DelimitedError::Cell {
            line,
            column: "trt_layer_type".to_owned(),
            found: cell.to_owned(),
            expected: "CaskConvolution, CaskPooling or CaskGemmConvolution",
        })
    };
    let (inputs, outputs) = (shape("c_in", "h_in", "w_in")?, shape("c_out", "h_out", "w_out")?);
    let kinds = file.column("trt_layer_type")?.map(kind).collect::<Result<Vec<_>, _>>()?;
    let (models, names, batches) = (file.texts("model")?, file.texts("layer")?, count("batch")?);
    let (kernels, paddings, strides) = (count("kernel")?, count("pad_total")?, count("stride")?);
    let (groups, splits) = (count("groups")?, count("from_split")?);
    let (powers, run_times) = (file.non_negative("target_power_w")?, file.non_negative("target_runtime_ms")?);
    let texts = models.into_iter().zip(names).zip(kinds).zip(batches);
    let shapes = inputs.into_iter().zip(outputs);
    let windows = kernels.into_iter().zip(paddings).zip(strides).zip(groups).zip(splits);
    let targets = powers.into_iter().zip(run_times);
    let rows = texts.zip(shapes).zip(windows).zip(targets);
    Ok(rows
        .map(|(((texts, (input, output)), windows), (power, run_time))| {
            let (((model, name), kind), batch) = texts;
            let ((((kernel, padding), stride), groups), from_split) = windows;
            let from_split = from_split == 1;
            Layer {
                model,
                name,
                kind,
                batch,
                input,
                output,
                kernel,
                padding,
                stride,
                groups,
                from_split,
                power,
                run_time,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_networks_with_as_many_layers_as_were_published() {
        let layers = layers().unwrap();
        let mut models: Vec<&str> = layers.iter().map(|layer| layer.model.as_str()).collect();
        models.dedup();
        assert_eq!(models, MODELS);
        let of = |kind| layers.iter().filter(|layer| layer.kind == kind).count();
        assert_eq!(Kind::ALL.map(of), [585, 61, 398]);
        let split = layers.iter().filter(|layer| layer.from_split);
        assert_eq!(split.clone().count(), 488);
        assert_eq!(split.filter(|layer| layer.kind == Kind::Convolutional).count(), 121);
    }

    #[test]
    fn shapes_follow_from_kernel_padding_and_stride() {
        for layer in layers().unwrap() {
            let edge = |size: u64| (size + layer.padding - layer.kernel) / layer.stride + 1;
            assert_eq!(layer.output[1..], [edge(layer.input[1]), edge(layer.input[2])], "{layer:?}");
        }
    }
}
