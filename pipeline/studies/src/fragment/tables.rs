//! The tables, regressions and numbers of a study: a line for each, and the records in a pack.

use dag::Problem;
use maud::{Markup, html};
use report::html::{digest, mark};
use report::pack::pack;

use super::{Makers, Origin, anchor};
use crate::cx::Cx;
use crate::record::Record;

/// The lines, and the pack of the records. Figures that are drawn have a card of their own.
pub(super) fn cards(cx: &Cx<'_, '_>, makers: &Makers, records: &[Record]) -> Result<(Markup, String), Problem> {
    let mut json = String::from("{");
    let mut lines = Vec::new();
    let shown = records.iter().filter(|record| record.file.is_none());
    for record in shown {
        let text = serde_json::to_string(record).map_err(|error| Problem::new(error.to_string()))?;
        let key = serde_json::Value::from(record.id.as_str());
        let comma = if lines.is_empty() { "" } else { "," };
        // Written by hand: the order of a record's values is that of its fields.
        json.push_str(&format!("{comma}{key}:{text}"));
        let stage = makers.records.get(&record.id).map_or("", String::as_str);
        lines.push(line(makers, record, &Origin::of(cx, &record.id, stage)?));
    }
    json.push('}');
    let markup = html! { @if !lines.is_empty() { div.records { @for line in &lines { (line) } } } };
    Ok((markup, pack(&json)))
}

fn line(makers: &Makers, record: &Record, origin: &Origin) -> Markup {
    let Record { id, kind, title, note, .. } = record;
    html! {
        details.record id=(anchor("table", &makers.study, id)) data-record=(id) data-study=(makers.study) {
            summary {
                b { (id) } " " small.kind { (kind) } " " (mark(&record.status.to_string()))
                @if let Some(title) = title { span.title { (title) } }
            }
            @if let Some(note) = note { p.remark { (note) } }
            div.unfolded {}
            dl.origin {
                div { dt { "Stage" } dd { a.stage href={ "#stage:" (origin.stage) } { (origin.stage) } } }
                div { dt { "Claim" } dd { a.claim href={ "#" (anchor("claim", &makers.study, id)) } { (id) } } }
                div { dt { "Record" } dd { code { (origin.path) } " " (digest(&origin.sha256)) } }
            }
        }
    }
}
