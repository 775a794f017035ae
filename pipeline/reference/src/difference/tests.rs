use proptest::prelude::*;

use super::*;

fn found(path: &str, committed: &str, made: &str) -> Vec<String> {
    let read = |text: &str| Content::read(path, text.as_bytes()).unwrap();
    let found = differences(&read(committed), &read(made));
    found.iter().map(ToString::to_string).collect()
}

const FIGURE: &str = "series,x [s],y [J]\nOdd,1,2.5\nOdd,2,3.5\nEven,1,0.1\n";

#[test]
fn a_moved_point_is_told_with_its_series_and_by_how_much() {
    assert_eq!(found("f.csv", FIGURE, FIGURE), Vec::<String>::new());
    let moved = found("f.csv", FIGURE, &FIGURE.replace("3.5", "3.85"));
    assert_eq!(moved, ["series `Odd`, point 2, y [J]: 3.5 → 3.85 (+10.000 %)"]);
    let slightly = found("f.csv", FIGURE, &FIGURE.replace("3.5", "3.50000035"));
    assert_eq!(slightly, ["series `Odd`, point 2, y [J]: 3.5 → 3.50000035 (relative +1.0e-7)"]);
}

#[test]
fn the_last_bit_is_no_difference() {
    assert!(found("f.csv", FIGURE, &FIGURE.replace("3.5", "3.5000000000000004")).is_empty());
    let json = r#"{"values": {"slope": 0.1}}"#;
    assert!(found("r.json", json, &json.replace("0.1", "0.10000000000000002")).is_empty());
}

#[test]
fn series_are_told_apart_from_each_other() {
    let more = FIGURE.replace("Even,1,0.1\n", "Even,1,0.1\nEven,2,0.2\n");
    assert_eq!(found("f.csv", FIGURE, &more), ["series `Even`, points: 1 → 2"]);
    let renamed = found("f.csv", FIGURE, &FIGURE.replace("Even", "even"));
    assert_eq!(renamed, ["series `Even`, rows: 1 → nothing", "series `even`, rows: nothing → 1"]);
    assert_eq!(found("t.csv", "a,b\n1,2\n", "a,b\n1,3\n"), ["row 1, b: 2 → 3 (+50.000 %)"]);
    assert_eq!(found("t.csv", "a,b\n1,2\n", "a,c\n1,2\n"), ["columns: a, b → a, c"]);
    assert_eq!(found("t.csv", "a\n1\n", "a\n1\n2\n"), ["the table, rows: 1 → 2"]);
}

#[test]
fn a_record_is_told_by_names() {
    let record = r#"{"rows": [["L4", 1.5, null]], "series": [{"name": "Odd", "y": [1, 2.5]}], "note": "x"}"#;
    let changed = record.replace("1.5", "1.8").replace("2.5", "2.0").replace("\"x\"", "\"z\"").replace("null", "7");
    let told = found("r.json", record, &changed);
    let expected = [
        "note: `x` → `z`",
        "rows[0 `L4`][1]: 1.5 → 1.8 (+20.000 %)",
        "rows[0 `L4`][2]: null → 7",
        "series[0 `Odd`].y[1]: 2.5 → 2 (-20.000 %)",
    ];
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    assert_eq!(found("r.json", "[1]", "[1, 2]"), ["the whole, entries: 1 → 2"]);
    assert_eq!(found("r.json", r#"{"a": 1}"#, r#"{"b": 1}"#), ["a: 1 → nothing", "b: nothing → 1"]);
}

#[test]
fn numbers_in_a_text_are_told_by_their_line() {
    let chart = "{\"y\": [0.5, 0.1]}\nMean: 3\n";
    assert!(found("c.js", chart, &chart.replace("0.1", "0.10000000000000002")).is_empty());
    let moved = found("c.js", chart, &chart.replace("0.1", "0.2"));
    assert_eq!(moved, ["line 1, number 2: 0.1 → 0.2 (+100.000 %)"]);
    assert_eq!(found("c.md", chart, &chart.replace("Mean", "Sum")), ["line 2: `Mean: 3` → `Sum: 3`"]);
    assert_eq!(found("c.md", chart, &format!("{chart}\n")), ["lines: 2 → 3"]);
}

#[test]
fn digests_are_left_to_the_files_that_they_are_of() {
    let of = |digit: char| format!(r#"{{"sha256": "{}"}}"#, digit.to_string().repeat(64));
    assert!(found("p.json", &of('a'), &of('b')).is_empty());
    assert_eq!(found("p.json", &of('a'), r#"{"sha256": "none"}"#).len(), 1);
}

proptest! {
    #[test]
    fn a_table_is_the_same_as_itself_and_not_as_one_with_a_number_moved(
        numbers in prop::collection::vec(-1e12_f64..1e12, 1..20),
        place in any::<prop::sample::Index>(),
        by in 1e-8_f64..10.0,
    ) {
        let write = |numbers: &[f64]| {
            let rows: String = numbers.iter().map(|number| format!("a,{number}\n")).collect();
            format!("series,y\n{rows}")
        };
        let place = place.index(numbers.len());
        prop_assume!(numbers[place].abs() > 1e-9);
        let mut moved = numbers.clone();
        moved[place] *= 1.0 + by;
        let (before, after) = (write(&numbers), write(&moved));
        prop_assert!(found("f.csv", &before, &before).is_empty());
        prop_assert_eq!(found("f.csv", &before, &after).len(), 1);
        let numbers = |text: &str| Content::read("f.csv", text.as_bytes()).unwrap().numbers();
        prop_assert_eq!(numbers(&before), numbers(&before));
        prop_assert_ne!(numbers(&before), numbers(&after));
    }
}
