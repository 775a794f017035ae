//! The command line as a backend: its failures, with scripts that stand in for it, and the real one,
//! if there is one, against the embedded compiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::common::{alone, only, real_typst, trial};
use tempfile::TempDir;
use typeset::{Backend, Error, Pdf, Severity};

/// A script that stands in for typst: it answers `--version`, and does `compile` else.
fn fake(version: &str, compile: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("typst");
    let text = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then\n{version}\nexit\nfi\n{compile}\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

const VERSION: &str = "echo 'typst 0.15.1 (3aa5f8dd)'";

/// What a script that compiles makes of a document.
fn compile(script: &str) -> Result<Pdf, Error> {
    let (_folder, path) = fake(VERSION, script);
    Backend::with_time_limit(Some(path), Duration::from_secs(20)).unwrap().pdf(&only("x"))
}

#[test]
fn a_missing_program_is_named() {
    let error = Backend::choose(Some("/no/such/typst".into())).unwrap_err();
    assert!(matches!(&error, Error::Start { .. }), "{error}");
    assert!(error.to_string().contains("/no/such/typst") && error.to_string().contains("JOULEBOOK_TYPST"), "{error}");
}

#[test]
fn another_program_is_refused() {
    let _alone = alone();
    for answer in [
        "echo git version 2.39.5",
        "echo",
        "echo typst; echo 0.15.1",
        "printf '\\377\\376'",
        "echo 'typst 0.15.1'; exit 3",
    ] {
        let (_folder, path) = fake(answer, "exit 1");
        let error = Backend::choose(Some(path)).unwrap_err();
        assert!(matches!(&error, Error::NotTypst { .. }), "{answer}: {error}");
    }
    let (_folder, path) = fake("echo sorry, too old >&2", "exit 1");
    let error = Backend::choose(Some(path)).unwrap_err();
    assert!(error.to_string().contains("sorry, too old"), "{error}");
}

#[test]
fn another_version_is_named() {
    let _alone = alone();
    let (_folder, path) = fake("echo 'typst 0.14.0 (unknown commit)'", "exit 1");
    assert_eq!(Backend::choose(Some(path)).unwrap().identity(), "typst 0.14.0 (command line)");
    let (_folder, path) = fake(VERSION, "exit 1");
    assert_eq!(Backend::choose(Some(path)).unwrap().identity(), "typst 0.15.1 (command line, 3aa5f8dd)");
}

#[test]
fn diagnostics_become_errors() {
    let _alone = alone();
    let script = "cat >&2 <<'END'
warning: unknown font family: nowhere
  ┌─ main.typ:1:0

error: unknown variable: x
  ┌─ lib/a.typ:3:4
  = hint: define it

  while calling `f` at main.typ:7:0
    f()
END
exit 1";
    let error = compile(script).unwrap_err();
    let Error::Document(found) = &error else { panic!("{error}") };
    assert_eq!(found.len(), 1, "the warning is left out");
    assert_eq!(found[0].severity, Severity::Error);
    assert_eq!(
        error.to_string(),
        "lib/a.typ:3:5: error: unknown variable: x\n  hint: define it\n  while calling `f` at main.typ:7:1"
    );
}

#[test]
fn a_failure_without_diagnostics_is_quoted() {
    let _alone = alone();
    let error = compile("echo Illegal instruction >&2; exit 132").unwrap_err();
    assert!(matches!(&error, Error::Command { output, .. } if output == "Illegal instruction"), "{error}");
    let error = compile("kill -SEGV $$").unwrap_err();
    assert!(matches!(&error, Error::Command { .. }) && error.to_string().contains("signal"), "{error}");
    // However much it prints.
    let error = compile("yes noise | head -c 5000000 >&2; exit 1").unwrap_err();
    assert!(error.to_string().len() < 1000, "{} bytes", error.to_string().len());
}

#[test]
fn a_success_without_a_pdf_is_no_success() {
    let _alone = alone();
    let last = "for out; do :; done";
    for script in ["exit 0".to_owned(), format!("{last}; : > \"$out\""), format!("{last}; echo '<html>' > \"$out\"")] {
        let error = compile(&script).unwrap_err();
        assert!(matches!(&error, Error::NoPdf { .. }), "{script}: {error}");
    }
    let pdf =
        compile(&format!("{last}; echo '%PDF-1.7 <xmpTPg:NPages>3</xmpTPg:NPages>' > \"$out\"; echo 'warning: w' >&2"))
            .unwrap();
    assert_eq!((pdf.pages, pdf.warnings.len()), (Some(3), 1));
}

#[test]
fn a_hanging_program_is_stopped() {
    let _alone = alone();
    let limit = Duration::from_millis(300);
    let started = Instant::now();
    let (_folder, path) = fake(VERSION, "exec sleep 600");
    let error = Backend::with_time_limit(Some(path), limit).unwrap().pdf(&only("x")).unwrap_err();
    assert!(matches!(&error, Error::TimeLimit { .. }) && error.to_string().contains("0.3 s"), "{error}");
    let (_folder, path) = fake("exec sleep 600", "exit 1");
    let error = Backend::with_time_limit(Some(path), limit).unwrap_err();
    assert!(matches!(&error, Error::TimeLimit { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn the_machine_stays_outside() {
    let _alone = alone();
    // The script reports what it was given as the message of an error.
    let error = compile(
        "printf 'error: %s|%s|%s|' \"$(env | grep -c ^TYPST_)\" \"$https_proxy\" \"$PWD\" >&2; printf ' %s' \"$@\" >&2; exit 1",
    )
    .unwrap_err()
    .to_string();
    assert!(error.starts_with("error: 0|http://127.0.0.1:9|"), "{error}");
    for option in [
        "--ignore-system-fonts",
        "--font-path",
        "--package-path",
        "--creation-timestamp=0",
        "--pdf-standard ua-1",
        "--root",
    ] {
        assert!(error.contains(option), "{option}: {error}");
    }
}

#[test]
fn the_trial_typesets() {
    let _alone = alone();
    let Some(program) = real_typst() else {
        println!("skipped: JOULEBOOK_TYPST is not set and there is no `typst` on PATH");
        return;
    };
    let pdf = Backend::choose(Some(program)).unwrap().pdf(&trial()).unwrap();
    assert_eq!((pdf.pages, pdf.warnings), (Some(6), Vec::new()));
}

#[cfg(feature = "embedded")]
mod real {
    use super::*;
    use crate::common::{streams, with_text};
    use typeset::{Document, Standard};

    /// Both backends, if there is a real command line.
    fn both() -> Option<(Backend, Backend)> {
        let Some(program) = real_typst() else {
            println!("skipped: JOULEBOOK_TYPST is not set and there is no `typst` on PATH to compare with");
            return None;
        };
        let pair = (Backend::choose(None).unwrap(), Backend::choose(Some(program)).unwrap());
        println!("comparing {} with {}", pair.0.identity(), pair.1.identity());
        Some(pair)
    }

    #[test]
    fn both_give_the_same_pages() {
        let _alone = alone();
        let Some((embedded, command)) = both() else { return };
        let same_version = command.identity().starts_with("typst 0.15.1 ");
        for standard in [Standard::Plain, Standard::Ua1, Standard::A2a, Standard::Ua1A2a] {
            let document = Document { standard, ..trial() };
            let (ours, theirs) = (embedded.pdf(&document).unwrap(), command.pdf(&document).unwrap());
            assert_eq!((ours.pages, &ours.warnings), (theirs.pages, &theirs.warnings), "{standard:?}");
            // The same but for how they are compressed: that depends on the version of the library
            // for it, which another build of the same typst may have another one of.
            let (our_streams, their_streams) = (streams(&ours), streams(&theirs));
            let same = our_streams == their_streams;
            assert!(our_streams.len() > 20, "{} streams", our_streams.len());
            println!("{standard:?}: {} streams, same: {same}; same bytes: {}", our_streams.len(), ours == theirs);
            assert!(same || !same_version, "{standard:?}: the same version makes other pages");
        }
    }

    #[test]
    fn both_say_the_same_of_errors() {
        let _alone = alone();
        let Some((embedded, command)) = both() else { return };
        let same_version = command.identity().starts_with("typst 0.15.1 ");
        let documents = [
            only("#set document(title: \"t\")\n#let f() = {\n  é + widht\n}\n  #f()"),
            only("#table(columns: \"é\")"),
            only("x #import \"@preview/cetz:0.4.0\": canvas"),
            only("$ x $"),
            only("#let x = \n#y-1\n#(1 + )"),
            with_text("#import \"/template.typ\": *\n#value(\"no.such\", \"slope\")"),
            with_text("#import \"/template.typ\": *\n#made-figure(\"bars.figure\")"),
            with_text("#json(\"verification.json\").x\n#read(\"../x\")"),
        ];
        for document in documents {
            let (ours, theirs) = (embedded.pdf(&document).unwrap_err(), command.pdf(&document).unwrap_err());
            let (Error::Document(ours), Error::Document(theirs)) = (&ours, &theirs) else {
                panic!("not of the document: {ours}; {theirs}")
            };
            if same_version {
                assert_eq!(ours, theirs);
            } else {
                assert_eq!(ours.first().map(|found| &found.at), theirs.first().map(|found| &found.at));
            }
        }
    }
}

#[cfg(not(feature = "embedded"))]
#[test]
fn without_the_compiler_the_path_is_searched() {
    let _alone = alone();
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("typst").is_file()));
    match Backend::choose(None) {
        Ok(backend) => assert!(on_path && backend.identity().contains("command line"), "{}", backend.identity()),
        Err(error) => assert!(!on_path && matches!(error, Error::NoBackend), "{error}"),
    }
}
