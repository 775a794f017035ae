//! The figures of a study: the drawing as it is committed, and packs with the same specification for an
//! interactive chart and with the data.

use std::collections::BTreeMap;

use dag::Problem;
use maud::{Markup, PreEscaped, html};
use report::html::{digest, strip, verdict};
use report::pack::pack;
use serde::Serialize;

use super::{Makers, Origin, anchor};
use crate::cx::Cx;
use crate::record::Record;

/// Longer drawings, in bytes, are carried as packs. Without JavaScript they are seen as the files that they
/// are; all others stand in the page itself.
const LONG: usize = 12 << 10;

/// Drawings that are wider, in pt, take the room of two.
const WIDE: f64 = 300.0;

#[derive(Serialize)]
struct Figure<'a> {
    /// The ECharts option as a JavaScript expression.
    option: &'a str,
    csv: &'a str,
    /// The drawing, where it is too long to stand in the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<&'a str>,
}

/// The records of the figures that are drawn, with the names of the drawings.
type Drawn<'a> = [(&'a Record, &'a str)];

/// A card for each figure; their packs are added to `packs`.
pub(super) fn cards(
    cx: &Cx<'_, '_>,
    makers: &Makers,
    records: &[Record],
    packs: &mut BTreeMap<String, String>,
) -> Result<Markup, Problem> {
    let record_of = |name: &str| {
        let file = format!("figures/{name}.svg");
        records.iter().find(|record| record.file.as_deref() == Some(file.as_str()))
    };
    let names = makers.figures.iter().map(|(name, _)| name.as_str());
    let drawn: Vec<(&Record, &str)> = names.filter_map(|name| Some((record_of(name)?, name))).collect();
    let mut cards = Vec::new();
    for (name, stage) in &makers.figures {
        let role = |ending: &str| format!("figures/{name}.{ending}");
        let (svg, csv, option) = (cx.read_text(&role("svg"))?, cx.read_text(&role("csv"))?, cx.read_text(&role("js"))?);
        let figure =
            Figure { option: option.trim_end(), csv: &csv, svg: Some(svg.as_str()).filter(|svg| svg.len() > LONG) };
        let json = serde_json::to_string(&figure).map_err(|error| Problem::new(error.to_string()))?;
        packs.insert(anchor("figure", &makers.study, name), pack(&json));
        let record = record_of(name);
        let [drawing, data] = [Origin::of(cx, &role("svg"), stage)?, Origin::of(cx, &role("csv"), stage)?];
        let made = record.map(|record| Origin::of(cx, &record.id, stage)).transpose()?;
        let origins = [("Drawing", Some(drawing)), ("Data", Some(data)), ("Record", made)];
        let (strip, badge) = match record {
            Some(record) if is_in_part(&csv) => {
                (strip(&format!("in part {}", record.status)), badge(makers, record, &drawn))
            }
            Some(record) => (strip(&record.status.to_string()), badge(makers, record, &drawn)),
            None => (Markup::default(), Markup::default()),
        };
        cards.push(card(makers, &Card { name, stage, svg: &svg, record, strip, badge, origins }));
    }
    let status = cx.status;
    Ok(html! { @if !cards.is_empty() { div.figures data-status=(status) { @for card in &cards { (card) } } } })
}

/// Whether the data tell of a status row by row, and some of them are as published.
fn is_in_part(csv: &str) -> bool {
    let mut lines = csv.lines();
    lines.next().is_some_and(|header| header.ends_with(",status")) && lines.any(|row| row.ends_with(",published data"))
}

/// What tells a figure with an error of the original from the one without it, each with a link to the other.
fn badge(makers: &Makers, record: &Record, drawn: &Drawn<'_>) -> Markup {
    let link = |name: &str| html! { a href={ "#" (anchor("figure", &makers.study, name)) } { (name) } };
    if record.corrected.is_some() || drawn.iter().any(|(other, _)| is_correction(other, record)) {
        let correction = drawn.iter().find(|(other, _)| is_correction(other, record));
        return html! {
            p.badge {
                (verdict("caution", "as published, with an error"))
                @match (correction, &record.corrected) {
                    (Some((_, name)), _) => { " see corrected: " (link(name)) }
                    (None, Some(id)) => { " see corrected: " a href={ "#" (anchor("table", &makers.study, id)) } { (id) } }
                    (None, None) => {}
                }
            }
        };
    }
    let originals: Vec<&str> =
        drawn.iter().filter(|(other, _)| is_correction(record, other)).map(|(_, name)| *name).collect();
    html! {
        @if !originals.is_empty() {
            p.badge {
                (verdict("good", "corrected here"))
                " as published: "
                @for (place, name) in originals.iter().enumerate() { @if place > 0 { ", " } (link(name)) }
            }
        }
    }
}

