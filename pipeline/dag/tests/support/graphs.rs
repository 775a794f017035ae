//! Graphs of commands, written down for `dag-run` and for ninja: the same commands, inputs and outputs.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

pub struct Step {
    pub id: String,
    pub command: String,
    pub inputs: Vec<String>,
    pub output: String,
}

fn step(id: String, inputs: Vec<String>, command: impl Fn(&str) -> String) -> Step {
    let output = format!("derived/{id}.txt");
    let command = format!("{} > {output}", command(&inputs.join(" ")));
    Step { id, command, inputs, output }
}

/// 120 stages over 400 raw files, of which 24 depend on any raw file.
///
/// ```text
/// 40 groups of 10 raw files: clean and count read the 10, merge and total read 4 groups
/// raw -> clean -> merge -> all    -> 6 summaries -> 12 figures
///     -> count -> total -> totals ----------------> 12 figures
/// ```
pub fn study() -> Vec<Step> {
    let raw = |group: usize| (0..10).map(|i| raw_path(group, i)).collect::<Vec<_>>();
    let of = |layer: &'static str, range: std::ops::Range<usize>| -> Vec<String> {
        range.map(|i| format!("derived/{layer}/{i:02}.txt")).collect()
    };
    let mut steps = Vec::new();
    for group in 0..40 {
        steps.push(step(format!("clean/{group:02}"), raw(group), |raw| format!("cat {raw} | grep -v '^#' | sort -n")));
        steps.push(step(format!("count/{group:02}"), raw(group), |raw| format!("cat {raw} | grep -vc '^#'")));
    }
    for ten in 0..10 {
        let four = 4 * ten..4 * ten + 4;
        steps.push(step(format!("merge/{ten:02}"), of("clean", four.clone()), |clean| format!("sort -n -m {clean}")));
        steps.push(step(format!("total/{ten:02}"), of("count", four), |count| format!("cat {count}")));
    }
    steps.push(step("all".to_owned(), of("merge", 0..10), |merge| format!("sort -n -m {merge}")));
    steps.push(step("totals".to_owned(), of("total", 0..10), |total| format!("cat {total}")));
    let summaries = [
        ("least", "head -n 1"),
        ("most", "tail -n 1"),
        ("lines", "wc -l <"),
        ("low", "head -n 50"),
        ("high", "tail -n 100"),
        ("digits", "cut -c 1"),
    ];
    for (name, tool) in summaries {
        steps.push(step(format!("summary/{name}"), vec!["derived/all.txt".to_owned()], |all| format!("{tool} {all}")));
    }
    for figure in 0..12 {
        let summary = format!("derived/summary/{}.txt", summaries[figure % 6].0);
        let inputs = vec![summary, "derived/totals.txt".to_owned()];
        steps.push(step(format!("figure/{figure:02}"), inputs, |inputs| format!("cat {inputs} | cksum")));
    }
    steps
}

/// `stages` stages that read four raw files each and, in the second half, one of the first.
pub fn large(stages: usize) -> Vec<Step> {
    let one = |i: usize| {
        let mut inputs: Vec<String> = (0..4).map(|k| format!("raw/{:02}/{i:05}-{k}.txt", i % 100)).collect();
        if i >= stages / 2 {
            inputs.push(format!("derived/{:02}/{:05}.txt", (i / 2) % 100, i / 2));
        }
        step(format!("{:02}/{i:05}", i % 100), inputs, |inputs| format!("cat {inputs}"))
    };
    (0..stages).map(one).collect()
}

fn raw_path(group: usize, file: usize) -> String {
    format!("raw/{group:02}/{file}.csv")
}

/// The raw file that the edits below change.
pub const EDITED: &str = "raw/17/4.csv";

/// Writes the raw files of [`study`]: a comment and ten numbers each.
pub fn write_raw_of_study(root: &Path) {
    let mut seed: u32 = 1;
    for group in 0..40 {
        for file in 0..10 {
            let mut text = format!("# group {group}, file {file}\n");
            for _ in 0..10 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let _ = writeln!(text, "{}", 10_000 + (seed >> 8) % 90_000);
            }
            if raw_path(group, file) == EDITED {
                text = text.replacen(&text.lines().nth(5).unwrap_or("").to_owned(), "50000", 1);
            }
            write(root, &raw_path(group, file), &text);
        }
    }
}

pub fn write_raw_of_large(root: &Path, steps: &[Step]) {
    for path in steps.iter().flat_map(|step| &step.inputs).filter(|path| path.starts_with("raw/")) {
        write(root, path, path);
    }
}

/// Another number in the middle of the range: none of the summaries changes.
pub fn edit_data(root: &Path) {
    edit(root, "50000", "50001");
}

/// Another comment: nothing that is read from the file changes.
pub fn edit_comment(root: &Path) {
    edit(root, "# ", "# # ");
}

pub fn edit(root: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(EDITED)).unwrap();
    let edited = text.replacen(from, to, 1);
    assert_ne!(text, edited, "the edit changes nothing");
    // Ninja goes by the modification time: a new one, but not one in the future.
    fs::write(root.join(EDITED), edited).unwrap();
}

/// Writes a file, dated back so that its digest can be remembered at once.
pub fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
}

pub fn spec(steps: &[Step]) -> String {
    let entries = steps.iter().map(|step| {
        let Step { id, command, inputs, output } = step;
        serde_json::json!({"id": id, "command": command, "inputs": inputs, "outputs": [output]})
    });
    serde_json::to_string(&entries.collect::<Vec<_>>()).unwrap()
}

pub fn ninja(steps: &[Step]) -> String {
    let mut text = "rule run\n  command = $line\n\n".to_owned();
    for Step { command, inputs, output, .. } in steps {
        let _ = writeln!(text, "build {output}: run {}\n  line = {command}\n", inputs.join(" "));
    }
    text
}
