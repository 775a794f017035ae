use super::*;

/// SHA-256 of nothing: any 64 hex digits would do.
const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A correct `sources.toml` of study `demo`: line 4 starts its first entry.
fn document() -> String {
    format!(
        r#"schema = 1
study = "demo"

[[file]]
path = "data/a.csv"
bytes = 12
sha256 = "{SHA256}"
repository = "owner/name"
commit = "{COMMIT}"
upstream_path = "data/a+b (1).csv"
note = "a remark"

[[file]]
path = "b.csv"
bytes = 0
sha256 = "{SHA256}"
repository = "other/name.rs"
commit = "{COMMIT}"
upstream_path = "b.csv"
read_by = "cell 3"
"#
    )
}

fn parse(text: &str) -> Result<Sources, SourcesError> {
    Sources::parse(text, "demo", Path::new("raw/demo/sources.toml"))
}

/// The message for the correct document with `from` replaced by `to` once.
fn message_with(from: &str, to: &str) -> String {
    let changed = document().replacen(from, to, 1);
    assert_ne!(changed, document(), "{from} is not in the document");
    parse(&changed).expect_err(to).to_string()
}

#[test]
fn reads_every_field() {
    let text = document()
        + "[licence]\nstatement = \"none\"\n[[missing]]\nname = \"x.log\"\nholds = \"power\"\nwhy = \"lost\"\ncolumns = [\"t\"]\n";
    let sources = parse(&text).expect("a correct document");
    assert_eq!(sources.study, "demo");
    assert_eq!(sources.licence["statement"], "none");
    assert_eq!(
        sources.missing,
        [MissingInput { name: "x.log".into(), holds: "power".into(), why: "lost".into(), upstream_says: None }]
    );
    assert_eq!(
        sources.files,
        [
            Pin {
                path: "data/a.csv".into(),
                bytes: 12,
                sha256: SHA256.into(),
                repository: "owner/name".into(),
                commit: COMMIT.into(),
                upstream_path: "data/a+b (1).csv".into(),
                read_by: None,
                line: 5,
            },
            Pin {
                path: "b.csv".into(),
                bytes: 0,
                sha256: SHA256.into(),
                repository: "other/name.rs".into(),
                commit: COMMIT.into(),
                upstream_path: "b.csv".into(),
                read_by: Some("cell 3".into()),
                line: 14,
            },
        ]
    );
    assert_eq!(sources.total_bytes(), 12);
    assert_eq!(sources.pin("b.csv").map(|pin| pin.line), Some(14));
    assert_eq!(sources.pin("c.csv"), None);
    assert_eq!(sources.files[0].below(Path::new("raw/demo")), Path::new("raw").join("demo").join("data").join("a.csv"));
}

