//! One record of a recording in each of the forms that the recorder had, with identities that hold unless
//! they are broken on purpose.

use std::fmt::Display;

use rawlog::python::repr;
use stats::SplitMix64;

/// What a processor tells, and how its fields are called.
#[derive(Clone, Copy)]
pub(super) struct Processor {
    /// Names of October 2021: without prefix, and the uncore as a number.
    old: bool,
    /// Share of the package power that the cores take, if they are told.
    cores: Option<f64>,
    /// The same of the memory.
    memory: Option<f64>,
    uncore: bool,
    /// Whether the whole board is told, else -1.
    board: bool,
    /// Most processes at a time.
    processes: usize,
}

pub(super) const SERVER_2021: Processor =
    Processor { old: true, cores: Some(0.1), memory: Some(0.9), uncore: true, board: true, processes: 1 };
pub(super) const LAPTOP: Processor =
    Processor { old: false, cores: Some(0.9), memory: None, uncore: true, board: true, processes: 1 };
pub(super) const SERVER_2022: Processor =
    Processor { old: false, cores: Some(0.7), memory: None, uncore: true, board: false, processes: 3 };
pub(super) const SERVER_2023: Processor =
    Processor { old: false, cores: Some(0.9), memory: Some(0.05), uncore: true, board: true, processes: 4 };
pub(super) const WITHOUT_CORES: Processor =
    Processor { old: false, cores: None, memory: Some(0.2), uncore: false, board: false, processes: 3 };

/// What graphics cards tell.
#[derive(Clone, Copy)]
pub(super) enum Cards {
    /// To 2021: one card, and a row for each process.
    Rows,
    /// From 2022: shares by card and process. At the `idle` last records the own process uses nothing, and
    /// its power is a percentage, as in the genuine recordings.
    Shares { cards: usize, idle: usize },
}

/// What a record shows.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// Power of the package in W.
    pub(super) package: f64,
    /// Power of all cards in W.
    pub(super) cards: f64,
    /// Which record it is, and of how many.
    pub(super) place: usize,
    pub(super) count: usize,
}

