//! The frame of the page: all but what is of a study or of a machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pack;
use crate::page::fill;

const PAGE: &str = include_str!("../page/page.html");
const STYLES: [&str; 3] =
    [include_str!("../page/base.css"), include_str!("../page/parts.css"), include_str!("../page/stages.css")];
/// Runs before anything is drawn.
const EARLY: &str = include_str!("../page/early.js");
/// Run in this order, in one function.
const SCRIPTS: [&str; 6] = [
    include_str!("../page/base.js"),
    include_str!("../page/claims.js"),
    include_str!("../page/figures.js"),
    include_str!("../page/tables.js"),
    include_str!("../page/stages.js"),
    include_str!("../page/start.js"),
];
/// Noto Sans with the letters of the page alone: `page/fonts/README.md` tells how it was made.
const REGULAR: &[u8] = include_bytes!("../page/fonts/noto-sans-regular.woff2");
const BOLD: &[u8] = include_bytes!("../page/fonts/noto-sans-bold.woff2");

/// The frame, with its style, its scripts, its fonts and the chart library (the source of ECharts).
pub fn shell(chart_library: &str) -> String {
    let mut style = String::new();
    for (weight, file) in [(400, REGULAR), (700, BOLD)] {
        let data = STANDARD.encode(file);
        style.push_str(&format!(
            "@font-face{{font-family:\"Noto Sans\";font-weight:{weight};font-display:block;\
             src:url(data:font/woff2;base64,{data}) format(\"woff2\")}}\n"
        ));
    }
    style.extend(STYLES);
    let script = format!("(function () {{\n'use strict';\n{}}})();\n", SCRIPTS.concat());
    let library = pack::island("echarts", &pack::pack(chart_library)).into_string();
    let packs = format!("{library}<!-- put: packs -->");
    fill(PAGE, &[("style", &style), ("early", EARLY), ("packs", &packs), ("script", &script)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_the_page_ends_an_element_early_or_names_another_host() {
        for script in SCRIPTS.iter().chain([&EARLY]) {
            assert!(!script.contains("</script") && !script.contains("<!--"), "{script}");
        }
        let shell = shell("");
        for part in shell.split("://").skip(1) {
            assert!(part.starts_with("www.w3.org/"), "{}", part.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn places_are_left_for_what_comes_later() {
        let shell = shell("library");
        for place in ["verdict", "claims", "figures", "tables", "stages", "made", "cite", "packs"] {
            assert!(shell.contains(&format!("<!-- put: {place} -->")), "{place}");
        }
        assert!(!shell.contains("<!-- put: style -->") && !shell.contains("<!-- put: script -->"));
    }
}
