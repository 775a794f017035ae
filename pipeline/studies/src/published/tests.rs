use super::*;

const STUDIES: [(&str, usize, usize); 5] = [
    // Entries, of which derived.
    ("tinyml-mcu", 52, 0),
    ("vision-inference", 88, 0),
    ("module-energy", 150, 9),
    ("edge-layers", 52, 1),
    ("aipowermeter", 55, 10),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper/published")
}

fn parse(text: &str) -> Result<Published, PublishedError> {
    Published::parse(Path::new("s.toml"), text)
}

/// A file with one entry that has these fields beside the required ones.
fn with_entry(fields: &str) -> Result<Published, PublishedError> {
    let head =
        "study = \"s\"\n\n[[entry]]\nid = \"e\"\nkind = \"table\"\nsource = \"cell 1\"\nstatus = \"recomputable\"\n";
    parse(&format!("{head}{fields}\n"))
}

fn message(result: Result<Published, PublishedError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn every_file_of_published_values_is_read_in_full() {
    for (study, entries, derived) in STUDIES {
        let file = folder().join(format!("{study}.toml"));
        let text = std::fs::read_to_string(&file).unwrap();
        let published = Published::read(&file).unwrap();
        assert_eq!(published.study, study);
        assert_eq!(published.entries.len(), entries, "{study}");
        let headings = |name: &str| text.lines().filter(|line| line.trim() == name).count();
        assert_eq!(headings("[[entry]]"), entries - derived, "{study}");
        assert_eq!(published.entries.iter().filter(|entry| entry.derived).count(), derived, "{study}");
        assert_eq!(published.quirks.len(), headings("[[quirk]]"), "{study}");
    }
}

#[test]
fn the_summary_of_tinyml_mcu_agrees_with_its_entries() {
    let published = Published::read(&folder().join("tinyml-mcu.toml")).unwrap();
    let text = std::fs::read_to_string(&published.file).unwrap();
    let summary = Fields::parse(&published.file, &text).unwrap();
    let stated =
        |name: &str| -> usize { summary.at(&["summary", name]).unwrap().as_token().unwrap().text().parse().unwrap() };
    let count = |wanted| published.entries.iter().filter(|entry| entry.recomputable == wanted).count();
    assert_eq!(published.entries.len(), stated("entries"));
    assert_eq!(count(Recomputable::Yes), stated("recomputable"));
    assert_eq!(count(Recomputable::Partly), stated("partly"));
    assert_eq!(count(Recomputable::No), stated("not_recomputable"));
}

#[test]
fn an_entry_has_values_exactly_if_the_file_shows_some() {
    for (study, ..) in STUDIES {
        let published = Published::read(&folder().join(format!("{study}.toml"))).unwrap();
        for entry in &published.entries {
            let holds = |name: &str| match entry.fields.get(name) {
                Some(Value::List(items)) => !items.is_empty(),
                Some(Value::Table(_)) => true,
                _ => false,
            };
            let shown = ["rows", "values", "values_text", "order", "series", "points"].into_iter().any(holds)
                || entry.fields.get("slope").is_some()
                || entry.fields.get("value").is_some();
            assert_eq!(entry.expected != Expected::Nothing, shown, "{study}: {}", entry.id);
        }
    }
}

#[test]
fn printed_numbers_keep_their_text_and_place() {
    let published = Published::read(&folder().join("tinyml-mcu.toml")).unwrap();
    let entry = published.entry("fig2.l4.resnet.table").unwrap();
    let Expected::Table(rows) = &entry.expected else { panic!("a table") };
    assert!(entry.has_row_labels());
    assert_eq!(rows[1][2].text(), "12090.50392");
    assert!(rows[0][2].is_missing());
    assert_eq!(entry.rows_total, Some(4));

    let entry = published.entry("fig7.f4.regression").unwrap();
    let Expected::Values(values) = &entry.expected else { panic!("values") };
    let names: Vec<_> = values.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["slope", "intercept", "rvalue", "pvalue", "stderr"]);
    assert_eq!(values[3].1.text(), "2.2489780068932132e-256");
    assert_eq!(entry.n, Some(176));

    let entry = published.entry("fig6.absolute.figure").unwrap();
    let Expected::Drawing(drawing) = &entry.expected else { panic!("a drawing") };
    assert_eq!(drawing.series.len(), 9);
    assert_eq!(drawing.y_span, Some(1432.9379 + 72.524736));
    assert_eq!(entry.tolerance.band_spread, Some(0.076));
    assert_eq!(published.entry("fig5.frame").unwrap().shape, Some([588, 4]));

    let path = ["per_class", "fig5.true_flops.modulo 4", "slope"];
    let quirk = published.fields_of("pooled-classes").unwrap();
    assert_eq!(quirk.at(&path).unwrap().as_token().unwrap().text(), "1.9238554454985125e-08");
}