/// A record as a line, and what is known of it.
pub(super) struct Written {
    pub(super) line: String,
    /// Name of an identity, how many numbers state it, and how many of them are right.
    pub(super) identities: Vec<(&'static str, usize, usize)>,
    /// Whether the card is used by more than half.
    pub(super) loaded: bool,
}

/// The own process, the first of all.
const OWN: usize = 20_382;

/// Writes a record of what is shown.
pub(super) fn record(
    date: &str,
    processor: Option<Processor>,
    cards: Option<Cards>,
    shown: Shown,
    random: &mut SplitMix64,
) -> Written {
    let mut written = Written { line: String::new(), identities: Vec::new(), loaded: false };
    let cpu = processor.map(|processor| format!("\"cpu\": {}", cpu(processor, shown, random, &mut written)));
    let gpu = cards.map(|cards| match cards {
        Cards::Rows => format!("\"gpu\": {}", gpu_rows(shown, &mut written)),
        Cards::Shares { cards, idle } => format!("\"gpu\": {}", gpu_shares(cards, idle, shown, &mut written)),
    });
    let parts: Vec<String> = cpu.into_iter().chain(gpu).collect();
    written.line = format!("{{\"date\": \"{date}\", \"metrics\": {{{}}}}}", parts.join(", "));
    written
}

/// An object of JSON.
fn object<K: Display, V: Display>(entries: impl IntoIterator<Item = (K, V)>) -> String {
    let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}

fn cpu(processor: Processor, shown: Shown, random: &mut SplitMix64, written: &mut Written) -> String {
    // Processes come and go from record to record.
    let alive = 1 + shown.place % processor.processes;
    let ids = || (0..alive).map(|number| OWN + 7 * number);
    let memory: Vec<u64> = (0..alive as u64).map(|number| (1 << 28 >> number) + 4096 * (shown.place as u64)).collect();
    let in_use = 6.7e9;
    let uses: Vec<f64> = (0..alive).map(|_| random.unit() / processor.processes as f64).collect();
    let percents: Vec<f64> = memory.iter().map(|&bytes| bytes as f64 / in_use).collect();
    let by_process = |values: Vec<String>| object(ids().zip(values));
    let named = |name: &str| if processor.old { name.to_owned() } else { format!("per_process_{name}") };
    let shares_of = |shares: &[f64], watt: f64| by_process(shares.iter().map(|share| repr(share * watt)).collect());
    let (cores, dram) =
        (processor.cores.map(|share| share * shown.package), processor.memory.map(|share| share * shown.package));

    let mut fields = vec![
        (named("mem_use_abs"), by_process(memory.iter().map(u64::to_string).collect())),
        (named("cpu_uses"), by_process(uses.iter().map(|share| repr(*share)).collect())),
        (named("mem_use_percent"), by_process(percents.iter().map(|share| repr(*share)).collect())),
        ("intel_power".to_owned(), repr(shown.package)),
        ("psys_power".to_owned(), if processor.board { repr(1.5 * shown.package) } else { "-1".to_owned() }),
    ];
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    if processor.uncore {
        let watt = repr(0.001 * shown.package);
        add("uncore_power", if processor.old { watt } else { format!("[{watt}]") });
    }
    if let Some(watt) = cores {
        add("per_process_cpu_power", shares_of(&uses, watt));
        add("total_cpu_power", repr(watt));
        written.identities.push(("core_power", alive, alive));
    }
    if let Some(watt) = dram {
        add("per_process_dram_power", shares_of(&percents, watt));
        add("total_dram_power", repr(watt));
        written.identities.push(("dram_power", alive, alive));
    }
    written.identities.push(("memory_in_use", alive - 1, alive - 1));
    add(&named("mem_use_uss"), by_process(memory.iter().map(|bytes| (bytes / 2).to_string()).collect()));
    object(fields)
}

/// One card with a foreign process that uses nothing, and in the second half of the records an own one that uses most.
fn gpu_rows(shown: Shown, written: &mut Written) -> String {
    let loaded = 2 * shown.place >= shown.count;
    let used = if loaded { 91.0 } else { 3.0 };
    let draw = repr(shown.cards);
    let row = |process: usize, used: f64| {
        let zero = || repr(0.0);
        let numbers = [("gpu", zero()), ("pid", format!("{process}.0")), ("sm", repr(used)), ("mem", zero())];
        object(numbers.into_iter().chain([("enc", zero()), ("dec", zero())]))
    };
    written.loaded = loaded;
    for identity in ["card_sum", "attributable_draw", "own_use", "own_share"] {
        written.identities.push((identity, 1, 1));
    }
    object([
        ("nvidia_draw_absolute", draw.clone()),
        ("per_gpu_attributable_mem_use", object([(0, object([(OWN, 1_771_044_864_u64)]))])),
        ("nvidia_estimated_attributable_power_draw", draw.clone()),
        ("average_gpu_estimated_utilization_absolute", repr(used / 100.0)),
        ("per_gpu_average_estimated_utilization_absolute", format!("[{}, {}]", row(897, 0.0), row(OWN, used))),
        ("average_gpu_estimated_utilization_relative", repr(1.0)),
        ("per_gpu_performance_state", object([(0, "\"P2\"")])),
        ("per_gpu_power_draw", object([(0, draw)])),
    ])
}

/// Cards of which the last has the own process, beside a foreign one on each that uses a quarter.
fn gpu_shares(cards: usize, idle: usize, shown: Shown, written: &mut Written) -> String {
    let is_idle = shown.place + idle >= shown.count;
    let own = if is_idle { 0.0 } else { 0.75 };
    let own_card = cards - 1;
    let draw = |card: usize| if card == own_card { shown.cards - 20.0 * own_card as f64 } else { 20.0 };
    let share = if is_idle { 0.0 } else { own / (own + 0.25) };
    let attributed = if is_idle { 100.0 / (shown.place + 1) as f64 } else { draw(own_card) * share };
    let all = || 0..cards;
    let on_own = |value: f64| move |card: usize| (card, if card == own_card { repr(value) } else { "0".to_owned() });
    let processes = |card: usize| {
        let own = (card == own_card).then(|| (OWN, repr(own)));
        (card, object([(1064, repr(0.25))].into_iter().chain(own)))
    };
    let memory = |card: usize| (card, object((card == own_card).then_some((OWN, 269_484_032_u64))));
    written.identities.push(("card_sum", 1, 1));
    written.identities.push(("card_own_use", cards, cards));
    written.identities.push(("card_own_share", cards, cards));
    written.identities.push(("card_power", 1, usize::from(!is_idle)));
    written.identities.push(("attributed_sum", 1, 1));
    object([
        ("nvidia_draw_absolute", repr(all().map(draw).sum())),
        ("per_gpu_power_draw", object(all().map(|card| (card, repr(draw(card)))))),
        ("per_gpu_attributable_mem_use", object(all().map(memory))),
        ("per_gpu_per_pid_utilization_absolute", object(all().map(processes))),
        ("per_gpu_absolute_percent_usage", object(all().map(on_own(own)))),
        ("per_gpu_estimated_attributable_utilization", object(all().map(on_own(share)))),
        (
            "per_gpu_attributable_power",
            object([(own_card.to_string(), repr(attributed)), ("all".to_owned(), repr(attributed))]),
        ),
    ])
}
