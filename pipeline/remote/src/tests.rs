use std::fs;

use super::*;

#[test]
fn what_was_written_to_a_folder_is_read_back_also_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let address = Url::from_file_path(dir.path().join("a store")).unwrap().to_string();
    let remote = open(&address, Purpose::Write).unwrap();
    for bytes in [Vec::new(), b"small".to_vec(), vec![7; PART], vec![9; 2 * PART + 1]] {
        let file = dir.path().join("file");
        fs::write(&file, &bytes).unwrap();
        remote.write("objects/ab/cd", &file).unwrap();
        let mut read = Vec::new();
        assert!(remote.read("objects/ab/cd", &mut read).unwrap() && remote.has("objects/ab/cd").unwrap());
        assert!(read == bytes, "{} bytes came back as {}", bytes.len(), read.len());
        // As a store has it, so that it can be used as one.
        assert_eq!(fs::metadata(dir.path().join("a store/objects/ab/cd")).unwrap().len(), bytes.len() as u64);
    }
    assert!(!remote.has("objects/ab/ce").unwrap());
    assert!(!remote.read("objects/ab/ce", &mut Vec::new()).unwrap());
}

#[test]
fn a_folder_that_is_not_there_holds_nothing() {
    let remote = open("file:///nonexistent/store", Purpose::Read).unwrap();
    assert!(!remote.read("VERSION", &mut Vec::new()).unwrap());
}

#[test]
fn addresses_that_are_none_are_told_as_such() {
    let told =
        |url: &str, purpose: Purpose| open(url, purpose).err().map(|error| error.to_string()).unwrap_or_default();
    for (url, part) in [
        ("store", "relative URL"),
        ("ftp://example.org/store", "ftp:// is not known"),
        ("file://elsewhere/store", "no folder of this machine"),
        ("https://me:secret@example.org/", "a user or a password"),
        ("https://example.org/?key=1", "a query"),
    ] {
        let error = told(url, Purpose::Read);
        assert!(error.contains(part) && error.contains("expected: file:///FOLDER"), "{url}: {error}");
    }
    assert!(told("https://example.org/store", Purpose::Write).contains("nothing can be pushed"));
    assert_eq!(told("https://example.org/store", Purpose::Read), "");
}
