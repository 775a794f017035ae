//! Files made to do harm: lengths, counts, sharing and nesting that no pickler writes. Each must be
//! read or refused with an error that says why, within the limits on memory and time.

mod common;

use common::allocation::Counting;
use common::assembler::Assembler;
use common::guard::read_guarded;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The error of a file that must be refused.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    match read_guarded(bytes) {
        Ok(frame) => panic!("read a frame of {} rows", frame.nrows()),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn assert_refused(bytes: &[u8], expected: &str) {
    let error = refused(bytes);
    assert!(error.contains(expected), "expected …{expected}…, got {error}");
}

/// One column `x` of floats with this many rows.
fn plain(rows: usize) -> Vec<u8> {
    let data = vec![0; rows * 8];
    Assembler::new().frame(
        |asm| asm.block(0, 1, |asm| asm.array("f8", &[1, rows as i64], |asm| asm.bytes(&data))),
        |asm| asm.text_index(&["x"]),
        |asm| asm.range_index(0, rows as i64, 1),
    )
}

#[test]
fn the_assembled_frame_itself_reads() {
    let frame = read_guarded(&plain(3)).unwrap();
    assert_eq!(frame.nrows(), 3);
    assert_eq!(frame.column("x").unwrap().f64().unwrap(), [0.0; 3]);
}

#[test]
fn lengths_beyond_the_file() {
    let huge = u64::MAX.to_le_bytes();
    for code in [0x8d, 0x8e, 0x96, 0x95] {
        let bytes = Assembler::new().raw(&[code]).raw(&huge).stop();
        assert_refused(&bytes, "the file ends inside");
    }
    for code in *b"XBT\x8b" {
        let bytes = Assembler::new().raw(&[code]).raw(&[0xff; 4]).stop();
        assert_refused(&bytes, "the file ends inside");
    }
}

#[test]
fn every_truncation_says_where() {
    for bytes in [plain(4), Assembler::new().text("abc").stop()] {
        for length in 2..bytes.len() {
            let error = refused(&bytes[..length]);
            assert!(error.contains("the file ends inside"), "{length}: {error}");
            assert!(error.contains("more byte(s) expected"), "{length}: {error}");
        }
    }
    for bytes in [&b""[..], b"\x80"] {
        assert!(refused(bytes).contains("pickle"));
    }
}

#[test]
fn arrays_larger_than_their_data() {
    for shape in [[1 << 40, 1 << 40], [1, 1 << 62], [3, 1]] {
        let bytes = Assembler::new().frame(
            |asm| asm.block(0, 1, |asm| asm.array("f8", &shape, |asm| asm.bytes(&[0; 8]))),
            |asm| asm.text_index(&["x"]),
            |asm| asm.range_index(0, 1, 1),
        );
        assert_refused(&bytes, "data of an array");
    }
    let negative = Assembler::new().frame(
        |asm| asm.block(0, 1, |asm| asm.array("f8", &[1, -1], |asm| asm.bytes(&[]))),
        |asm| asm.text_index(&["x"]),
        |asm| asm.range_index(0, 1, 1),
    );
    assert_refused(&negative, "shape of an array: expected a size, found the integer -1");
}

#[test]
fn ranges_without_end() {
    let rows = Assembler::new().frame(|asm| asm, |asm| asm.text_index(&[]), |asm| asm.range_index(0, i64::MAX, 1));
    assert_refused(&rows, "bytes of memory");
    let columns =
        Assembler::new().frame(|asm| asm, |asm| asm.range_index(i64::MIN, i64::MAX, 1), |asm| asm.range_index(0, 1, 1));
    assert_refused(&columns, "bytes of memory");
    let still = Assembler::new().frame(|asm| asm, |asm| asm.text_index(&[]), |asm| asm.range_index(0, 5, 0));
    assert_refused(&still, "a step that is not 0");
}

#[test]
fn placements_outside_the_frame() {
    for (start, stop) in [(0, i64::MAX), (i64::MIN, i64::MAX), (-1, 0), (5, 6)] {
        let bytes = Assembler::new().frame(
            |asm| asm.block(start, stop, |asm| asm.array("f8", &[1, 1], |asm| asm.bytes(&[0; 8]))),
            |asm| asm.text_index(&["x"]),
            |asm| asm.range_index(0, 1, 1),
        );
        assert_refused(&bytes, "placement of a block");
    }
    let nowhere = Assembler::new().frame(|asm| asm, |asm| asm.text_index(&["x"]), |asm| asm.range_index(0, 1, 1));
    assert_refused(&nowhere, "column `x`: expected a block that holds it, found none");
    let block = |asm: Assembler| asm.block(0, 1, |asm| asm.array("f8", &[1, 1], |asm| asm.bytes(&[0; 8])));
    let twice =
        Assembler::new().frame(|asm| block(block(asm)), |asm| asm.text_index(&["x"]), |asm| asm.range_index(0, 1, 1));
    assert_refused(&twice, "placement of column `x`: expected one block for each column, found two");
}

/// Many blocks that all hold the same array: rows times columns cells from rows plus columns bytes.
#[test]
fn one_array_shared_by_many_blocks() {
    const COLUMNS: i64 = 4000;
    let names: Vec<String> = (0..COLUMNS).map(|i| i.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for code in ["f8", "b1", "O8"] {
        let rows = 50_000;
        let bytes = Assembler::new().frame(
            |asm| {
                let asm = asm.block(0, 1, |asm| {
                    let asm = asm.array(code, &[1, rows], |asm| match code {
                        "O8" => asm.list(|asm| (0..rows).fold(asm, |asm, _| asm.none())),
                        "b1" => asm.bytes(&vec![0; rows as usize]),
                        _ => asm.bytes(&vec![0; rows as usize * 8]),
                    });
                    asm.put(0)
                });
                (1..COLUMNS).fold(asm, |asm, i| asm.block(i, i + 1, |asm| asm.get(0)))
            },
            |asm| asm.text_index(&names),
            |asm| asm.range_index(0, rows, 1),
        );
        assert_refused(&bytes, "it refers to the same data over and over");
    }
}

/// One long text in every cell: shared, not copied.
#[test]
fn one_text_shared_by_many_cells() {
    let long = "x".repeat(100_000);
    let rows = 20_000;
    let bytes = Assembler::new().text(&long).put(0).raw(b"0").frame(
        |asm| {
            asm.block(0, 1, |asm| {
                asm.array("O8", &[1, rows], |asm| asm.list(|asm| (0..rows).fold(asm, |asm, _| asm.get(0))))
            })
        },
        |asm| asm.text_index(&["x"]),
        |asm| asm.range_index(0, rows, 1),
    );
    let frame = read_guarded(&bytes).unwrap();
    assert_eq!(frame.column("x").unwrap().text().unwrap()[19_999].len(), 100_000);
}

/// One array in every cell: each cell is a copy, so the sharing has to end.
#[test]
fn one_array_shared_by_many_cells() {
    let rows = 20_000;
    let bytes = Assembler::new().array("i1", &[100_000], |asm| asm.bytes(&vec![0; 100_000])).put(0).raw(b"0").frame(
        |asm| {
            asm.block(0, 1, |asm| {
                asm.array("O8", &[1, rows], |asm| asm.list(|asm| (0..rows).fold(asm, |asm, _| asm.get(0))))
            })
        },
        |asm| asm.text_index(&["x"]),
        |asm| asm.range_index(0, rows, 1),
    );
    assert_refused(&bytes, "it refers to the same data over and over");
}

#[test]
fn bombs_of_the_stack_machine() {
    let many = 300_000;
    let repeat = |piece: &[u8]| piece.repeat(many);
    let bombs = [
        // Nesting: a tuple in a tuple, a list in a list, marks in marks.
        ("tuples", Assembler::new().raw(b")").raw(&repeat(b"\x85")).stop()),
        ("lists", Assembler::new().raw(&repeat(b"](")).raw(&repeat(b"e")).stop()),
        ("marks", Assembler::new().raw(&repeat(b"(")).stop()),
        // Size: empty containers, memo slots, copies of a reference.
        ("empty lists", Assembler::new().raw(&repeat(b"]")).stop()),
        ("memo", Assembler::new().raw(b"N").raw(&repeat(b"\x94")).stop()),
        ("last slot", Assembler::new().raw(b"N").raw(b"r\xff\xff\x0f\0").stop()),
        ("references", Assembler::new().list(|asm| asm.none().put(0).raw(&repeat(b"h\0"))).stop()),
        // Doubling: each list holds the one before it many times.
        (
            "laughs",
            (0..many as u32 / 20)
                .fold(Assembler::new().raw(b")\x94"), |asm, i| {
                    let get = |asm: Assembler| asm.get(i).get(i).get(i);
                    asm.list(|asm| get(get(asm))).raw(b"\x94")
                })
                .stop(),
        ),
        // A list that holds itself.
        ("cycle", Assembler::new().raw(b"]\x94h\0a").stop()),
        ("sets", {
            let set = Assembler::new().global("builtins", "set").put(0);
            let list = set.list(|asm| asm.raw(&repeat(b"N"))).raw(b"\x85").put(1);
            (0..20_000).fold(list, |asm, _| asm.get(0).get(1).reduce()).stop()
        }),
    ];
    for (name, bytes) in bombs {
        // No DataFrame in any of them: refused at the latest when the root is looked at.
        let error = refused(&bytes);
        assert!(error.starts_with("offset "), "{name}: {error}");
    }
}

/// Categories that are an index whose labels are a categorical whose categories are …
#[test]
fn an_index_inside_itself() {
    let index = |asm: Assembler| {
        asm.raw(b"}").put(0).raw(b"0").index("pandas.core.indexes.category", "CategoricalIndex", |asm| {
            asm.text("data")
                .global("pandas.core.arrays.categorical", "Categorical")
                .raw(b")\x81")
                .dict(|asm| {
                    asm.text("_codes")
                        .array("i1", &[1], |asm| asm.bytes(&[0]))
                        .text("_dtype")
                        .global("pandas.core.dtypes.dtypes", "CategoricalDtype")
                        .raw(b")\x81")
                        .get(0)
                        .build()
                })
                .build()
        })
    };
    // The dict of the dtype is filled at last: with the index itself as categories.
    let bytes = index(Assembler::new()).put(1).get(0).text("categories").get(1).raw(b"s00").frame(
        |asm| asm,
        |asm| asm.text_index(&[]),
        |asm| asm.get(1),
    );
    assert_refused(&bytes, "an index inside an index at most 4 deep");
}

/// Columns that share one state of 100 000 attributes: to look for one in all of them, for each
/// column, would take minutes.
#[test]
fn dicts_with_very_many_keys() {
    const COLUMNS: i64 = 5000;
    let names: Vec<String> = (0..COLUMNS).map(|i| i.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bytes = Assembler::new()
        .dict(|asm| {
            let asm = asm.text("_data").array("i8", &[1], |asm| asm.bytes(&[0; 8]));
            let asm = asm.text("_mask").array("b1", &[1], |asm| asm.bytes(&[0]));
            (0..100_000).fold(asm, |asm, _| asm.raw(b"\x8c\x01xN"))
        })
        .put(0)
        .raw(b"0")
        .frame(
            |asm| {
                (0..COLUMNS).fold(asm, |asm, i| {
                    asm.block(i, i + 1, |asm| {
                        asm.global("pandas.core.arrays.integer", "IntegerArray").raw(b")\x81").get(0).build()
                    })
                })
            },
            |asm| asm.text_index(&names),
            |asm| asm.range_index(0, 1, 1),
        );
    assert_refused(&bytes, "expected an attribute _data");
}

#[test]
fn codes_outside_their_categories() {
    for code in [2, -2, i64::MIN, i64::MAX] {
        let bytes = Assembler::new().frame(
            |asm| asm,
            |asm| asm.text_index(&[]),
            |asm| {
                asm.index("pandas.core.indexes.multi", "MultiIndex", |asm| {
                    asm.text("levels")
                        .list(|asm| asm.text_index(&["a", "b"]))
                        .text("codes")
                        .list(|asm| asm.array("i8", &[1], |asm| asm.bytes(&code.to_le_bytes())))
                        .text("names")
                        .list(|asm| asm.none())
                })
            },
        );
        assert_refused(&bytes, "expected numbers from -1 to 1");
    }
}

#[test]
fn nothing_is_run() {
    // What a harmful pickle would do first.
    let bytes = Assembler::new().global("os", "system").tuple(|asm| asm.text("true")).reduce().stop();
    let error = refused(&bytes);
    assert!(error.starts_with("offset 20: global `os.system` is not allowed"), "{error}");
    // An allowed global in a place where it does not belong only makes the frame unreadable.
    let bytes = Assembler::new()
        .global("builtins", "getattr")
        .tuple(|asm| asm.global("pandas.core.frame", "DataFrame").text("to_csv"))
        .reduce()
        .tuple(|asm| asm.text("/tmp/x"))
        .reduce()
        .stop();
    assert_refused(&bytes, "content of the pickle: expected a pandas DataFrame");
}