/// Whether one figure is the other by the correct analysis: the one that it names, `<id>.corrected`, or one of
/// the same quirk that has it as a panel, as `fig2.corrected` has `fig2.l4.lenet`.
fn is_correction(one: &Record, other: &Record) -> bool {
    let Some(whole) = one.id.strip_suffix(".corrected") else { return false };
    let panel = || other.id.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'));
    other.corrected.as_deref() == Some(one.id.as_str())
        || other.id == whole
        || (other.corrected.is_some() && one.quirk == other.quirk && panel())
}

/// What a card says above and below its drawing.
struct Card<'a> {
    name: &'a str,
    /// The stage that draws it.
    stage: &'a str,
    svg: &'a str,
    record: Option<&'a Record>,
    /// What it rests on, where that is not what was published.
    strip: Markup,
    badge: Markup,
    origins: [(&'a str, Option<Origin>); 3],
}

fn card(makers: &Makers, card: &Card<'_>) -> Markup {
    let Card { name, stage, svg, record, origins, .. } = card;
    let title = record.and_then(|record| record.title.as_deref()).unwrap_or(name);
    let id = anchor("figure", &makers.study, name);
    html! {
        figure.card.wide[is_wide(svg)] id=(id) data-width=[size(svg, "width")] data-height=[size(svg, "height")] {
            (card.strip)
            div.drawing {
                noscript {
                    @if svg.len() > LONG {
                        // The page lies in derived/, beside the folder of the figures.
                        @if let Some((_, Some(drawing))) = origins.first() {
                            img loading="lazy" src={ "../" (drawing.path) } alt=(title);
                        }
                    } @else { (PreEscaped(svg)) }
                }
            }
            figcaption {
                b { (title) } " " small { (makers.study) " " (name) }
                (card.badge)
                p.tools {
                    button.live type="button" hidden { "Interactive" }
                    button.data type="button" hidden data-file={ (name) ".csv" } { "Data (CSV)" }
                }
                details {
                    summary { "Where it comes from" }
                    dl.origin {
                        div { dt { "Stage" } dd { a.stage href={ "#stage:" (stage) } { (stage) } } }
                        @if let Some(record) = record {
                            div { dt { "Claim" } dd { a href={ "#" (anchor("claim", &makers.study, &record.id)) } { (record.id) } } }
                        }
                        @for (label, origin) in origins {
                            @if let Some(Origin { path, sha256, .. }) = origin {
                                div { dt { (label) } dd { code { (path) } " " (digest(sha256)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the drawing takes the room of two.
fn is_wide(svg: &str) -> bool {
    size(svg, "width").and_then(|width| width.parse().ok()).is_some_and(|width: f64| width > WIDE)
}

/// A length in the start tag of a drawing, in pt.
fn size<'a>(svg: &'a str, name: &str) -> Option<&'a str> {
    let tag = svg.split('>').next()?;
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::{is_correction, is_in_part, size};
    use crate::record::Record;

    #[test]
    fn a_correction_names_what_it_corrects_or_has_it_as_a_panel() {
        let figure = |id: &str| Record::figure(id).quirk("labels");
        let [fig2, fig5] = ["fig2.corrected", "fig5.figure.corrected"].map(figure);
        let panel = figure("fig2.l4.figure").with_correction();
        assert!(is_correction(&fig2, &panel) && !is_correction(&fig5, &panel) && !is_correction(&panel, &fig2));
        assert!(is_correction(&fig5, &figure("fig5.figure").with_correction()));
        assert!(is_correction(&fig5, &figure("fig5.figure")), "named by its id alone");
        let other = Record::figure("fig2.l4.figure").quirk("another").with_correction();
        assert!(!is_correction(&fig2, &other) && !is_correction(&fig2, &figure("fig2.l4.figure")));
    }

    #[test]
    fn data_of_which_some_are_as_published_are_told_apart() {
        assert!(is_in_part("series,x,status\na,1,published data\nb,1,simulated data\n"));
        assert!(!is_in_part("series,x,status\na,1,simulated data\n") && !is_in_part("series,x\na,1\n"));
    }

    #[test]
    fn the_size_of_a_drawing_stands_in_its_start_tag() {
        let svg = r#"<svg xmlns="x" width="222" height="216.5" viewBox="0 0 9 9"><rect width="1"/></svg>"#;
        assert_eq!((size(svg, "width"), size(svg, "height")), (Some("222"), Some("216.5")));
        assert_eq!(size("<svg><rect width=\"1\"/></svg>", "width"), None);
    }
}
