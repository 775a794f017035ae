//! One figure for each primitive and for what is hard about it, in the sizes and shapes of the
//! studies. The numbers are made up.

use plot::{
    About, Axis, Band, Bars, BoxStats, Boxes, Cartesian, Corner, Dash, DataTable, Figure, Format, Heat, Legend, Line,
    Look, Marker, Points, Registry, Result, Scale, Size, Step, style::CATEGORICAL,
};

const PLATFORMS: Registry = Registry(&[
    ("L4", Look::new(CATEGORICAL[0], Marker::Square)),
    ("F4", Look::new(CATEGORICAL[1], Marker::Circle)),
    ("F7", Look::new(CATEGORICAL[2], Marker::Cross)),
]);
const SINGLE: Size = Size::pt(288.0, 216.0);
const WIDE: Size = Size::pt(420.0, 250.0);

pub fn all() -> Result<Vec<Figure>> {
    Ok(vec![
        bars_with_a_gap()?,
        many_bars()?,
        pareto()?,
        classes()?,
        joined_with_top_axis()?,
        fits_with_bands()?,
        dense_scatter()?,
        grouped_bars_lying()?,
        grouped_bars_standing()?,
        bars_below_zero()?,
        box_plot()?,
        grouped_boxes()?,
        correlations()?,
        sequential_heat()?,
        labelled_scatter()?,
        labelled_and_coloured()?,
        crowded_labels()?,
        logarithmic_lines()?,
        two_vertical_axes()?,
        steps()?,
        panels()?,
        any_chart()?,
    ])
}

fn about<'a>(id: &'a str, title: &'a str) -> About<'a> {
    About { id, title, alt: title }
}

/// Numbers between 0 and 1 that look random: multiples of the golden ratio.
fn spread(index: usize, seed: usize) -> f64 {
    ((index * 7 + seed * 131 + 1) as f64 * 0.618_033_988_749_894_9 + (index * index) as f64 * 0.414_213_562).fract()
}

fn bars_with_a_gap() -> Result<Figure> {
    let names = ["Unoptimized (U)", "U + FPU", "Quantized (Q)", "Q + CMSIS-NN"];
    Cartesian::new(
        Axis::value("Inference latency", "ms").range(0.0, 12695.0),
        Axis::category("Model type", names).inverse(),
    )
    .mark(
        Bars::new("latency", &[f64::NAN, 12090.5039, 2223.33387, f64::NAN], CATEGORICAL[0])
            .colours(&CATEGORICAL[..4])
            .labels(Format::Fixed(0)),
    )
    .figure(about("bars.gap", "Bars with missing values"), Size::pt(256.0, 144.0))
}

fn many_bars() -> Result<Figure> {
    let lengths: Vec<String> = (460..=490).map(|length| length.to_string()).collect();
    let values: Vec<f64> = (460..=490)
        .map(|length| match length % 4 {
            0 => 8.9 + 0.01 * f64::from(length - 460),
            2 => 10.4 + 0.01 * f64::from(length - 460),
            _ => 11.2 + 0.012 * f64::from(length - 460),
        })
        .collect();
    let colours: Vec<_> = (460..=490).map(|length| CATEGORICAL[[0, 1, 2, 1][length % 4]]).collect();
    Cartesian::new(Axis::value("Layer latency", "ms"), Axis::category("Input length", lengths).inverse())
        .mark(Bars::new("latency", &values, CATEGORICAL[0]).colours(&colours))
        .figure(about("bars.many", "Many bars"), Size::pt(191.5, 273.6))
}

