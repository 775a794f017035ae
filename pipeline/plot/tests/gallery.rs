//! Every figure of the gallery: drawn without complaint, readable, and the same bytes each time.

#[path = "../examples/gallery/figures.rs"]
mod figures;

use plot::Figure;
use std::{fs, path::Path, sync::LazyLock, thread};

static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| figures::all().expect("the gallery can be specified"));
/// The drawings of [`FIGURES`].
static DRAWN: LazyLock<Vec<String>> = LazyLock::new(|| FIGURES.iter().map(draw).collect());

fn draw(figure: &Figure) -> String {
    figure.svg().unwrap_or_else(|error| panic!("{error}"))
}

fn drawn() -> impl DoubleEndedIterator<Item = (&'static Figure, &'static String)> + ExactSizeIterator {
    FIGURES.iter().zip(DRAWN.iter())
}

fn find(id: &str) -> (&'static Figure, &'static String) {
    drawn().find(|(figure, _)| figure.id() == id).expect("a figure of this id")
}

#[test]
fn no_figure_has_findings() {
    for (figure, svg) in drawn() {
        let findings = plot::lint(svg).expect("readable SVG");
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{}: {findings:#?}", figure.id());
    }
}

#[test]
fn bytes_depend_on_nothing_but_the_figure() {
    // Specified anew, drawn in the opposite order, and all at once on threads of their own.
    let again = figures::all().expect("the gallery can be specified");
    let threads: Vec<_> = again.iter().cloned().map(|figure| thread::spawn(move || draw(&figure))).collect();
    for (figure, (same, svg)) in again.iter().rev().zip(drawn().rev()) {
        assert!(figure.option() == same.option(), "{} is specified differently", figure.id());
        assert!(figure.data_csv() == same.data_csv(), "{} has other data", figure.id());
        assert!(draw(figure) == *svg, "{} depends on the order", figure.id());
    }
    for (thread, (figure, svg)) in threads.into_iter().zip(drawn()) {
        assert!(thread.join().expect("no panic") == *svg, "{} depends on threads", figure.id());
    }
}

/// A change of these bytes changes committed figures: look at the drawing before taking it over, with
/// `cargo run -p plot --example gallery -- FOLDER`.
#[test]
fn a_small_figure_keeps_its_bytes() {
    let (_, drawn) = find("bars.gap");
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bars.gap.svg"));
    let kept = kept.expect("tests/bars.gap.svg");
    if let Some((number, (kept, drawn))) =
        kept.lines().zip(drawn.lines()).enumerate().find(|(_, (kept, drawn))| kept != drawn)
    {
        panic!("line {}:\nkept  {kept}\ndrawn {drawn}", number + 1);
    }
    assert_eq!(kept.len(), drawn.len());
}

#[test]
fn each_figure_is_the_same_as_itself_and_as_no_other() {
    let compared = |one: &str, other: &str| plot::compare(one, other).expect("readable SVG");
    for (figure, svg) in drawn() {
        assert_eq!(compared(svg, svg), [], "{}", figure.id());
    }
    for ((figure, svg), (_, other)) in drawn().zip(drawn().skip(1)) {
        assert!(!compared(svg, other).is_empty(), "{}", figure.id());
    }
}

#[test]
fn figures_are_accessible_and_inert() {
    for (figure, svg) in drawn() {
        let head = svg.lines().take(3).collect::<Vec<_>>().join("\n");
        assert!(head.starts_with("<svg ") && head.contains(" role=\"img\""), "{head}");
        assert!(head.contains(&format!("<title>{}</title>", figure.title())), "{head}");
        assert!(head.contains(&format!("<desc>{}</desc>", figure.alt())), "{head}");
        for word in ["<script", "<style", "<metadata", "<!--", "class=", "ecmeta", "zr0", "onclick", "href"] {
            assert!(!svg.contains(word), "{} has {word}", figure.id());
        }
        assert!(svg.contains("<text ") && svg.contains("font-family:Noto Sans, sans-serif;"));
        assert_eq!(svg.matches("<text ").count(), svg.matches("font-family:Noto Sans").count());
    }
}

#[test]
fn ids_do_not_collide_between_figures() {
    let mut seen = Vec::new();
    for svg in DRAWN.iter() {
        let ids = svg.match_indices(" id=\"").filter_map(|(at, token)| svg[at + token.len()..].split('"').next());
        for id in ids.map(str::to_owned).collect::<Vec<_>>() {
            assert!(svg.contains(&format!("url(#{id})")), "{id} is not used");
            assert!(!seen.contains(&id), "{id} occurs twice");
            seen.push(id);
        }
    }
    assert!(!seen.is_empty());
}

#[test]
fn status_strips_add_their_height() {
    let marked: Vec<_> = drawn().filter(|(figure, _)| figure.status().is_some()).collect();
    assert_eq!(marked.len(), 2);
    for (figure, svg) in marked {
        let plain = figure.size().height;
        assert!(!svg.contains(&format!(" height=\"{plain}\" viewBox")), "{}", figure.id());
        let first_word = figure.status().and_then(|status| status.split(' ').next()).expect("a word");
        assert!(svg.contains(&format!(">{first_word} ")), "{}", figure.id());
        assert!(figure.option().to_string().contains(first_word), "{}", figure.id());
    }
}

#[test]
fn data_tables_have_the_data() {
    let csv = |id: &str| find(id).0.data_csv();
    assert_eq!(
        csv("bars.gap"),
        "series,Model type,Inference latency [ms]\nlatency,Unoptimized (U),\nlatency,U + FPU,12090.5039\n\
         latency,Quantized (Q),2223.33387\nlatency,Q + CMSIS-NN,\n"
    );
    let header = |id: &str| csv(id).lines().next().map(str::to_owned).expect("a header");
    assert_eq!(
        header("fits"),
        "series,Inference latency [s],Inference energy consumption [mJ],\
         Inference energy consumption lower [mJ],Inference energy consumption upper [mJ]"
    );
    assert_eq!(header("heat.diverging"), "series,x,y,Spearman correlation");
    assert_eq!(header("labels.coloured"), "series,GFLOPs,Energy consumption [kWh],Top-5 score [%],label,status");
    assert!(header("panels").starts_with("series,panel,Input size [px],GPU energy [J],"));
    assert_eq!(csv("panels").lines().count(), 61);
    assert_eq!(header("two.axes"), "series,Input size [px],Energy per inference [J],Median latency [ms],status");
}
