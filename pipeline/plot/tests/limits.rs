//! Faulty charts end in errors that name the figure, within bounds.

use charming::{Chart, component::Axis, series::Custom};
use plot::{About, DataTable, Error, Figure, Limits, Size};
use serde_json::{Value, json};

const ID: &str = "faulty";

/// A chart whose only series is drawn by the given function body.
fn figure(body: &str) -> Figure {
    let chart = Chart::new()
        .x_axis(Axis::new().min(0).max(1))
        .y_axis(Axis::new().min(0).max(1))
        .series(Custom::new().data(vec![vec![0.5, 0.5]]).render_item(format!("function (params, api) {{ {body} }}")));
    with(chart, Value::Null)
}

fn with(chart: Chart, overlay: Value) -> Figure {
    let about = About { id: ID, title: "A faulty chart", alt: "Nothing." };
    let overlay = if overlay.is_null() { json!({}) } else { overlay };
    Figure::new(about, Size::pt(200.0, 100.0), chart, overlay, DataTable::default()).expect("a valid description")
}

#[test]
fn exceptions_name_the_figure() {
    let error = figure("return nonsense.x;").svg().expect_err("an exception");
    let Error::Script { figure, message } = &error else { panic!("{error:?}") };
    assert_eq!(figure, ID);
    assert!(message.contains("nonsense is not defined"), "{message}");
    assert!(error.to_string().starts_with("figure faulty: ECharts failed: "), "{error}");
}

#[test]
fn faulty_source_is_an_exception_too() {
    let figure = with(Chart::new(), json!({ "graphic": plot::option::js("(") }));
    assert!(matches!(figure.svg(), Err(Error::Script { .. })));
}

#[test]
fn complaints_are_errors() {
    for level in ["warn", "error"] {
        let error = figure(&format!("console.{level}('odd', 1); return null;")).svg();
        let messages = vec![format!("{level}: odd 1")];
        assert_eq!(error, Err(Error::Console { figure: ID.into(), messages }));
    }
}

#[test]
fn endless_loops_are_stopped() {
    let limits = Limits { interrupts: 500, ..Limits::default() };
    let error = figure("for (;;) {}").svg_within(&limits);
    assert_eq!(error, Err(Error::Time { figure: ID.into(), limit: 500 }));
}

#[test]
fn the_limit_is_in_steps_not_in_seconds() {
    let loops = figure("for (var i = 0; i < 3e6; i++) {} return null;");
    let within = |interrupts| loops.svg_within(&Limits { interrupts, ..Limits::default() }).is_ok();
    // Bisection between a bound that stops it and one that does not.
    let (mut stopped, mut enough) = (1, 1000);
    assert!(!within(stopped) && within(enough));
    while enough - stopped > 1 {
        let middle = (stopped + enough) / 2;
        *(if within(middle) { &mut enough } else { &mut stopped }) = middle;
    }
    assert!(enough > 300, "3e6 turns passed within {enough}");
    assert!((0..3).all(|_| !within(stopped) && within(enough)));
}

#[test]
fn memory_is_bounded() {
    let limits = Limits { memory_bytes: 64 << 20, ..Limits::default() };
    let hungry = figure("var all = []; for (;;) all.push(new Array(1000).fill(1));");
    let expected = Error::Memory { figure: ID.into(), limit_bytes: 64 << 20 };
    assert_eq!(hungry.svg_within(&limits), Err(expected));
    let nothing = Limits { memory_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(figure("return null;").svg_within(&nothing), Err(Error::Memory { .. })));
}

#[test]
fn deep_recursion_is_an_exception_on_any_thread() {
    let deep = || figure("function f(n) { return f(n + 1) + 1; } return f(0);").svg();
    let small = std::thread::Builder::new().stack_size(512 << 10).spawn(deep).expect("a thread");
    for result in [deep(), small.join().expect("no overflow")] {
        let Err(Error::Script { message, .. }) = result else { panic!("{result:?}") };
        assert!(message.contains("call stack"), "{message}");
    }
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let good = figure("return null;");
    let before = good.svg().expect("an empty chart");
    assert!(figure("return nonsense.x;").svg().is_err());
    assert_eq!(good.svg(), Ok(before));
}

#[test]
fn markup_in_texts_stays_text() {
    let chart = Chart::new().title(charming::component::Title::new().text("a < b & \"c\" </svg><script>"));
    let svg = with(chart, Value::Null).svg().expect("a title");
    assert!(!svg.contains("<script"), "{svg}");
    assert!(svg.contains("a &lt; b &amp; "), "{svg}");
    assert!(plot::lint(&svg).is_ok());
}