fn pareto() -> Result<Figure> {
    let mut axes = Cartesian::new(
        Axis::value("Inference latency", "ms").range(-131.58368, 12621.395),
        Axis::value("Inference energy consumption", "mJ").range(38.923267, 1342.9741),
    )
    .boxed();
    let data: [(&str, &[f64], &[f64]); 3] = [
        ("L4", &[2209.2, 12041.7], &[98.2, 550.7]),
        ("F4", &[6131.2, 6131.2, 983.2, 6486.3], &[1244.4, 1283.7, 224.0, 1279.3]),
        ("F7", &[1607.8, 1607.2, 1114.0, 448.1], &[633.7, 638.2, 584.3, 193.3]),
    ];
    for (name, x, y) in data {
        axes = axes.mark(Points::new(name, x, y, PLATFORMS.look(name)?).size(7.0));
    }
    axes.mark(Line::new("Pareto front", &[448.1, 2209.2, 2209.2], &[193.3, 193.3, 98.2], CATEGORICAL[3]).width(2.0))
        .legend(Legend::inside(Corner::UpperRight).title("MCU"))
        .figure(about("pareto", "Energy against latency with the Pareto front"), SINGLE)
}

fn classes() -> Result<Figure> {
    let class = |remainders: &'static [usize]| {
        let lengths = (447..=479).filter(move |length| remainders.contains(&(length % 4)));
        lengths.map(|length| (450 * (length + 1)) as f64).collect::<Vec<f64>>()
    };
    let mut axes = Cartesian::new(
        Axis::value("MACC operations per layer", "#").range(201_500.0, 216_300.0).format(Format::Thousands),
        Axis::value("Layer latency", "ms").range(8.5, 12.5).ticks_every(0.5),
    );
    for (name, remainders, base, marker, colour) in [
        ("Divisible by 4", &[0][..], 8.7, Marker::Circle, 0),
        ("Odd", &[1, 3][..], 11.2, Marker::Cross, 1),
        ("Even", &[2][..], 10.2, Marker::Square, 2),
    ] {
        let x = class(remainders);
        let y: Vec<f64> = x.iter().map(|x| base + (x - 201_500.0) / 14_800.0 * 0.5).collect();
        axes = axes.mark(Points::new(name, &x, &y, Look::new(CATEGORICAL[colour], marker)));
    }
    axes.legend(Legend::inside(Corner::UpperLeft).title("Input length"))
        .figure(about("classes", "Three classes of points"), SINGLE)
}

fn joined_with_top_axis() -> Result<Figure> {
    let mut axes = Cartesian::new(
        Axis::value("MACC operations per layer", "#").range(61_440_000.0, 73_728_000.0).format(Format::Millions),
        Axis::value("Layer latency", "s").range(2.1646498, 2.8783878),
    )
    .top_axis(Axis::value("Number of input channels", "").range(100.0, 120.0).ticks_every(2.0))
    .boxed();
    for (name, first, step, base, marker, colour) in [
        ("Divisible by 4", 100, 4, 2.197, Marker::Circle, 0),
        ("Odd", 101, 2, 2.426, Marker::Cross, 1),
        ("Even", 102, 4, 2.29, Marker::Square, 2),
    ] {
        let channels: Vec<f64> = (first..=120).step_by(step).map(f64::from).collect();
        let x: Vec<f64> = channels.iter().map(|c| c * 614_400.0).collect();
        let y: Vec<f64> = channels.iter().map(|c| base + (c - f64::from(first)) * 0.0217).collect();
        axes = axes.mark(Points::new(name, &x, &y, Look::new(CATEGORICAL[colour], marker)).joined(0.3));
    }
    axes.legend(Legend::inside(Corner::LowerRight).title("No. of input channels"))
        .figure(about("joined", "Joined points with a second axis on top"), SINGLE)
}

