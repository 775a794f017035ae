//! The identities by which a recording attributes power and memory to processes: what it states
//! beside what follows from its other values. Nobody published them; they hold or they do not.

use dag::Problem;

use crate::aipowermeter::schema;
use crate::cx::Cx;
use crate::table::{Rows, Table};

/// The identities with what they say. The own processes of a recording are those whose memory on a card it tells.
pub(in crate::aipowermeter) const IDENTITIES: [(&str, &str); 11] = [
    ("core_power", "power of a process = its share of the processor time × power of the cores"),
    ("dram_power", "memory power of a process = its share of the memory in use × power of the memory"),
    ("memory_in_use", "memory of a process ÷ its share is the same for all processes of a record"),
    ("card_sum", "power of all cards = sum over the cards"),
    ("attributable_draw", "attributed power = sum over the cards of power × own use ÷ use by all (to 2021)"),
    ("own_use", "own use = sum over own processes, mean over the cards that they use (to 2021)"),
    ("own_share", "own share = own use ÷ use by all, mean over the cards that they use (to 2021)"),
    ("card_own_use", "own use of a card = sum over own processes (from 2022)"),
    ("card_own_share", "own share of a card = own use ÷ use by all (from 2022)"),
    ("card_power", "attributed power of a card = its power × own share (from 2022)"),
    ("attributed_sum", "attributed power of all cards = sum over the cards (from 2022)"),
];

/// Where the smaller of a pair of numbers would be 0: told as a difference, not as a quotient.
pub(in crate::aipowermeter) fn deviation(stated: f64, reckoned: f64) -> f64 {
    let difference = (stated - reckoned).abs();
    if reckoned == 0.0 { difference } else { difference / reckoned.abs() }
}

/// Every number of a recording that an identity states, and what it should be.
pub(in crate::aipowermeter) fn identities(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = Table::read(cx, "values")?;
    let (lines, fields) = (table.integers("line")?, table.texts("field")?);
    let (cards, processes) = (table.texts("card")?, table.texts("process")?);
    let values = table.numbers("value")?;
    let all: Vec<Value<'_>> = (0..table.len())
        .map(|row| Value { field: &fields[row], card: &cards[row], process: &processes[row], value: values[row] })
        .collect();
    let (mut of_lines, mut names, mut stated, mut reckoned) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut start = 0;
    for of_record in lines.chunk_by(|a, b| a == b) {
        let record = Record(&all[start..start + of_record.len()]);
        start += of_record.len();
        for (name, is, should) in record.identities() {
            of_lines.extend(of_record.first());
            names.push(name.to_owned());
            stated.push(is);
            reckoned.push(should);
        }
    }
    let rows = Rows::new().integers("line", of_lines).texts("identity", names);
    rows.floats("stated", stated).floats("reckoned", reckoned).write(cx, "table", schema::IDENTITIES)
}

/// A number of a record, and where it stands.
#[derive(Clone, Copy)]
struct Value<'a> {
    field: &'a str,
    card: &'a str,
    process: &'a str,
    value: f64,
}

