//! The parts of the page that are about all studies, or about the build.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use crate::html::{count, duration, mark, words};
use crate::page::Part;
use crate::run::Run;
use crate::{Counts, Tone};

/// The layers in the order in which data flow.
const LAYERS: [&str; 8] = ["simulate", "reconstruct", "ingest", "clean", "aggregate", "stats", "figures", "typeset"];

/// The folder of the papers; the page lies beside it.
const PAPERS: &str = "derived/papers/";

/// The verdict over all studies, and below it that of each.
pub(crate) fn verdict(studies: &[Part], run: &Run) -> Markup {
    let shown = || studies.iter().filter_map(|part| part.fragment.as_ref().ok());
    let sum: Counts = shown().filter_map(|fragment| fragment.counts).sum();
    let (tone, judged) = judgement(studies, run, &sum);
    html! {
        h1 id="verdict-title" { "What came out again" }
        div class={ "judgement " (tone.class()) } {
            p.words { (judged) }
            (reservations(&sum))
        }
        @for problem in &run.problems { p.note.bad { (words(problem)) } }
        div.cards {
            @for Part { study, fragment, reservation } in studies {
                @match fragment {
                    Ok(fragment) => @if !fragment.verdict.is_empty() {
                        article.card {
                            (PreEscaped(&fragment.verdict))
                            @if let Some(reservation) = reservation { p.note.caution { (words(reservation)) } }
                        }
                    },
                    Err(reason) => article.card {
                        h3 { (study) }
                        p.note.bad { "Nothing to show: " (words(reason)) }
                    },
                }
            }
            (papers(run))
        }
    }
}

/// Where the papers lie: beside the page, in the order of their names.
fn papers(run: &Run) -> Markup {
    let made = run.files.iter().filter(|file| file.sha256.is_some());
    let mut names: Vec<&str> = made.filter_map(|file| file.path.strip_prefix(PAPERS)?.strip_suffix(".pdf")).collect();
    names.sort_unstable();
    html! {
        @if !names.is_empty() {
            article.card {
                h3 { "The papers" }
                p.title { "Typeset from the records that are compared here." }
                ul.papers { @for name in names { li { a href={ "papers/" (name) ".pdf" } { (name) } } } }
            }
        }
    }
}

/// The verdict in one sentence, and how bad it is.
fn judgement(studies: &[Part], run: &Run, sum: &Counts) -> (Tone, String) {
    let missing = studies.iter().filter(|part| part.fragment.is_err()).count();
    if sum.is_bad() {
        let differ = count(sum.differ, "artifact");
        let further = match sum.besides_differ + sum.truths_missed {
            0 => String::new(),
            others => format!(", and {} besides fail", count(others, "check")),
        };
        return (Tone::Bad, format!("{differ} of {} differ from what was published{further}.", sum.artifacts));
    }
    let (all_matched, matched, all) = (sum.all_matched(), sum.matched, sum.artifacts);
    if missing > 0 || !run.problems.is_empty() {
        let words =
            format!("Incomplete: {all_matched} of {all} artifacts match what was published, and parts are missing.");
        return (Tone::Bad, words);
    }
    if sum.simulated_campaign {
        let words = format!(
            "In part made from SIMULATED data, which show that the analyses work and nothing of any device. Of measured \
             data, {all_matched} of {all} artifacts match what was published."
        );
        return (Tone::Caution, words);
    }
    let older = studies.iter().filter(|part| part.reservation.is_some()).count();
    if older > 0 {
        let words = format!(
            "{all_matched} of {all} artifacts match what was published; {} shown as an older build left them.",
            count(older, "part")
        );
        return (Tone::Caution, words);
    }
    // A match on released logs is a finding; one on others shows that the analysis is the same.
    let (tone, others) = match all_matched - matched {
        0 => (Tone::Good, String::new()),
        others => (Tone::Caution, format!(", and {others} more on logs that stand in for measured ones")),
    };
    let words = format!(
        "{matched} of {all} artifacts match what was published, on released logs{others}. Of {} compared values none differs.",
        sum.values
    );
    (tone, words)
}