fn fits_with_bands() -> Result<Figure> {
    let mut axes = Cartesian::new(
        Axis::value("Inference latency", "s").range(0.008, 12.041714),
        Axis::value("Inference energy consumption", "mJ").range(-72.5, 1432.9),
    );
    for (name, last, slope) in [("L4", 12.04, 45.7), ("F4", 6.49, 203.0), ("F7", 1.608, 415.0)] {
        let look = PLATFORMS.look(name)?;
        let x: Vec<f64> = (0..8).map(|i| last * spread(i, name.len() + last as usize).powi(2)).chain([last]).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| slope * x * (0.92 + 0.16 * spread(i, 5))).collect();
        let grid: Vec<f64> = (0..100).map(|i| last * f64::from(i) / 99.0).collect();
        let bound = |sign: f64| -> Vec<f64> {
            grid.iter().map(|x| slope * x + sign * (12.0 + (x - last / 3.0).abs() * slope * 0.11)).collect()
        };
        axes = axes
            .mark(Points::new(name, &x, &y, look).opacity(0.8))
            .mark(Line::between(name, (0.0, 0.0), (last, slope * last), look.colour).width(1.0))
            .mark(Band::new(name, &grid, &bound(-1.0), &bound(1.0), look.colour));
    }
    axes.legend(Legend::inside(Corner::UpperRight).title("MCU"))
        .figure(about("fits", "Fits with confidence bands"), SINGLE)
}

fn dense_scatter() -> Result<Figure> {
    let mut axes = Cartesian::new(
        Axis::value("Layer latency, share of the inference", "").range(0.0, 0.498),
        Axis::value("Layer energy, share of the inference", "").range(-0.0267, 0.539),
    );
    for (seed, name) in PLATFORMS.names().enumerate() {
        let look = PLATFORMS.look(name)?;
        let x: Vec<f64> = (0..154).map(|i| 0.498 * spread(i, seed).powi(4)).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| x + 0.01 * (spread(i, seed + 3) - 0.5)).collect();
        axes = axes.mark(Points::new(name, &x, &y, look).opacity(0.8).size(4.8)).mark(Line::between(
            name,
            (0.0, 0.0),
            (0.498, 0.498),
            look.colour,
        ));
    }
    axes.legend(Legend::inside(Corner::UpperLeft).title("MCU")).figure(about("dense", "A dense scatter"), WIDE)
}

const MODULES: [&str; 5] = ["AdaptiveAvgPool2d", "Conv2d", "Linear", "MaxPool2d", "ReLU"];
const SHARES: [(&str, [f64; 5]); 4] = [
    ("vgg16", [0.06, 90.90, 0.86, 7.15, 1.03]),
    ("alexnet", [0.47, 76.68, 10.70, 11.49, 0.66]),
    ("vgg11", [0.11, 83.06, 2.43, 13.36, 1.04]),
    ("vgg13", [0.07, 88.42, 1.18, 9.14, 1.19]),
];

fn grouped(axes: Cartesian) -> Cartesian {
    SHARES.into_iter().enumerate().fold(axes, |axes, (index, (name, values))| {
        let lower = values.map(|v| v * 0.96);
        let upper = values.map(|v| v * 1.03 + 0.3);
        axes.mark(Bars::new(name, &values, CATEGORICAL[index]).whiskers(&lower, &upper).labels(Format::Fixed(2)))
    })
}

fn grouped_bars_lying() -> Result<Figure> {
    grouped(Cartesian::new(
        Axis::value("Share of the energy of the architecture", "%"),
        Axis::category("Module", MODULES).inverse(),
    ))
    .legend(Legend::above())
    .figure(about("grouped.lying", "Grouped horizontal bars with whiskers"), Size::pt(420.0, 300.0))
}

fn grouped_bars_standing() -> Result<Figure> {
    grouped(Cartesian::new(
        Axis::category("Module", MODULES),
        Axis::value("Share of the energy of the architecture", "%"),
    ))
    .legend(Legend::inside(Corner::UpperRight).title("Architecture"))
    .figure(about("grouped.standing", "Grouped vertical bars with whiskers"), WIDE)
}

fn bars_below_zero() -> Result<Figure> {
    Cartesian::new(Axis::category("Network", ["alexnet", "vgg11", "vgg13", "vgg16"]), Axis::value("Deviation", "%"))
        .mark(
            Bars::new("estimate", &[-35.2, 12.5, f64::NAN, -3.1], CATEGORICAL[0])
                .whiskers(&[-41.0, 8.0, f64::NAN, -7.0], &[-30.0, 17.0, f64::NAN, 0.5])
                .labels(Format::Fixed(1)),
        )
        .mark(Bars::new("corrected", &[-12.0, 4.1, 8.8, 1.2], CATEGORICAL[1]).labels(Format::Fixed(1)))
        .legend(Legend::above())
        .figure(about("bars.negative", "Bars on both sides of zero"), SINGLE)
}