#[test]
fn refuses_paths_that_leave_the_folder() {
    for (path, expected) in [
        ("", "the path of a file"),
        ("/etc/passwd", "a relative path"),
        ("C:/data.csv", "a relative path"),
        ("../b.csv", "a path without `..`"),
        ("data/../../b.csv", "a path without `..`"),
        ("data/..", "a path without `..`"),
        ("data//b.csv", "without empty parts"),
        ("./b.csv", "without empty parts"),
        ("data/", "without empty parts"),
        (r"data\\b.csv", "no backslash"),
        (r"data/b\u0000.csv", "without control characters"),
        (r"b\n.csv", "without control characters"),
    ] {
        let key_line = [("path = \"b.csv\"", "path", 14), ("upstream_path = \"b.csv\"", "upstream_path", 19)];
        for (from, key, line) in key_line {
            let message = message_with(&format!("\n{from}"), &format!("\n{key} = \"{path}\""));
            assert!(message.starts_with(&format!("raw/demo/sources.toml:{line}: {key} = ")), "{message}");
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[test]
fn refuses_the_names_that_fetch_uses() {
    for name in ["sources.toml", "Sources.TOML", ".fetch.lock", "data/.a.csv.partial"] {
        let message = message_with("\npath = \"b.csv\"", &format!("\npath = \"{name}\""));
        assert!(message.contains(":14: path") && message.contains("`fetch` itself uses"), "{message}");
    }
    // Only the files of the folder itself: upstream may well have one of that name further down.
    let below = document().replacen("\"b.csv\"", "\"data/sources.toml\"", 1);
    assert!(parse(&below).is_ok());
}

#[test]
fn refuses_two_files_in_one_place() {
    let same = message_with("\"b.csv\"", "\"data/a.csv\"");
    assert_eq!(
        same,
        "raw/demo/sources.toml:14: path = \"data/a.csv\": expected a path of its own: line 5 has \"data/a.csv\""
    );
    let case = message_with("\"b.csv\"", "\"Data/A.csv\"");
    assert!(case.contains(":14:") && case.contains("line 5 has \"data/a.csv\""), "{case}");
    for (from, to, at, other) in [("\"b.csv\"", "\"data\"", 5, 14), ("\"b.csv\"", "\"data/a.csv/c\"", 14, 5)] {
        let message = message_with(from, to);
        assert!(message.contains(&format!(":{at}: path")), "{message}");
        assert!(message.contains(&format!("not below the file of line {other}")), "{message}");
    }
}

#[test]
fn refuses_bad_values_with_their_line() {
    for (from, to, expected) in [
        (SHA256, "abc", ":7: sha256 = \"abc\": expected 64 lower-case hex digits"),
        ("e3b0", "E3B0", ":7: sha256"),
        ("e3b0", "g3b0", ":7: sha256"),
        (COMMIT, "main", ":9: commit = \"main\": expected the 40"),
        ("owner/name", "owner", ":8: repository = \"owner\": expected owner/name"),
        ("owner/name", "owner/../name", ":8: repository"),
        ("owner/name", "owner/..", ":8: repository"),
        ("owner/name", "https://host/name", ":8: repository"),
        ("\"demo\"", "\"other\"", ":2: study = \"other\": expected \"demo\""),
        ("schema = 1", "schema = 2", ":1: schema = \"2\": expected 1"),
    ] {
        let message = message_with(from, to);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn names_the_line_of_bad_syntax_and_types() {
    for (from, to, line, expected) in [
        ("bytes = 12", "bytes = -1", 6, "-1"),
        ("bytes = 12", "bytes = \"12\"", 6, "string"),
        ("bytes = 12", "bytes = ", 6, "expected"),
        ("bytes = 12\n", "", 4, "missing field `bytes`"),
        ("path = \"b.csv\"\n", "", 13, "missing field `path`"),
        ("study = \"demo\"", "", 1, "missing field `study`"),
        ("schema = 1", "", 1, "no `schema = 1`"),
        ("bytes = 0", "bytes = 0\nbytes = 0", 16, "duplicate key"),
    ] {
        let message = message_with(from, to);
        assert!(message.contains(&format!("sources.toml:{line}: ")), "{to:?}: {message}");
        assert!(message.contains(expected), "{to:?}: {message}");
    }
    let empty = parse("schema = 1\nstudy = \"demo\"\n[[files]]\n").expect_err("no [[file]]");
    assert!(empty.to_string().contains("no [[file]] entry"), "{empty}");
    let pinned = parse("schema = 1\nstudy = \"demo\"\nfile = []\n").expect("nothing is pinned yet");
    assert!(pinned.files.is_empty());
}

#[test]
fn another_schema_is_not_blamed_for_its_keys() {
    let error = parse("schema = 7\nwhatever = true\n").expect_err("schema 7");
    assert!(error.to_string().contains(":1: schema = \"7\""), "{error}");
}

/// A root with a `sources.toml` for each `(study, text)`.
fn root_with(studies: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (study, text) in studies {
        let folder = raw_folder(root.path(), study);
        std::fs::create_dir_all(&folder).expect("the folder of the study");
        std::fs::write(folder.join("sources.toml"), text).expect("sources.toml");
    }
    root
}

#[test]
fn finds_the_pinned_studies() {
    let demo = document();
    let other = demo.replace("\"demo\"", "\"a-2\"");
    let root = root_with(&[("demo", &demo), ("a-2", &other), ("No Study", &demo)]);
    std::fs::create_dir(root.path().join("raw").join("empty")).expect("an empty folder");
    assert_eq!(pinned_studies(root.path()).expect("a listing"), ["a-2", "demo"]);

    let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let all = Sources::load_all(root.path(), &[]).expect("all");
    assert_eq!(all.iter().map(|s| s.study.as_str()).collect::<Vec<_>>(), ["a-2", "demo"]);
    let twice = Sources::load_all(root.path(), &names(&["demo", "demo"])).expect("one");
    assert_eq!(twice.len(), 1);
    assert_eq!(twice[0].file, root.path().join("raw").join("demo").join("sources.toml"));

    let unknown = Sources::load_all(root.path(), &names(&["demo", "nope"])).expect_err("nope");
    let message = unknown.to_string();
    assert!(message.contains("`nope`") && message.ends_with("studies that have: a-2, demo"), "{message}");
    for name in ["../demo", "", "-x", "a/b", "Demo"] {
        let error = Sources::load(root.path(), name).expect_err(name);
        assert!(matches!(error, SourcesError::StudyName { .. }), "{error}");
    }
}

#[test]
fn says_when_nothing_is_pinned_or_readable() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(pinned_studies(empty.path()).expect("no raw/"), Vec::<String>::new());
    let error = Sources::load_all(empty.path(), &[]).expect_err("no studies");
    assert!(matches!(error, SourcesError::NoStudies { .. }), "{error}");

    let root = root_with(&[("demo", "")]);
    let file = raw_folder(root.path(), "demo").join("sources.toml");
    std::fs::write(&file, b"schema = \xff").expect("bytes that are no UTF-8");
    let error = Sources::load(root.path(), "demo").expect_err("no UTF-8");
    assert!(matches!(error, SourcesError::Read { .. }), "{error}");
    assert!(error.to_string().contains("sources.toml"), "{error}");
}

/// The repository's own pins.
#[test]
fn the_committed_pins_are_correct() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("..");
    for sources in Sources::load_all(&root, &[]).expect("correct pins") {
        assert!(!sources.licence.is_empty(), "{}: no [licence]", sources.study);
        if sources.study == "tinyml-mcu" {
            assert_eq!(sources.files.len(), 12);
            assert_eq!(sources.total_bytes(), 1_453_112);
            assert_eq!(sources.missing.len(), 3);
        }
    }
}