/// All numbers of a record.
#[derive(Clone, Copy)]
struct Record<'a>(&'a [Value<'a>]);

const DRAW: &str = "per_gpu_power_draw";
const CARD_MEMORY: &str = "per_gpu_attributable_mem_use";
const CARD_USE: &str = "per_gpu_per_pid_utilization_absolute";
const CARD_ROWS: &str = "per_gpu_average_estimated_utilization_absolute.sm";
const CARD_SHARE: &str = "per_gpu_estimated_attributable_utilization";
const CARD_POWER: &str = "per_gpu_attributable_power";

impl<'a> Record<'a> {
    fn of(self, field: &str) -> impl Iterator<Item = Value<'a>> {
        self.0.iter().copied().filter(move |value| value.field == field)
    }

    fn on(self, field: &str, card: &str) -> impl Iterator<Item = Value<'a>> {
        self.of(field).filter(move |value| value.card == card)
    }

    fn number(self, field: &str, card: &str, process: &str) -> Option<f64> {
        self.on(field, card).find(|value| value.process == process).map(|value| value.value)
    }

    fn owns(self, card: &str, process: &str) -> bool {
        self.number(CARD_MEMORY, card, process).is_some()
    }

    /// Use of a card by its own processes and by all, from a field that tells it by process.
    fn use_of(self, field: &str, card: &str) -> (f64, f64) {
        let own = self.on(field, card).filter(|value| self.owns(card, value.process));
        (own.map(|value| value.value).sum(), self.on(field, card).map(|value| value.value).sum())
    }

    fn identities(self) -> Vec<(&'static str, f64, f64)> {
        let mut found = Vec::new();
        self.of_processes(&mut found);
        if let Some(draw) = self.number("nvidia_draw_absolute", "", "") {
            found.push(("card_sum", draw, self.of(DRAW).map(|card| card.value).sum()));
        }
        self.of_cards_to_2021(&mut found);
        self.of_cards_from_2022(&mut found);
        found
    }

    fn of_processes(self, found: &mut Vec<(&'static str, f64, f64)>) {
        for (name, stated, share, total) in [
            ("core_power", "per_process_cpu_power", "per_process_cpu_uses", "total_cpu_power"),
            ("dram_power", "per_process_dram_power", "per_process_mem_use_percent", "total_dram_power"),
        ] {
            for power in self.of(stated) {
                // A process without a share, or a record without a total, breaks the identity too.
                let share = self.number(share, "", power.process).unwrap_or(f64::NAN);
                found.push((name, power.value, share * self.number(total, "", "").unwrap_or(f64::NAN)));
            }
        }
        let in_use = self.of("per_process_mem_use_percent").filter(|share| share.value > 0.0);
        let in_use =
            in_use.filter_map(|share| Some(self.number("per_process_mem_use_abs", "", share.process)? / share.value));
        let in_use: Vec<f64> = in_use.collect();
        if let Some((first, others)) = in_use.split_first() {
            found.extend(others.iter().map(|other| ("memory_in_use", *other, *first)));
        }
    }

    fn of_cards_to_2021(self, found: &mut Vec<(&'static str, f64, f64)>) {
        let share = |(own, all): (f64, f64)| if all == 0.0 { 0.0 } else { own / all };
        if let Some(stated) = self.number("nvidia_estimated_attributable_power_draw", "", "") {
            let attributed = self.of(DRAW).map(|card| card.value * share(self.use_of(CARD_ROWS, card.card)));
            found.push(("attributable_draw", stated, attributed.sum()));
        }
        let used: Vec<_> = self
            .of(DRAW)
            .filter(|card| self.on(CARD_MEMORY, card.card).next().is_some())
            .map(|card| self.use_of(CARD_ROWS, card.card))
            .collect();
        let mean = |values: Vec<f64>| stats::mean(&values).unwrap_or(0.0);
        if let Some(stated) = self.number("average_gpu_estimated_utilization_absolute", "", "") {
            found.push(("own_use", stated, mean(used.iter().map(|(own, _)| own / 100.0).collect())));
        }
        if let Some(stated) = self.number("average_gpu_estimated_utilization_relative", "", "") {
            found.push(("own_share", stated, mean(used.iter().map(|&of| share(of)).collect())));
        }
    }

    fn of_cards_from_2022(self, found: &mut Vec<(&'static str, f64, f64)>) {
        for stated in self.of("per_gpu_absolute_percent_usage") {
            found.push(("card_own_use", stated.value, self.use_of(CARD_USE, stated.card).0));
        }
        for stated in self.of(CARD_SHARE) {
            let (own, all) = self.use_of(CARD_USE, stated.card);
            found.push(("card_own_share", stated.value, if own == 0.0 { 0.0 } else { own / all }));
        }
        let cards: Vec<Value<'_>> = self.of(CARD_POWER).filter(|value| value.card != "all").collect();
        for stated in &cards {
            let share = self.number(CARD_SHARE, stated.card, "").unwrap_or(f64::NAN);
            let draw = self.number(DRAW, stated.card, "").unwrap_or(f64::NAN);
            found.push(("card_power", stated.value, draw * share));
        }
        if let Some(stated) = self.number(CARD_POWER, "all", "") {
            found.push(("attributed_sum", stated, cards.iter().map(|card| card.value).sum()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(field: &'a str, card: &'a str, process: &'a str, value: f64) -> Value<'a> {
        Value { field, card, process, value }
    }

    #[test]
    fn of_two_cards_to_2021() {
        let values = [
            value("nvidia_draw_absolute", "", "", 150.0),
            value("nvidia_estimated_attributable_power_draw", "", "", 75.0),
            value("average_gpu_estimated_utilization_absolute", "", "", 0.3),
            value("average_gpu_estimated_utilization_relative", "", "", 0.75),
            value(DRAW, "0", "", 100.0),
            value(DRAW, "1", "", 50.0),
            value(CARD_MEMORY, "0", "7", 1024.0),
            value(CARD_ROWS, "0", "7", 30.0),
            value(CARD_ROWS, "0", "8", 10.0),
            value(CARD_ROWS, "1", "8", 90.0),
        ];
        let found = Record(&values).identities();
        let expected = [
            ("card_sum", 150.0, 150.0),
            ("attributable_draw", 75.0, 75.0),
            ("own_use", 0.3, 0.3),
            ("own_share", 0.75, 0.75),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_share_that_is_absent_breaks_the_identity() {
        let values = [value("total_cpu_power", "", "", 20.0), value("per_process_cpu_power", "", "7", 5.0)];
        let found = Record(&values).identities();
        assert_eq!(found.len(), 1);
        assert!(found[0].2.is_nan() && deviation(found[0].1, found[0].2).is_nan());
        assert_eq!(deviation(2.0, 0.0), 2.0);
        assert_eq!(deviation(2.2, 2.0), (2.2_f64 - 2.0) / 2.0);
    }
}