fn stats(base: f64, index: usize) -> BoxStats {
    let width = base * (0.1 + 0.2 * spread(index, 1));
    BoxStats {
        lower_whisker: base - 1.5 * width,
        lower_quartile: base - 0.6 * width,
        median: base,
        upper_quartile: base + 0.8 * width,
        upper_whisker: base + 1.9 * width,
    }
}

fn box_plot() -> Result<Figure> {
    let layers: Vec<String> = (0..24).map(|i| format!("features.{}.conv.{}", i / 3, i % 3)).collect();
    let boxes: Vec<BoxStats> = (0..24).map(|i| stats(0.05 + 0.2 * spread(i, 9), i)).collect();
    let outliers: Vec<(usize, f64)> = (0..24).step_by(3).map(|i| (i, 0.32 + 0.02 * spread(i, 4))).collect();
    Cartesian::new(Axis::category("Layer", layers), Axis::value("Latency", "ms").from_zero())
        .mark(Boxes::new("latency", &boxes, CATEGORICAL[0]).outliers(&outliers))
        .figure(about("boxes", "Box plot with outliers"), WIDE)
}

fn grouped_boxes() -> Result<Figure> {
    let boxes = |seed: usize| -> Vec<BoxStats> { (0..3).map(|i| stats(5.0 + 4.0 * spread(i, seed), i)).collect() };
    Cartesian::new(Axis::value("Power", "W"), Axis::category("", ["convolutional", "pooling", "dense"]).inverse())
        .mark(Boxes::new("measured", &boxes(1), CATEGORICAL[0]).outliers(&[(0, 14.0), (2, 15.5)]))
        .mark(Boxes::new("simulated", &boxes(2), CATEGORICAL[1]).outliers(&[(1, 1.0)]))
        .legend(Legend::above().title("Campaign"))
        .figure(about("boxes.grouped", "Grouped box plot"), SINGLE)
}

fn correlations() -> Result<Figure> {
    let names = ["nvidia power", "memory (GPU)", "intel power", "memory", "sm", "latency", "input size"];
    let rows: Vec<Vec<f64>> = (0..7)
        .map(|i| (0..7).map(|j| if i == j { 1.0 } else { 2.0 * spread(i.min(j) * 7 + i.max(j), 2) - 1.0 }).collect())
        .collect();
    Cartesian::new(Axis::category("", names), Axis::category("", names).inverse())
        .mark(Heat::new("Spearman correlation", "", &rows).scale(Scale::Diverging, -1.0, 1.0).labels(Format::Fixed(2)))
        .figure(about("heat.diverging", "Table of correlations"), Size::pt(330.0, 270.0))
}

fn sequential_heat() -> Result<Figure> {
    let rows: Vec<Vec<f64>> = (0..6)
        .map(|i| (0..10).map(|j| if i == 2 && j == 3 { f64::NAN } else { 1200.0 * spread(i * 10 + j, 8) }).collect())
        .collect();
    Cartesian::new(
        Axis::category("Batch size", (0..10).map(|i| (1 << i).to_string())),
        Axis::category("Network", ["alexnet", "vgg11", "vgg13", "vgg16", "resnet18", "resnet50"]),
    )
    .mark(Heat::new("Energy", "J", &rows).labels(Format::Fixed(0)))
    .figure(about("heat.sequential", "Heat map with a missing cell"), Size::pt(360.0, 200.0))
}

