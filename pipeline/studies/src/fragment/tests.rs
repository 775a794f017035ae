//! What is claimed on the page is what was found, and nothing looks better than it is.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Makers, claims, verdict};
use crate::campaign::{Campaign, Simulation};
use crate::published::Published;
use crate::record::{Record, Status};
use crate::sources::Sources;
use crate::verify::{Expectation, Place, StudyReport, verify};

fn published() -> Published {
    let entry = |id: &str, status: &str, rest: &str| {
        format!(
            "[[entry]]\nid = \"{id}\"\nkind = \"scalar\"\nsource = \"Table 2 <b>\"\nstatus = \"{status}\"\n{rest}\n"
        )
    };
    let text = [
        "study = \"s\"\n".to_owned(),
        entry("right", "recomputable", "value = \"0.50\""),
        entry("wrong", "recomputable", "value = \"0.70\""),
        entry("lost", "not recomputable", "why = \"no log was kept\""),
    ];
    Published::parse(Path::new("s.toml"), &text.concat()).unwrap()
}

fn records(status: Status) -> Vec<Record> {
    let scalar = |id: &str, value: f64| Record::scalar(id).value("value", value).status(status);
    vec![scalar("right", 0.501), scalar("wrong", 0.61)]
}

fn compared(status: Status, campaign: Campaign) -> StudyReport {
    verify(&published(), &records(status), &[], campaign)
}

fn rows(report: &StudyReport) -> String {
    let stages = ["right", "wrong"].map(|id| (id.to_owned(), format!("s/stats/{id}")));
    let (study, records) = ("s".to_owned(), BTreeMap::from(stages));
    let makers = Makers { study, campaign: Campaign::Published, records, figures: Vec::new() };
    let rows = claims::rows(report, &published(), &makers).unwrap();
    rows.claims.into_string() + &rows.besides.into_string()
}

/// The row with that id.
fn row<'a>(rows: &'a str, id: &str) -> &'a str {
    let start = rows.find(&format!("id=\"{id}\"")).unwrap();
    rows[start..].split("</tr>").next().unwrap()
}

fn card(report: &StudyReport, status: Status) -> String {
    let sources =
        "schema = 1\nstudy = \"s\"\n[[file]]\npath = \"a\"\nbytes = 1\nrepository = \"o/n\"\nupstream_path = \"a\"\n";
    let sources = format!("{sources}sha256 = \"{}\"\ncommit = \"{}\"\n", "a".repeat(64), "b".repeat(40));
    let sources = Sources::parse(&sources, "s", Path::new("sources.toml")).unwrap();
    verdict::card(report, &records(status), &sources).into_string()
}

#[test]
fn a_row_tells_both_values_their_error_and_what_makes_it() {
    let rows = rows(&compared(Status::Published, Campaign::Published));
    let row = |id: &str| row(&rows, &format!("claim:s:{id}"));
    for words in [
        "data-verdict=\"match\"",
        ">0.50<",
        "title=\"0.501\">0.50<",
        ">2.0e-3<",
        "<code>s/<wbr>stats/<wbr>right</code>",
        "1 of 1 value<",
    ] {
        assert!(row("right").contains(words), "{words} in {}", row("right"));
    }
    assert!(row("wrong").contains("data-verdict=\"differs\"") && row("wrong").contains("0 of 1 value<"));
    assert!(row("lost").contains("not recomputable") && row("lost").contains("no log was kept"));
    assert!(rows.contains("Table 2 &lt;b&gt;"), "texts of others are escaped");
    assert!(!rows.contains("class=\"mark\""), "all of it is of published data");
}

#[test]
fn what_was_not_published_is_not_told_as_published() {
    let text = "study = \"s\"\n[[entry]]\nid = \"v\"\nkind = \"scalar\"\nsource = \"Table 1\"\nstatus = \"recomputable\"\n\
                value = \"0.5\"\nin_full = \"0.51\"\n\
                [[derived]]\nid = \"d\"\nkind = \"scalar\"\ntext = \"twice v\"\nvalue = \"1.0\"\n";
    let published = Published::parse(Path::new("s.toml"), text).unwrap();
    let records = [("v", 0.51), ("d", 1.02)].map(|(id, value)| Record::scalar(id).value("value", value));
    let further = Expectation::new("v", &["in_full"], "v", Place::Value("value".to_owned()));
    let report = verify(&published, &records, &[further], Campaign::Published);
    let makers =
        Makers { study: "s".to_owned(), campaign: Campaign::Published, records: BTreeMap::new(), figures: Vec::new() };
    let rows = claims::rows(&report, &published, &makers).unwrap();
    let (claims, besides) = (rows.claims.into_string(), rows.besides.into_string());
    assert_eq!((claims.matches("<tr").count(), besides.matches("<tr").count()), (1, 2));
    assert!(row(&claims, "claim:s:v").contains("data-verdict=\"match\" data-kind=\"scalar\" data-of=\"published\""));
    for (id, name) in [("claim:s:d", "<b>d</b>"), ("further:s:v", "<b>v: further values</b>")] {
        let row = row(&besides, id);
        for words in ["data-verdict=\"as expected\"", "data-of=\"ours\"", "data-label=\"Expected\"", name] {
            assert!(row.contains(words), "{words} in {row}");
        }
        assert!(!row.contains("Published"), "{row}");
    }
    let counts = verdict::counts(&report);
    assert_eq!((counts.artifacts, counts.matched, counts.values, counts.besides), (1, 1, 1, 2));
}

#[test]
fn what_rests_on_other_data_is_marked_at_each_claim_and_in_the_verdict() {
    let report = compared(Status::Reconstructed, Campaign::Published);
    let mark = "<strong class=\"mark\">reconstructed</strong>";
    assert_eq!(rows(&report).matches(mark).count(), 2);
    let told = card(&report, Status::Reconstructed);
    assert!(told.contains(mark) && told.contains("2 of 2 records"), "{told}");

    let simulation = Simulation { seed: 3, scale: 1 };
    let report = compared(Status::Simulated, Campaign::Simulated(simulation));
    let told = card(&report, Status::Simulated);
    assert!(told.contains("SIMULATED raw files (seed 3, scale 1)") && told.contains("simulated data</p>"), "{told}");
    assert!(!told.contains("verdict good"), "{told}");
}

#[test]
fn the_verdict_counts_what_differs_and_what_was_not_compared() {
    let report = compared(Status::Published, Campaign::Published);
    let counts = verdict::counts(&report);
    assert_eq!((counts.artifacts, counts.matched, counts.differ, counts.not_recomputable), (3, 1, 1, 1));
    assert!(counts.is_bad());
    let told = card(&report, Status::Published);
    assert!(
        told.contains("verdict bad")
            && told.contains("1 of 3 artifacts match what was published, in 2 values; 1 differ")
    );
    assert!(told.contains("<b>1</b> not recomputable"), "{told}");
}
