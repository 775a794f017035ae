//! Features of layers from the description of an engine (step 4 of the original).

use std::collections::BTreeMap;

use dag::Problem;

use super::kind::Kind;
use super::schema::{self, SHAPES};
use crate::cx::Cx;
use crate::table::Table;

/// The layers of an engine.
pub(super) struct Layers {
    pub(super) names: Vec<String>,
    /// `LayerType` of each.
    pub(super) types: Vec<String>,
    /// What the network asked for.
    pub(super) parameter_types: Vec<String>,
    /// The other columns by name; missing values are NaN.
    columns: BTreeMap<&'static str, Vec<f64>>,
    places: BTreeMap<String, usize>,
    table: Table,
}

impl Layers {
    /// Reads the table behind a role.
    pub(super) fn read(cx: &Cx<'_, '_>, role: &str) -> Result<Self, Problem> {
        let table = Table::read(cx, role)?;
        let names = table.texts("layer")?;
        let columns = schema::LAYERS.iter().skip(3).map(|column| Ok((column.name, table.floats(column.name)?)));
        Ok(Self {
            types: table.texts("layer_type")?,
            parameter_types: table.texts("parameter_type")?,
            columns: columns.collect::<Result<_, Problem>>()?,
            places: names.iter().cloned().zip(0..).collect(),
            names,
            table,
        })
    }

    /// Where the layer of that name stands.
    pub(super) fn place(&self, name: &str) -> Result<usize, Problem> {
        self.places.get(name).copied().ok_or_else(|| {
            let problem = self.table.problem(format!("there is no layer `{name}`"));
            problem.expected("a layer of that name, as the profile has one")
        })
    }

    /// The kind of a layer.
    pub(super) fn kind(&self, place: usize) -> Option<Kind> {
        self.types.get(place).and_then(|layer_type| Kind::of(layer_type))
    }

    /// The places of the layers of a kind.
    pub(super) fn of(&self, kind: Kind) -> Vec<usize> {
        (0..self.names.len()).filter(|place| self.kind(*place) == Some(kind)).collect()
    }

    /// A number of a layer; NaN if it has none.
    pub(super) fn number(&self, column: &str, place: usize) -> f64 {
        self.columns.get(column).and_then(|values| values.get(place)).copied().unwrap_or(f64::NAN)
    }

    /// The features of a layer, by the columns of the table of its kind.
    ///
    /// For poolings the original asks for `Kernel`, which the engine calls `WindowSize`, finds none and
    /// takes the input plane in its place (quirk `pooling-kernel`).
    pub(super) fn features(&self, kind: Kind, place: usize) -> Result<Vec<f64>, Problem> {
        kind.features().iter().map(|feature| self.feature(kind, feature, place)).collect()
    }

    fn feature(&self, kind: Kind, feature: &str, place: usize) -> Result<f64, Problem> {
        let number = |column: &str| self.number(column, place);
        let [inputs, outputs] = SHAPES;
        let size = |shape: [&str; 4]| shape.into_iter().map(number).filter(|size| !size.is_nan()).product::<f64>();
        let value = match (kind, feature) {
            (_, "batch_size") => number("n_in"),
            (_, "input_size_0") => number("c_in"),
            (_, "input_size_1") | (Kind::Pooling, "kernel_0") => number("h_in"),
            (_, "input_size_2") | (Kind::Pooling, "kernel_1") => number("w_in"),
            (_, "output_size_0") => number("c_out"),
            (_, "output_size_1") => number("h_out"),
            (_, "output_size_2") => number("w_out"),
            (_, "input_size") => size(inputs),
            (_, "output_size") => size(outputs),
            (_, column) => number(column),
        };
        if value.is_nan() {
            let name = self.names.get(place).map_or("", String::as_str);
            let problem = self.table.problem(format!("layer `{name}` has no {feature}"));
            return Err(problem.expected(format!("a {} layer with all of {:?}", kind.table(), kind.features())));
        }
        Ok(value)
    }

    /// Multiply-accumulate operations of one run: for each number of the output of a convolution or fully
    /// connected layer as many as its kernel has weights for it; none for poolings.
    pub(super) fn macs(&self, kind: Kind, place: usize) -> f64 {
        if kind == Kind::Pooling {
            return 0.0;
        }
        // A fully connected layer is a convolution of 1 x 1 on a plane of 1 x 1, also if it tells neither.
        let number = |column: &str| Some(self.number(column, place)).filter(|number| !number.is_nan()).unwrap_or(1.0);
        let kernel = number("kernel_0") * number("kernel_1") * number("c_in") / number("groups");
        SHAPES[1].into_iter().map(number).product::<f64>() * kernel
    }
}