#[test]
fn the_other_studies_keep_their_shapes() {
    let read = |study: &str| Published::read(&folder().join(format!("{study}.toml"))).unwrap();
    let vision = read("vision-inference");
    let Expected::Table(rows) = &vision.entry("inf.t01").unwrap().expected else { panic!("a table") };
    assert_eq!(rows[1][1].text(), "6.351510e+09", "as the original shows it");
    assert_eq!(
        vision.entry("inf.t01").unwrap().source,
        "Vision models inference analysis.ipynb at e7abb3e, cell 3 In [3]"
    );

    let edge = read("edge-layers");
    let order = edge.entry("seed.pool.order").unwrap();
    assert_eq!(order.columns.as_deref(), Some(&["order".to_owned()][..]));
    let Expected::Values(values) = &edge.entry("upstream.tuning.pool_power").unwrap().expected else {
        panic!("values")
    };
    assert_eq!((values[3].0.as_str(), values[3].1.text()), ("r2_score", "0.6680917520358511"));

    let aipowermeter = read("aipowermeter");
    let entry = aipowermeter.entry("upstream.resnet50.fig.mem_use_abs").unwrap();
    let Expected::Points(points) = &entry.expected else { panic!("points") };
    assert_eq!((points.points.len(), points.reading_error), (9, 7.4e5));

    let module = read("module-energy");
    let entry = module.entry("derived.log.missed").unwrap();
    let Expected::Table(rows) = &entry.expected else { panic!("a table") };
    assert_eq!(rows[0][1].text(), "[117, 488]");
}

#[test]
fn errors_name_file_line_entry_and_field() {
    let cases = [
        (
            "columns = [\"a\"]\nrows = [[\"1\"], [\"2\", \"3\"]]",
            "s.toml:9: entry `e`: `rows`: row 1 has 2 cells, expected 1",
        ),
        ("columns = [\"a\"]\nrows = [[\"1\", \"2\", \"3\"]]", "`rows`: rows have 3 cells for 1 columns"),
        ("rows = [[\"1\"]]", "`rows`: needs `columns`"),
        ("columns = [\"a\"]\nrows = [[\"1\"]]\nrows_total = 2", "`rows`: 1 rows, but `rows_total` says 2"),
        ("columns = \"a\"", "s.toml:8: entry `e`: `columns`: expected a list, found `a`"),
        ("rows_total = \"many\"", "`rows_total`: expected a count, found `many`"),
        ("values_on_file = 1", "`values_on_file`: expected true or false, found `1`"),
        ("values = {a = [1]}", "`values`: `a` must be a text or a number"),
        ("columns = [\"a\", \"b\"]\nvalues = [\"1\"]", "`values`: has 1 values for 2 columns"),
        ("points = [[1, \"2\"]]", "`reading_error`: is missing"),
        ("points = [[1, \"two\"]]\nreading_error = \"0.1\"", "`points`: `1`, `two` are not numbers"),
        ("series = [{role = \"scatter\"}]", "`series`: `key`: is missing"),
        ("series = [{key = \"a\", role = \"blob\"}]", "expected the role"),
        ("series = [{key = \"a\", role = \"path\", x = [1], y = []}]", "`series`: `a`: `y` has 0 values, expected 1"),
        ("series = [{key = \"a\", role = \"path\", x = [1], y = [1]}]", "`a` lies on an axis without"),
        ("series = [{key = \"a\", role = \"path\", x = [1], y = [\"?\"]}]", "expected a number, found `?`"),
        ("digits = \"rounded\"", "`digits`: expected `cut`, found `rounded`"),
        ("x_axis = {scale = \"polar\"}\nseries = []", "`x_axis`: expected the scale"),
    ];
    for (fields, expected) in cases {
        let message = message(with_entry(fields));
        assert!(message.contains(expected), "{message}");
        assert!(message.starts_with("s.toml:") && message.contains("entry `e`"), "{message}");
    }
}

#[test]
fn errors_of_the_file_are_told() {
    let twice = "[[entry]]\nid = \"e\"\nkind = \"scalar\"\nsource = \"s\"\nstatus = \"partly\"\n";
    let cases = [
        ("study = ".to_owned(), "s.toml:1:"),
        ("study = \"s\"\nentry = 1".to_owned(), "expected a list"),
        ("study = \"s\"".to_owned(), "at least one [[entry]]"),
        ("schema = 2\nstudy = \"s\"".to_owned(), "`schema`: expected 1, found `2`"),
        (format!("study = \"s\"\n{twice}{twice}"), "s.toml:8: entry `e`: `id`: an earlier entry has the same id"),
        (format!("study = \"s\"\n[summary]\nentries = 2\n{twice}"), "says 2, but the file has 1 entries"),
        (twice.replace("scalar", "poem"), "`study`: is missing"),
        (format!("study = \"s\"\n{}", twice.replace("scalar", "poem")), "found `poem`"),
        (format!("study = \"s\"\n{}", twice.replace("partly", "maybe")), "found `maybe`"),
        (format!("study = \"s\"\n{}", twice.replace("id = \"e\"", "")), "entry number 1: `id`: is missing"),
    ];
    for (text, expected) in cases {
        let message = message(parse(&text));
        assert!(message.contains(expected), "{message}");
    }
    // A file of another kind that lies in the same folder.
    let message = message(Published::read(&folder().join("tinyml-mcu-frames.toml")));
    assert!(message.contains("at least one [[entry]]"), "{message}");
    let message = self::message(Published::read(&folder().join("absent.toml")));
    assert!(message.contains("absent.toml: cannot be read"), "{message}");
}