const NETWORKS: [&str; 29] = [
    "alexnet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "squeezenet1_0",
    "squeezenet1_1",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "inception_v3",
    "googlenet",
    "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0",
    "mobilenet_v2",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "mnasnet0_5",
    "mnasnet1_0",
];
const GFLOPS: [f64; 29] = [
    1.43, 15.26, 22.68, 31.03, 39.37, 15.29, 22.72, 31.08, 39.45, 3.64, 7.36, 8.26, 15.74, 23.21, 1.64, 0.7, 5.79,
    15.62, 6.84, 8.74, 11.5, 3.02, 0.08, 0.3, 0.64, 8.56, 33.04, 0.22, 0.66,
];
const ERRORS: [f64; 29] = [
    20.9, 11.4, 10.8, 9.6, 9.1, 10.2, 9.6, 8.5, 8.2, 10.9, 8.6, 7.1, 6.4, 5.9, 19.6, 19.4, 7.8, 6.2, 7.0, 6.4, 6.5,
    10.5, 18.2, 11.7, 9.7, 6.3, 5.5, 12.4, 8.5,
];

fn labelled_scatter() -> Result<Figure> {
    Cartesian::new(Axis::value("GFLOPs", ""), Axis::value("Top-5 error", "%"))
        .mark(Points::new("networks", &GFLOPS, &ERRORS, Look::nth(0)).labels(NETWORKS))
        .figure(about("labels", "Labelled networks"), Size::pt(420.0, 270.0))
}

fn labelled_and_coloured() -> Result<Figure> {
    let energy: Vec<f64> = GFLOPS.iter().enumerate().map(|(i, g)| 0.009 + 0.0006 * g + 0.004 * spread(i, 6)).collect();
    let score: Vec<f64> = ERRORS.iter().map(|error| 100.0 - error).collect();
    Cartesian::new(Axis::value("GFLOPs", ""), Axis::value("Energy consumption", "kWh"))
        .mark(Points::new("networks", &GFLOPS, &energy, Look::nth(0)).labels(NETWORKS).coloured_by(
            "Top-5 score",
            "%",
            &score,
        ))
        .mark(Line::between("fit", (0.0, 0.0105), (40.0, 0.0355), CATEGORICAL[1]).dash(Dash::Dashed))
        .legend(Legend::inside(Corner::LowerRight))
        .figure(about("labels.coloured", "Labelled and coloured networks with a fit"), Size::pt(420.0, 290.0))
        .map(|figure| figure.status_banner("RECONSTRUCTED from published energies"))
}

fn crowded_labels() -> Result<Figure> {
    let x: Vec<f64> =
        (0..35).map(|i| 10.0 + 8.0 * spread(i, 2) + if i % 3 == 0 { 20.0 * spread(i, 3) } else { 0.0 }).collect();
    let y: Vec<f64> = (0..35).map(|i| 5.0 + 3.0 * spread(i, 4)).collect();
    Cartesian::new(Axis::value("Parameters", "10⁶"), Axis::value("Energy", "kWh"))
        .mark(Points::new("models", &x, &y, Look::nth(0)).labels((0..35).map(|i| format!("model_{i}_v2"))))
        .figure(about("labels.crowded", "Thirty-five labels in a crowd"), Size::pt(420.0, 270.0))
}

fn logarithmic_lines() -> Result<Figure> {
    let x: Vec<f64> = (0..=20).map(|i| 10_f64.powf(f64::from(i) * 0.25)).collect();
    let axes = Cartesian::new(Axis::log("Parameters", "").range(1.0, 1e5), Axis::log("Latency", "µs"))
        .top_axis(Axis::log("Model size", "byte").range(4.0, 4e5));
    let lines = [
        ("linear", 1.0, 1.0, Dash::Solid),
        ("sub-linear", 2.0, 0.7, Dash::Dashed),
        ("super-linear", 0.5, 1.2, Dash::Dotted),
    ];
    lines
        .into_iter()
        .enumerate()
        .fold(axes, |axes, (i, (name, factor, power, dash))| {
            let y: Vec<f64> = x.iter().map(|x| factor * x.powf(power)).collect();
            axes.mark(Line::new(name, &x, &y, CATEGORICAL[i]).dash(dash))
        })
        .legend(Legend::above())
        .figure(about("log", "Lines on logarithmic axes"), SINGLE)
}

