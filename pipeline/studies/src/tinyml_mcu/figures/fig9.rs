//! Figure 9: latency of a dense layer for each input length (In[23]).

use dag::Problem;
use plot::{About, Axis, Bars, Cartesian, Colour, Legend, Look, Marker, Points};

use super::{CLASSES, SIZE_NAMES, SIZES, broken, dense_layer, milliseconds};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Plain;
use crate::record::{Axis as RecordAxis, Record, Scale, Series};

/// Input lengths 460 to 490, coloured by class: the original colours each bar for itself.
pub(crate) fn draw(cx: &mut Cx<'_, '_>, keys: &Plain) -> Result<(), Problem> {
    let table = dense_layer(cx)?.of_numbers("size", |size| size > 459.0 && size < 491.0)?;
    let latencies = milliseconds(&table)?;
    let lengths: Vec<String> = table.numbers("size")?.iter().map(|length| format!("{length:.0}")).collect();
    let colour = |class: &String| SIZES.look(class).map(|look| look.colour).map_err(broken);
    let colours: Vec<Colour> = table.texts("class")?.iter().map(colour).collect::<Result<_, _>>()?;
    let greatest = latencies.iter().copied().fold(0.0, f64::max);
    let record = Record::figure("fig9.figure")
        .x_axis(RecordAxis::new("Layer Latency").unit("ms").range(0.0, 1.05 * greatest))
        .y_axis(RecordAxis::new("Input Length").scale(Scale::Categorical))
        .series(Series::bars("bars", lengths.clone(), latencies.clone()));
    let about = About {
        id: "fig9.figure",
        title: "Latency of a dense layer for each input length",
        alt: "Horizontal bars of the layer latency for input lengths 460 to 490, coloured by whether the length is divisible \
              by four, otherwise even, or odd.",
    };
    let plot = Cartesian::new(
        Axis::value("Layer latency", "ms").from_zero(),
        Axis::category("Input length", lengths).inverse(),
    );
    // The bars by themselves leave no entry in the legend.
    let names = SIZE_NAMES.into_iter().zip(CLASSES);
    let entries: Vec<Points> = names
        .map(|(name, class)| {
            Ok(Points::new(name, &[], &[], Look::new(SIZES.look(class).map_err(broken)?.colour, Marker::Square)))
        })
        .collect::<Result<_, Problem>>()?;
    let plot = plot.legend(Legend::above()).marks(entries);
    let plot = plot.mark(Bars::new("latency", &latencies, SIZES.look("odd").map_err(broken)?.colour).colours(&colours));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record)
}
