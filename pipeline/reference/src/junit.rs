//! JUnit's XML, which CI systems show as a list of tests.

use std::fmt::Write as _;

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it belongs to: `tinyml-mcu.figures`.
    pub class: String,
    /// What it is about.
    pub name: String,
    /// How it ended.
    pub result: Outcome,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// Something differs: one line on it, and all lines.
    Failed(String, String),
    /// It could not be looked at: one line on it, and all lines.
    Error(String, String),
    /// There is nothing to look at, and why.
    Skipped(String),
}

/// The report of several suites of tests, each with a name.
pub fn render(suites: &[(&str, Vec<Case>)]) -> String {
    let count = |cases: &[Case], wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.result)).count();
    let failed = |result: &Outcome| matches!(result, Outcome::Failed(..));
    let error = |result: &Outcome| matches!(result, Outcome::Error(..));
    let skipped = |result: &Outcome| matches!(result, Outcome::Skipped(_));
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cargo xtask check\">\n".to_owned();
    for (name, cases) in suites {
        let (failures, errors, skips) = (count(cases, failed), count(cases, error), count(cases, skipped));
        let _ = writeln!(
            xml,
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skips}\">",
            escape(name),
            cases.len()
        );
        cases.iter().for_each(|case| write_case(&mut xml, case));
        xml.push_str("</testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn write_case(xml: &mut String, case: &Case) {
    let _ = write!(xml, "<testcase classname=\"{}\" name=\"{}\"", escape(&case.class), escape(&case.name));
    let mut inner = |element: &str, message: &str, text: &str| {
        let (message, text) = (escape(message), escape(text));
        let _ = writeln!(xml, "><{element} message=\"{message}\">{text}</{element}></testcase>");
    };
    match &case.result {
        Outcome::Passed => xml.push_str("/>\n"),
        Outcome::Failed(message, text) => inner("failure", message, text),
        Outcome::Error(message, text) => inner("error", message, text),
        Outcome::Skipped(message) => inner("skipped", message, ""),
    }
}

/// Text as it may stand in XML 1.0, which has no control characters at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case(name: &str, result: Outcome) -> Case {
        Case { class: "s.figures".into(), name: name.into(), result }
    }

    #[test]
    fn counts_are_those_of_the_cases() {
        let cases = vec![
            case("a", Outcome::Passed),
            case("b", Outcome::Failed("moved".into(), "series `x`, point 1: 1 → 2\nmore".into())),
            case("c", Outcome::Skipped("planned".into())),
            case("d", Outcome::Error("failed".into(), String::new())),
        ];
        let xml = render(&[("reference", cases), ("published values", Vec::new())]);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
        for (attribute, count) in [("tests", "4"), ("failures", "1"), ("errors", "1"), ("skipped", "1")] {
            assert_eq!(suite.attribute(attribute), Some(count), "{attribute}");
        }
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        assert_eq!(failure.text(), Some("series `x`, point 1: 1 → 2\nmore"));
        assert_eq!(document.descendants().filter(|node| node.has_tag_name("testcase")).count(), 4);
    }

    proptest! {
        #[test]
        fn any_text_gives_xml_that_can_be_read(name in any::<String>(), message in any::<String>()) {
            let xml = render(&[("s", vec![case(&name, Outcome::Failed(message.clone(), message))])]);
            prop_assert!(roxmltree::Document::parse(&xml).is_ok(), "{xml}");
        }
    }
}
