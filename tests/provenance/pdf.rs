//! What a paper has to be beside its pages: tagged, with language, title, bookmarks and alternative texts,
//! its fonts embedded, and its links leading somewhere. Typst refuses most of what would be wrong, as it is held
//! to PDF/UA-1; this is to see that it was.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, Object, String};

/// Checks a paper. The records that are `left_out`, by their paths below `derived`, are not beside it.
pub fn check(path: &Path, left_out: &BTreeSet<std::string::String>) {
    let shown = path.display();
    let bytes = fs::read(path).unwrap();
    let xmp = std::string::String::from_utf8_lossy(&bytes).into_owned();
    assert!(xmp.contains("<pdfuaid:part>1</pdfuaid:part>"), "{shown} does not claim PDF/UA-1");
    let pdf = Pdf::new(bytes).unwrap_or_else(|error| panic!("{shown}: {error:?}"));
    assert!(pdf.metadata().title.is_some() && pdf.metadata().author.is_some(), "{shown} has no title or author");

    let dicts: Vec<Dict<'_>> = pdf.objects().into_iter().filter_map(dict).collect();
    let is =
        |dict: &Dict<'_>, key: &str, value: &str| dict.get::<Name<'_>>(key).is_some_and(|name| name.as_str() == value);
    let has_text =
        |dict: &Dict<'_>, key: &str| dict.get::<String<'_>>(key).is_some_and(|text| !text.as_bytes().is_empty());
    let catalog = dicts.iter().find(|dict| is(dict, "Type", "Catalog")).unwrap();
    assert_eq!(catalog.get::<String<'_>>("Lang").unwrap().as_bytes(), b"en-GB", "{shown}");
    assert_eq!(catalog.get::<Dict<'_>>("MarkInfo").unwrap().get::<bool>("Marked"), Some(true), "{shown}");
    assert_eq!(
        catalog.get::<Dict<'_>>("ViewerPreferences").unwrap().get::<bool>("DisplayDocTitle"),
        Some(true),
        "{shown}"
    );
    assert!(catalog.contains_key("StructTreeRoot"), "{shown}");
    assert!(catalog.get::<Dict<'_>>("Outlines").unwrap().contains_key("First"), "{shown} has no bookmarks");

    let tagged =
        |kind: &str| dicts.iter().filter(|dict| dict.contains_key("P") && is(dict, "S", kind)).collect::<Vec<_>>();
    let (figures, formulas) = (tagged("Figure"), tagged("Formula"));
    assert!(!figures.is_empty(), "{shown} has no figure");
    assert!(
        figures.iter().chain(&formulas).all(|one| has_text(one, "Alt")),
        "{shown}: a figure without alternative text"
    );
    assert!(!tagged("TH").is_empty(), "{shown} has no heads of tables");
    assert!(!tagged("H1").is_empty(), "{shown} has no headings");

    let fonts: Vec<&Dict<'_>> = dicts.iter().filter(|dict| is(dict, "Type", "FontDescriptor")).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        let embedded = ["FontFile", "FontFile2", "FontFile3"].iter().any(|key| font.contains_key(key));
        assert!(embedded, "{shown}: a font that is not embedded");
    }

    let links: Vec<&Dict<'_>> = dicts.iter().filter(|dict| is(dict, "Subtype", "Link")).collect();
    assert!(links.iter().all(|link| has_text(link, "Contents")), "{shown}: a link without description");
    let mut records = 0;
    for action in links.iter().filter_map(|link| link.get::<Dict<'_>>("A")) {
        let Some(uri) = action.get::<String<'_>>("URI") else { continue };
        let uri = std::str::from_utf8(uri.as_bytes()).unwrap();
        if uri.starts_with("../") {
            let is_left_out = left_out.contains(uri.trim_start_matches("../"));
            assert_ne!(path.parent().unwrap().join(uri).is_file(), is_left_out, "{shown}: {uri}");
            records += 1;
        } else {
            assert!(uri.starts_with("https://"), "{shown}: {uri}");
        }
    }
    let inside = links
        .iter()
        .filter(|link| link.contains_key("Dest") || link.get::<Dict<'_>>("A").is_some_and(|a| is(&a, "S", "GoTo")));
    assert!(records > 0 && inside.count() > records / 2, "{shown}: figures and tables do not lead to their records");
    // A reader that goes from link to link takes them in the order of the tags.
    let in_order = |dict: &&Dict<'_>| dict.get::<Array<'_>>("Annots").is_none() || is(dict, "Tabs", "S");
    assert!(
        dicts.iter().filter(|dict| is(dict, "Type", "Page")).all(|page| in_order(&page)),
        "{shown}: the order of links"
    );
}

fn dict(object: Object<'_>) -> Option<Dict<'_>> {
    match object {
        Object::Dict(dict) => Some(dict),
        Object::Stream(stream) => Some(stream.dict().clone()),
        _ => None,
    }
}
