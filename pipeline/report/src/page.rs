//! Puts the parts of the page together.

use maud::{Markup, html};

use crate::Fragment;
use crate::html::words;
use crate::overview;
use crate::pack;
use crate::run::Run;

/// What there is of one study.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Name of the study.
    pub study: String,
    /// What the page shows of it, or why there is nothing to show.
    pub fragment: Result<Fragment, String>,
    /// Why what is shown may not be what a build would make now.
    pub reservation: Option<String>,
}

/// The page: a [shell](crate::shell) with what there is of each study, and of the machine.
pub fn page(shell: &str, studies: &[Part], run: &Run) -> String {
    let shown: Vec<&Fragment> = studies.iter().filter_map(|part| part.fragment.as_ref().ok()).collect();
    let each = |of: fn(&Fragment) -> &str| shown.iter().map(|fragment| of(fragment)).collect::<String>();
    let mut packs = String::new();
    for (name, packed) in shown.iter().flat_map(|fragment| &fragment.packs) {
        packs.push_str(&pack::island(name, packed).into_string());
    }
    // A run is numbers and texts: it has a JSON form.
    let json = serde_json::to_string(run).unwrap_or_default();
    packs.push_str(&pack::island("run", &pack::pack(&json)).into_string());
    fill(
        shell,
        &[
            ("verdict", &overview::verdict(studies, run).into_string()),
            ("claims", &each(|fragment| &fragment.claims)),
            ("besides", &besides(&each(|fragment| &fragment.besides)).into_string()),
            ("figures", &parts_of(studies, "figures", |fragment| &fragment.figures).into_string()),
            ("tables", &parts_of(studies, "tables", |fragment| &fragment.tables).into_string()),
            ("stages", &overview::stages(run).into_string()),
            ("made", &overview::made(run).into_string()),
            ("cite", &overview::cite(run, &each(|fragment| &fragment.reference)).into_string()),
            ("packs", &packs),
        ],
    )
}

/// The rows of the claims table that are of no published value, below a heading of their own.
fn besides(rows: &str) -> Markup {
    html! {
        @if !rows.is_empty() {
            tbody.besides role="rowgroup" {
                tr role="row" { th role="rowheader" scope="rowgroup" colspan="8" { "Checked besides: not published" } }
            }
            (maud::PreEscaped(rows))
        }
    }
}

/// One part of each study, below a heading that can be folded.
fn parts_of(studies: &[Part], kind: &str, of: fn(&Fragment) -> &str) -> Markup {
    html! {
        @for Part { study, fragment, .. } in studies {
            @match fragment {
                Ok(fragment) if of(fragment).is_empty() => {}
                Ok(fragment) => {
                    details.of-study open[kind == "figures"] {
                        summary { h3 id={ (kind) "-" (study) } { (study) } }
                        (maud::PreEscaped(of(fragment)))
                    }
                }
                Err(reason) => p.note.bad { strong { (study) } ": " (words(reason)) }
            }
        }
    }
}

/// A template with texts in their places, `<!-- put: NAME -->`. Other places are left.
pub(crate) fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let (open, close) = ("<!-- put: ", " -->");
    let mut out = String::with_capacity(template.len() + texts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = template;
    while let Some(at) = rest.find(open) {
        let (before, place) = rest.split_at(at);
        out.push_str(before);
        let name = place[open.len()..].split(close).next().unwrap_or_default();
        let end = open.len() + name.len() + close.len();
        match texts.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => out.push_str(text),
            None => out.push_str(place.get(..end).unwrap_or(place)),
        }
        rest = place.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_into_their_places_and_other_places_stay() {
        let template = "a<!-- put: x -->b<!-- put: y -->c<!-- other -->";
        assert_eq!(fill(template, &[("x", "<!-- put: y -->1")]), "a<!-- put: y -->1b<!-- put: y -->c<!-- other -->");
        assert_eq!(fill("a<!-- put: x", &[("x", "1")]), "a1", "even where it is not closed");
    }
}
