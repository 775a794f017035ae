//! What each study finds, in a sentence of the appendix, with numbers that are read from records.

use dag::Problem;

use crate::cx::Cx;
use crate::record::{Cell, Record, Status};

/// A main finding of a study as it comes out here, and where a reader finds it.
pub(super) struct Finding {
    study: &'static str,
    /// The sentence without its end; each `{}` is a number, in their order.
    text: &'static str,
    /// The figure or table of its paper that shows it, by the name of its record.
    shown_by: &'static str,
    numbers: &'static [Number],
}

/// A number of a record, as it is told.
struct Number {
    record: &'static str,
    place: Place,
    decimals: usize,
    /// What it is multiplied by: 100 where it is told in percent.
    factor: f64,
}

/// Where in a record it stands.
enum Place {
    /// The value of that name.
    Value(&'static str),
    /// The cell in the row that begins so, and in the column.
    Cell(&'static str, &'static str),
}

const fn value(record: &'static str, name: &'static str, decimals: usize) -> Number {
    Number { record, place: Place::Value(name), decimals, factor: 1.0 }
}

const fn cell(record: &'static str, row: &'static str, column: &'static str, decimals: usize) -> Number {
    Number { record, place: Place::Cell(row, column), decimals, factor: 1.0 }
}

const fn percent(record: &'static str, name: &'static str, decimals: usize) -> Number {
    Number { record, place: Place::Value(name), decimals, factor: 100.0 }
}

/// One for each study. A study without one is told of by its counts alone.
const FINDINGS: [Finding; 5] = [
    Finding {
        study: "tinyml-mcu",
        text: "On one board the energy of a whole inference follows its latency along a line: r is {} on the L4, {} on the F4 \
               and {} on the F7",
        shown_by: "fig6.absolute.figure",
        numbers: &[
            value("fig6.l4.regression", "rvalue", 5),
            value("fig6.f4.regression", "rvalue", 5),
            value("fig6.f7.regression", "rvalue", 5),
        ],
    },
    Finding {
        study: "vision-inference",
        text: "The number of operations of an image classifier tells little: it explains {} % of the variance of its error, and {} % \
               of that of the energy of its inference",
        shown_by: "inf.r03",
        numbers: &[percent("inf.r01", "r_squared", 0), percent("inf.r03", "r_squared", 0)],
    },
    Finding {
        study: "module-energy",
        text: "Convolutions take most of the energy of a network on a server's processors: {} % of that of AlexNet, {} % of that of \
               VGG16",
        shown_by: "mw.fig.contrib",
        numbers: &[
            cell("mw.fig.contrib.corrected", "Conv2d", "alexnet", 1),
            cell("mw.fig.contrib.corrected", "Conv2d", "vgg16", 1),
        ],
    },
    Finding {
        study: "edge-layers",
        text: "A power per layer, by the published method, is the power of its network: in the released run of 5000 cycles all {} \
               layers lie between {} and {} W",
        shown_by: "jetson.spread",
        numbers: &[
            cell("jetson.spread", "November 2024, 5000 cycles", "layers", 0),
            cell("jetson.spread", "November 2024, 5000 cycles", "least", 3),
            cell("jetson.spread", "November 2024, 5000 cycles", "greatest", 3),
        ],
    },
    Finding {
        study: "aipowermeter",
        text: "The published energies of AlexNet tell the sampling and not the network: a constant power of {} W times a whole \
               number of sampling intervals of {} s meets all {} points that can be read, within {} %",
        shown_by: "derived.alexnet.quantised_sampling",
        numbers: &[
            value("derived.alexnet.quantised_sampling", "power", 0),
            value("derived.alexnet.quantised_sampling", "interval", 2),
            value("derived.alexnet.quantised_sampling", "n", 0),
            percent("derived.alexnet.quantised_sampling", "greatest deviation", 1),
        ],
    },
];

/// The finding of a study.
pub(super) fn of(study: &str) -> Option<&'static Finding> {
    FINDINGS.iter().find(|finding| finding.study == study)
}

impl Finding {
    /// The records that it reads, each once.
    pub(super) fn records(&self) -> Vec<&'static str> {
        let mut records: Vec<&str> = self.numbers.iter().map(|number| number.record).collect();
        records.dedup();
        records
    }

    /// The role of a record as an input of the appendix.
    pub(super) fn role(&self, record: &str) -> String {
        format!("{}/records/{record}", self.study)
    }

    /// The sentence, where it is shown, and what it rests on.
    pub(super) fn told(&self, cx: &Cx<'_, '_>) -> Result<String, Problem> {
        let mut status = Status::Published;
        let mut parts = self.text.split("{}");
        let mut told = parts.next().unwrap_or_default().to_owned();
        for (number, after) in self.numbers.iter().zip(parts) {
            let role = self.role(number.record);
            let record = cx.read_record(&role)?;
            let found = number.find(&record).ok_or_else(|| {
                Problem::new("a number that ARTIFACT.md tells is not in the record")
                    .expected("what pipeline/studies/src/artifact/findings.rs names")
                    .in_file(cx.input_path(&role).unwrap_or_default())
            })?;
            told.push_str(&found);
            told.push_str(after);
            status = status.max(record.status);
        }
        let rests_on = match status {
            Status::Published => String::new(),
            status => format!(", from {status} data"),
        };
        Ok(format!("{told} (`{}` in `derived/papers/{}.pdf`{rests_on}).", self.shown_by, self.study))
    }
}

impl Number {
    fn find(&self, record: &Record) -> Option<String> {
        let found = match self.place {
            Place::Value(name) => record.values.get(name)?,
            Place::Cell(row, column) => {
                let place = record.columns.iter().position(|name| name == column)?;
                let place = place + usize::from(record.has_row_labels());
                record.rows.iter().find(|cells| cells.first().is_some_and(|first| first.is_label(row)))?.get(place)?
            }
        };
        let number = Cell::as_f64(found).filter(|number| number.is_finite())?;
        Some(format!("{:.*}", self.decimals, self.factor * number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::cells;

    #[test]
    fn each_sentence_has_a_place_for_each_number_and_is_of_a_study() {
        for finding in &FINDINGS {
            assert_eq!(finding.text.matches("{}").count(), finding.numbers.len(), "{}", finding.study);
            assert!(crate::study::all().iter().any(|study| study.name == finding.study), "{}", finding.study);
        }
    }

    #[test]
    fn numbers_are_found_by_name_or_by_row_and_column() {
        let table = Record::table("t").columns(["layer", "power"]).plain_row(cells!["conv", 2.3755]);
        assert_eq!(cell("t", "conv", "power", 3).find(&table).as_deref(), Some("2.376"));
        assert_eq!(cell("t", "relu", "power", 3).find(&table), None);
        let labelled = Record::table("t").columns(["power"]).row("conv", cells![2.3755]);
        assert_eq!(cell("t", "conv", "power", 1).find(&labelled).as_deref(), Some("2.4"));
        let scalar = Record::scalar("s").value("n", 17).value("none", f64::NAN);
        assert_eq!(value("s", "n", 0).find(&scalar).as_deref(), Some("17"));
        assert_eq!(percent("s", "n", 1).find(&scalar).as_deref(), Some("1700.0"));
        assert_eq!(value("s", "none", 0).find(&scalar), None);
    }
}