/// What the matches rest on, and what was not compared.
fn reservations(sum: &Counts) -> Markup {
    let rest_on = [("reconstructed", sum.matched_reconstructed), ("simulated", sum.matched_simulated)];
    let rest_on: Vec<_> = rest_on.into_iter().filter(|(_, number)| *number > 0).collect();
    let not_compared = [
        (sum.no_values, "made, with no printed values to compare with"),
        (sum.not_comparable, "made from simulated logs and published of measured ones"),
        (sum.not_recomputable, "not recomputable from what was released"),
    ];
    let not_compared: Vec<_> = not_compared.into_iter().filter(|(number, _)| *number > 0).collect();
    let total: usize = not_compared.iter().map(|(number, _)| number).sum();
    html! {
        @if !rest_on.is_empty() {
            p {
                "Of the matches, "
                @for (place, (status, number)) in rest_on.iter().enumerate() {
                    @if place > 0 { " and " }
                    b { (number) } " rest on logs that are " (mark(status))
                }
                ": the measured ones were never released, or are too large for the copies that we hold."
            }
        }
        @if sum.besides > 0 {
            p { "Besides, " b { (sum.besides) } " checks hold against what was not published: corrected values and further ones." }
        }
        @if total > 0 {
            p {
                b { "Not compared: " (total) } ", namely "
                @for (place, (number, words)) in not_compared.iter().enumerate() {
                    @if place > 0 { "; " }
                    b { (number) } " " (words)
                }
                "."
            }
        }
    }
}

/// How many stages each study has in each layer, and how long they take; the picture stands below it.
pub(crate) fn stages(run: &Run) -> Markup {
    let mut table: BTreeMap<(usize, &str), (usize, u64)> = BTreeMap::new();
    let mut studies: Vec<&str> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for stage in &run.stages {
        let mut parts = stage.id.splitn(3, '/');
        let (study, layer) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !studies.contains(&study) {
            studies.push(study);
        }
        if !LAYERS.contains(&layer) && !others.contains(&layer) {
            others.push(layer);
        }
        let place = studies.iter().position(|known| *known == study).unwrap_or_default();
        let cell = table.entry((place, layer)).or_default();
        cell.0 += 1;
        cell.1 += stage.took_ms.unwrap_or_default();
    }
    let layers: Vec<&str> = LAYERS.into_iter().chain(others).collect();
    let cell = |cell: Option<&(usize, u64)>| match cell {
        Some((number, took)) => html! { td.number { b { (number) } " " small { (duration(*took)) } } },
        None => html! { td.number { "–" } },
    };
    let sum = |of: &dyn Fn(&(usize, &str)) -> bool| {
        let found = table.iter().filter(|(key, _)| of(key)).map(|(_, cell)| cell);
        found.fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
    };
    html! {
        p { (run.summary) }
        p.muted { "Stages of each study by layer, and the time they took when they last ran, one after the other:" }
        div.scroll tabindex="0" role="region" aria-label="Stages by study and layer" {
            table.layers {
                thead { tr {
                    th scope="col" { "Study" }
                    @for layer in &layers { th.number scope="col" { (layer) } }
                    th.number scope="col" { "all" }
                } }
                tbody {
                    @for (place, study) in studies.iter().enumerate() {
                        tr {
                            th scope="row" { (study) }
                            @for layer in &layers { (cell(table.get(&(place, *layer)))) }
                            (cell(Some(&sum(&|(found, _)| *found == place))))
                        }
                    }
                }
            }
        }
        noscript { p.note { "The picture of the stages needs JavaScript; " code { "cargo xtask graph" } " prints it." } }
        div.graphs {}
    }
}

/// The machine, the programs, and the moment.
pub(crate) fn made(run: &Run) -> Markup {
    let list = |title: &str, rows: &[(String, String)]| {
        html! {
            div {
                h3 { (title) }
                dl { @for (label, words) in rows { div { dt { (label) } dd { (words) } } } }
            }
        }
    };
    html! {
        p.lead { "Nothing here reaches an output: papers, figures and records do not tell on which machine they were made." }
        div.columns {
            (list("Machine", &run.machine))
            (list("Programs", &run.software))
        }
        @if !run.libraries.is_empty() {
            details {
                summary { (count(run.libraries.len(), "library").replace("librarys", "libraries")) " that shape outputs, as locked" }
                p.libraries { @for (name, version) in &run.libraries { span { (name) " " (version) } " " } }
            }
        }
    }
}

