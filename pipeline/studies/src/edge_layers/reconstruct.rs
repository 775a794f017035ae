//! The layers of the 21 networks, in place of the tables that were never released.
//!
//! Shapes follow from the published architectures. Of the 1 x 1 convolutions of stride 1 it is not known
//! which counted as convolutional and which as dense; their division is solved from the published sums.
//! So the numbers of layers and the shapes are reconstructed, and are no measurement; see
//! [`super::simulate::inventory`].

use dag::Problem;

use super::schema;
use super::simulate::inventory::{self, Layer};
use crate::cx::Cx;
use crate::table::Rows;

/// Writes the layers without power and run time, which are simulated.
pub(super) fn inventory(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let layers = inventory::layers()?;
    let texts = |of: fn(&Layer) -> &str| layers.iter().map(|layer| of(layer).to_owned()).collect();
    let counts = |of: fn(&Layer) -> u64| layers.iter().map(|layer| of(layer) as f64).collect();
    Rows::new()
        .texts("model", texts(|layer| &layer.model))
        .texts("layer", texts(|layer| &layer.name))
        .texts("kind", texts(|layer| layer.kind.table()))
        .floats("split", counts(|layer| u64::from(layer.from_split)))
        .floats("n_in", counts(|layer| layer.batch))
        .floats("c_in", counts(|layer| layer.input[0]))
        .floats("h_in", counts(|layer| layer.input[1]))
        .floats("w_in", counts(|layer| layer.input[2]))
        .floats("c_out", counts(|layer| layer.output[0]))
        .floats("h_out", counts(|layer| layer.output[1]))
        .floats("w_out", counts(|layer| layer.output[2]))
        .floats("kernel", counts(|layer| layer.kernel))
        .floats("padding", counts(|layer| layer.padding))
        .floats("stride", counts(|layer| layer.stride))
        .floats("groups", counts(|layer| layer.groups))
        .write(cx, "table", schema::INVENTORY)
}
