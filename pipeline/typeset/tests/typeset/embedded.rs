//! The compiler in process.

use std::thread;

use crate::common::{only, trial};
use typeset::{Backend, Diagnostic, Document, Error, Severity};

fn errors(document: &Document) -> Vec<Diagnostic> {
    match Backend::choose(None).unwrap().pdf(document) {
        Err(Error::Document(found)) => found,
        other => panic!("expected errors of the document, got {other:?}"),
    }
}

#[test]
fn says_what_it_is() {
    assert_eq!(Backend::choose(None).unwrap().identity(), "typst 0.15.1 (embedded)");
}

#[test]
fn bytes_do_not_depend_on_run_or_thread() {
    let document = trial();
    let one = Backend::choose(None).unwrap().pdf(&document).unwrap();
    let backend = Backend::choose(None).unwrap();
    thread::scope(|scope| {
        let others: Vec<_> = (0..3).map(|_| scope.spawn(|| backend.pdf(&document).unwrap())).collect();
        for other in others {
            assert!(other.join().unwrap() == one, "another thread made other bytes");
        }
    });
    let later = backend.pdf(&Document { timestamp: document.timestamp + 1, ..document.clone() }).unwrap();
    assert!(later.bytes != one.bytes, "the timestamp is in the file");
}

#[test]
fn errors_have_place_hints_and_calls() {
    let found = errors(&only("#set document(title: \"t\")\n#let f() = {\n  é + widht\n}\n  #f()"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string().lines().next(), Some("main.typ:3:3: error: unknown variable: é"));
    assert_eq!(found[0].to_string().lines().last(), Some("  while calling `f` at main.typ:5:4"));

    let found = errors(&only("#let x = \n#y-1"));
    assert_eq!(found[0].severity, Severity::Error);
    assert_eq!(found[0].at.as_ref().map(|at| at.line), Some(1));
}

#[test]
fn warnings_are_kept() {
    let pdf = Backend::choose(None)
        .unwrap()
        .pdf(&only("#set document(title: \"t\")\n#set text(font: \"Nowhere Sans\")\nx"))
        .unwrap();
    assert_eq!(pdf.warnings.len(), 1);
    assert_eq!(pdf.warnings[0].to_string(), "main.typ:2:17: warning: unknown font family: nowhere sans");
}

#[test]
fn nothing_but_the_document_can_be_read() {
    for path in ["/etc/hostname", "../main.typ", "../../../../etc/hostname", "missing.typ"] {
        let found = errors(&only(&format!("#read(\"{path}\")")));
        assert_eq!(found.len(), 1, "{path}");
    }
    let found = errors(&only("#import \"@preview/cetz:0.4.0\": canvas"));
    assert_eq!(
        found[0].to_string(),
        "main.typ:1:9: error: failed to load package (packages are not available here)\n  \
         hint: put the package's files into the document and import them by path"
    );
    let pdf = Backend::choose(None).unwrap().pdf(&Document {
        timestamp: 1_709_251_199,
        ..only("#set document(title: \"t\")\n#assert.eq(datetime.today().display(), \"2024-02-29\")\n#assert.eq(datetime.today(offset: 1).display(), \"2024-03-01\")")
    });
    assert_eq!(pdf.unwrap().pages, Some(1));
}

#[test]
fn hostile_files_are_errors() {
    let mut document = only("#include \"b.typ\"");
    document.files.insert("b.typ".into(), vec![0xff, 0xfe, b'x']);
    let found = errors(&document);
    assert_eq!((found[0].message.as_str(), found[0].at.as_ref().unwrap().line), ("file is not valid UTF-8", 1));

    let deep = only(&format!("#set document(title: \"t\")\n{}x{}", "#[".repeat(2000), "]".repeat(2000)));
    assert!(errors(&deep)[0].message.contains("depth"), "nesting without end");
    let endless = only("#let f() = f()\n#f()");
    assert!(errors(&endless)[0].message.contains("call depth"), "a call without end");

    let error = Backend::choose(None).unwrap().pdf(&Document { timestamp: i64::MAX, ..only("x") }).unwrap_err();
    assert!(matches!(error, Error::Timestamp(i64::MAX)), "{error}");
    let error = Backend::choose(None).unwrap().pdf(&Document { main: "a.typ".into(), ..only("x") }).unwrap_err();
    assert!(matches!(error, Error::NoMain { .. }), "{error}");
}