/// How to cite what is shown, and what it regenerates.
pub(crate) fn cite(run: &Run, references: &str) -> Markup {
    let of = |label: &str| run.software.iter().find(|(known, _)| known == label).map(|(_, words)| words.as_str());
    html! {
        p { "For a finding, cite the study that made it:" }
        ul.references { (PreEscaped(references)) }
        p {
            "For the regenerated values, cite this artifact as: Joulebook"
            @if let Some(version) = of("Joulebook") { ", version " (version) }
            @if let Some(commit) = of("Commit") { ", commit " code { (commit) } }
            @if of("Changes").is_some() { " with changes that are not committed" }
            ", and name what the value rests on where it is marked as reconstructed or simulated."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fragment;
    use crate::run::{File, Stage};

    fn part(study: &str, counts: Counts) -> Part {
        let fragment = Fragment {
            study: study.into(),
            counts: Some(counts),
            verdict: format!("<h3>{study}</h3>"),
            claims: String::new(),
            besides: String::new(),
            figures: String::new(),
            tables: String::new(),
            reference: String::new(),
            packs: BTreeMap::new(),
        };
        Part { study: study.into(), fragment: Ok(fragment), reservation: None }
    }

    fn told(parts: &[Part], run: &Run) -> String {
        verdict(parts, run).into_string()
    }

    const GOOD: Counts = Counts {
        simulated_campaign: false,
        artifacts: 9,
        matched: 5,
        matched_reconstructed: 1,
        matched_simulated: 0,
        differ: 0,
        no_values: 2,
        not_comparable: 0,
        not_recomputable: 1,
        values: 70,
        besides: 3,
        besides_differ: 0,
        truths_missed: 0,
    };

    #[test]
    fn the_verdict_says_what_is_not_compared() {
        let told = told(&[part("a", GOOD), part("b", GOOD)], &Run::default());
        for words in [
            "judgement caution",
            "10 of 18 artifacts match what was published, on released logs, and 2 more on logs that stand in",
            "Of 140 compared values none differs.",
            "<b>6</b> checks hold against what was not published",
            "<b>2</b> rest on logs that are <strong class=\"mark\">reconstructed</strong>",
            "<b>Not compared: 6</b>, namely ",
            "<b>4</b> made, with no printed values",
            "<b>2</b> not recomputable",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
    }

    #[test]
    fn only_what_rests_on_released_logs_is_good() {
        let released = Counts { matched: 6, matched_reconstructed: 0, ..GOOD };
        let told = told(&[part("a", released)], &Run::default());
        assert!(told.contains("judgement good") && told.contains("6 of 9 artifacts match"), "{told}");
        assert!(!told.contains("stand in"), "{told}");
    }

    #[test]
    fn what_differs_is_simulated_or_missing_is_never_good() {
        let run = Run::default();
        let differing = Counts { differ: 1, ..GOOD };
        assert!(told(&[part("a", differing)], &run).contains("1 artifact of 9 differ"));
        for bad in [differing, Counts { besides_differ: 1, ..GOOD }, Counts { truths_missed: 1, ..GOOD }] {
            assert!(told(&[part("a", bad)], &run).contains("judgement bad"));
        }
        let simulated = Counts { simulated_campaign: true, ..GOOD };
        assert!(told(&[part("a", simulated)], &run).contains("judgement caution"));
        let missing = Part { study: "b".into(), fragment: Err("stage x failed".into()), reservation: None };
        let told_of_missing = told(&[part("a", GOOD), missing], &run);
        assert!(told_of_missing.contains("judgement bad") && told_of_missing.contains("stage x failed"));
        let failed = Run { problems: vec!["stage y failed".into()], ..Run::default() };
        assert!(told(&[part("a", GOOD)], &failed).contains("judgement bad"));
    }

    #[test]
    fn papers_that_are_there_are_linked() {
        let file = |path: &str, sha256: Option<&str>| File {
            path: path.into(),
            sha256: sha256.map(str::to_owned),
            ..File::default()
        };
        let made = [file("derived/papers/b.pdf", Some("0")), file("derived/papers/a.pdf", Some("1"))];
        let run = Run { files: [made.to_vec(), vec![file("derived/papers/c.pdf", None)]].concat(), ..Run::default() };
        let told = told(&[part("a", GOOD)], &run);
        assert!(told.contains("<a href=\"papers/a.pdf\">a</a></li><li><a href=\"papers/b.pdf\">"), "{told}");
        assert!(!told.contains("papers/c.pdf"));
    }

    #[test]
    fn stages_are_counted_by_study_and_layer() {
        let stage = |id: &str| Stage { id: id.into(), took_ms: Some(1_500), ..Stage::default() };
        let run = Run { stages: vec![stage("a/clean/x"), stage("a/clean/y"), stage("b/odd/z")], ..Run::default() };
        let told = stages(&run).into_string();
        assert!(told.contains("<b>2</b> <small>3.0 s</small>") && told.contains(">odd</th>"), "{told}");
    }
}