fn two_vertical_axes() -> Result<Figure> {
    let sizes: Vec<f64> = (1..=18).map(|i| f64::from(i) * 112.0).collect();
    let gpu: Vec<f64> = sizes.iter().map(|s| 0.15 + (s / 1500.0).powi(2)).collect();
    let latency: Vec<f64> = sizes.iter().map(|s| 0.0006 + 0.006 * (s / 1900.0).powi(2)).collect();
    Cartesian::new(Axis::value("Input size", "px").from_zero(), Axis::value("Energy per inference", "J").from_zero())
        .right_axis(Axis::value("Median latency", "ms").from_zero())
        .mark(Points::new("energy (left)", &sizes, &gpu, Look::nth(0)).joined(0.75))
        .mark(
            Points::new("latency (right)", &sizes, &latency.iter().map(|l| l * 1e3).collect::<Vec<_>>(), Look::nth(1))
                .joined(0.75)
                .on_right(),
        )
        .legend(Legend::inside(Corner::UpperLeft))
        .figure(about("two.axes", "Two vertical axes"), SINGLE)
        .map(|figure| {
            figure.status_banner("SIMULATED DATA, not measured: campaign of seed 42, made to the published readings")
        })
}

fn steps() -> Result<Figure> {
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let y: Vec<f64> = (0..12).map(|i| if i == 6 { f64::NAN } else { 2.0 + 3.0 * spread(i, 1) }).collect();
    Cartesian::new(Axis::value("Time", "s"), Axis::value("Power", "W").from_zero())
        .mark(Line::new("sampled and held", &x, &y, CATEGORICAL[0]).step(Step::AtEnd))
        .mark(Points::new("samples", &x, &y, Look::new(CATEGORICAL[1], Marker::Diamond)))
        .mark(Line::between("mean", (0.0, 3.4), (11.0, 3.4), CATEGORICAL[3]).dash(Dash::Dotted))
        .legend(Legend::inside(Corner::UpperRight))
        .figure(about("steps", "A stepped line with a gap"), SINGLE)
}

fn panels() -> Result<Figure> {
    let sizes: Vec<f64> = (3..=12).map(|i| f64::from(1 << i)).collect();
    let panels = ["GPU energy", "GPU memory", "CPU energy", "Memory", "SM use", "Latency"];
    let units = ["J", "GB", "J", "MB", "%", "s"];
    let panels = panels.into_iter().zip(units).enumerate().map(|(i, (name, unit))| {
        let y: Vec<f64> = sizes.iter().map(|s| (0.2 + 4.0 * spread(i, 1)) * (s / 4096.0).powi(2) + 0.02).collect();
        Cartesian::new(Axis::log("Input size", "px"), Axis::value(name, unit).from_zero())
            .heading(format!("({}) {name}", char::from(b'a' + i as u8)))
            .mark(Points::new("resnet50", &sizes, &y, Look::nth(0)).joined(0.5).size(4.0))
    });
    Figure::panels(about("panels", "Six panels"), Size::pt(420.0, 250.0), 3, panels.collect())
}

/// A chart that the primitives do not cover, written with charming alone.
fn any_chart() -> Result<Figure> {
    use charming::{
        Chart,
        element::{Label, LabelPosition},
        series::Pie,
    };
    let pie = Pie::new().radius("60%").label(Label::new().position(LabelPosition::Outside).font_size(8)).data(vec![
        (90.9, "Conv2d"),
        (7.2, "MaxPool2d"),
        (1.9, "others"),
    ]);
    let overlay = serde_json::json!({ "series": [{ "labelLine": { "length": 6, "length2": 6 } }] });
    let mut data = DataTable::new([plot::Column::new("share", "%")]);
    for (name, share) in [("Conv2d", 90.9), ("MaxPool2d", 7.2), ("others", 1.9)] {
        data.push(name, [share.into()]);
    }
    Figure::new(
        about("any", "A pie by charming alone"),
        Size::pt(200.0, 150.0),
        Chart::new().series(pie),
        overlay,
        data,
    )
}
