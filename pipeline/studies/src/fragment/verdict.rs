//! The verdict on a study in a card: what matches, what it rests on, and what was not compared.

use maud::{Markup, html};
use report::html::{count, strip, verdict};
use report::{Counts, Tone};

use crate::campaign::Campaign;
use crate::record::{Record, Status};
use crate::sources::Sources;
use crate::verify::{StudyReport, Summary};

/// The verdict in numbers.
pub(super) fn counts(report: &StudyReport) -> Counts {
    let Summary { matched, matched_reconstructed, matched_simulated, .. } = report.summary;
    let own = report.summary.own_checks();
    let missed = report.recovery.as_ref().map_or(0, |recovery| recovery.truths - recovery.recovered);
    Counts {
        simulated_campaign: report.is_simulated(),
        artifacts: report.summary.entries,
        matched: matched - matched_reconstructed - matched_simulated,
        matched_reconstructed,
        matched_simulated,
        differ: report.summary.mismatched,
        no_values: report.summary.no_values,
        not_comparable: report.summary.simulated,
        not_recomputable: report.summary.not_recomputable,
        values: report.summary.values_compared,
        besides: own.held,
        besides_differ: own.failed,
        truths_missed: missed,
    }
}

/// The card.
pub(super) fn card(report: &StudyReport, records: &[Record], sources: &Sources) -> Markup {
    let counts = counts(report);
    let status = records.iter().map(|record| record.status).max().unwrap_or_default();
    let (tone, word) = headline(&counts, status);
    let of = |status: Status| records.iter().filter(|record| record.status == status).count();
    html! {
        @if report.is_simulated() { (strip("simulated")) }
        h3 id={ "verdict:" (report.study) } { (report.study) " " (verdict(tone.class(), word)) }
        @if let Some(title) = &sources.title { p.title { (title) } }
        p { (sentence(report, &counts)) }
        (bar(&counts))
        @for status in [Status::Simulated, Status::Reconstructed] {
            @if of(status) > 0 {
                p.rests {
                    strong.mark { (status.to_string()) } " "
                    (of(status)) " of " (count(records.len(), "record")) " " (what_it_means(status))
                }
            }
        }
        @if let Some(recovery) = &report.recovery { p { (recovery.to_string()) "." } }
        @if !sources.missing.is_empty() {
            details {
                summary { "Not here: " (count(sources.missing.len(), "input")) " of the original" }
                ul { @for input in &sources.missing { li { code { (input.name) } ": " (input.holds) "; " (input.why) } } }
            }
        }
    }
}

/// The worst that is true of it, in a word or two.
fn headline(counts: &Counts, status: Status) -> (Tone, &'static str) {
    match status {
        _ if counts.is_bad() => (Tone::Bad, "differs"),
        _ if counts.simulated_campaign => (Tone::Caution, "simulated"),
        Status::Simulated => (Tone::Caution, "matches, in part on simulated logs"),
        Status::Reconstructed => (Tone::Caution, "matches, in part on reconstructed logs"),
        Status::Published => (Tone::Good, "matches"),
    }
}

/// What there is to say in one sentence, with what is not compared.
fn sentence(report: &StudyReport, counts: &Counts) -> String {
    if let Campaign::Simulated(simulation) = report.campaign {
        return format!(
            "Made from SIMULATED raw files ({simulation}) in the place of the published ones: nothing measured was compared."
        );
    }
    let further = match (counts.besides, counts.besides_differ) {
        (0, 0) => String::new(),
        (held, failed) => {
            format!(" Besides, {held} of {} hold against what was not published.", count(held + failed, "check"))
        }
    };
    let differ = if counts.differ == 0 { "none differs".to_owned() } else { format!("{} differ", counts.differ) };
    format!(
        "{} of {} match what was published, in {}; {differ}.{further}",
        counts.all_matched(),
        count(counts.artifacts, "artifact"),
        count(counts.values, "value")
    )
}

fn what_it_means(status: Status) -> &'static str {
    match status {
        Status::Simulated => {
            "rest on simulated logs: they show how the analysis works, and are no finding about a device."
        }
        Status::Reconstructed => "rest on logs that cannot be had, and are reconstructed from what was published.",
        Status::Published => "",
    }
}

/// The artifacts by verdict, as a bar and as words.
fn bar(counts: &Counts) -> Markup {
    let parts = [
        ("matched", counts.matched, "match"),
        ("reconstructed", counts.matched_reconstructed, "match, reconstructed"),
        ("simulated", counts.matched_simulated, "match, simulated"),
        ("simulated", counts.not_comparable, "simulated, not comparable"),
        ("differ", counts.differ, "differ"),
        ("no-values", counts.no_values, "no values on file"),
        ("lost", counts.not_recomputable, "not recomputable"),
    ];
    let parts = || parts.iter().filter(|(_, number, _)| *number > 0);
    html! {
        div.bar aria-hidden="true" { @for (class, number, _) in parts() { span class=(class) style={ "flex-grow:" (number) } {} } }
        ul.legend { @for (class, number, words) in parts() { li { i class=(class) {} b { (number) } " " (words) } } }
    }
}

/// The study as it is cited.
pub(super) fn reference(sources: &Sources) -> Markup {
    let repository = sources.files.first().map(|pin| (&pin.repository, &pin.commit));
    html! {
        li {
            b { (sources.study) } ": "
            @if !sources.authors.is_empty() { (sources.authors.join(", ")) ". " }
            @if let Some(title) = &sources.title { "“" (title) "”. " }
            @if let Some(arxiv) = &sources.arxiv { "arXiv:" (arxiv) ". " }
            @if let Some((repository, commit)) = repository {
                "Raw data: GitHub, " (repository) ", commit " code title=(commit) { (commit.get(..12).unwrap_or(commit)) } "."
            }
        }
    }
}
