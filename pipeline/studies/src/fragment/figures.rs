//! The figures of a study: the drawing as it is committed, and packs with the same specification for an
//! interactive chart and with the data.

use std::collections::BTreeMap;

use dag::Problem;
use maud::{Markup, PreEscaped, html};
use report::html::{digest, strip};
use report::pack::pack;
use serde::Serialize;

use super::{Makers, Origin, anchor};
use crate::cx::Cx;
use crate::record::Record;

/// Longer drawings, in bytes, are carried as packs. Without JavaScript they are seen as the files that they
/// are; all others stand in the page itself.
const LONG: usize = 24 << 10;

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

/// A card for each figure; their packs are added to `packs`.
pub(super) fn cards(
    cx: &Cx<'_, '_>,
    makers: &Makers,
    records: &[Record],
    packs: &mut BTreeMap<String, String>,
) -> Result<Markup, Problem> {
    let mut cards = Vec::new();
    for (name, stage) in &makers.figures {
        let role = |ending: &str| format!("figures/{name}.{ending}");
        let (svg, csv, option) = (cx.read_text(&role("svg"))?, cx.read_text(&role("csv"))?, cx.read_text(&role("js"))?);
        let figure =
            Figure { option: option.trim_end(), csv: &csv, svg: Some(svg.as_str()).filter(|svg| svg.len() > LONG) };
        let json = serde_json::to_string(&figure).map_err(|error| Problem::new(error.to_string()))?;
        packs.insert(anchor("figure", &makers.study, name), pack(&json));
        let drawn = role("svg");
        let record = records.iter().find(|record| record.file.as_deref() == Some(drawn.as_str()));
        let [drawing, data] = [Origin::of(cx, &role("svg"), stage)?, Origin::of(cx, &role("csv"), stage)?];
        let made = record.map(|record| Origin::of(cx, &record.id, stage)).transpose()?;
        let origins = [("Drawing", Some(drawing)), ("Data", Some(data)), ("Record", made)];
        cards.push(card(makers, name, &svg, record, stage, &origins));
    }
    let status = cx.status;
    Ok(html! { @if !cards.is_empty() { div.figures data-status=(status) { @for card in &cards { (card) } } } })
}

fn card(
    makers: &Makers,
    name: &str,
    svg: &str,
    record: Option<&Record>,
    stage: &str,
    origins: &[(&str, Option<Origin>)],
) -> Markup {
    let title = record.and_then(|record| record.title.as_deref()).unwrap_or(name);
    let status = record.map(|record| record.status.to_string()).unwrap_or_default();
    let id = anchor("figure", &makers.study, name);
    html! {
        figure.card.wide[is_wide(svg)] id=(id) data-width=[size(svg, "width")] data-height=[size(svg, "height")] {
            @if !status.is_empty() { (strip(&status)) }
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
    use super::size;

    #[test]
    fn the_size_of_a_drawing_stands_in_its_start_tag() {
        let svg = r#"<svg xmlns="x" width="222" height="216.5" viewBox="0 0 9 9"><rect width="1"/></svg>"#;
        assert_eq!((size(svg, "width"), size(svg, "height")), (Some("222"), Some("216.5")));
        assert_eq!(size("<svg><rect width=\"1\"/></svg>", "width"), None);
    }
}
