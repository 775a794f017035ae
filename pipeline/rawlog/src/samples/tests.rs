use std::fs;

use proptest::prelude::*;

use super::*;
use crate::time::parse_date_time;

const HEADER: [&str; 2] = ["time", "power"];

/// The sums over the rows of a log, in blocks of so many bytes.
fn sums_of(text: &str, windows: &[(i64, i64)], block: u64, threads: usize) -> Result<Sums, LogError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    fs::write(&path, text).unwrap();
    let log = Log { path: &path, header: &HEADER, time: "time", value: "power" };
    log.integrate(windows, 3.0, &Means { threads, block, scratch: folder.path() })
}

fn sums(rows: &str, windows: &[(&str, &str)]) -> Sums {
    let windows: Vec<(i64, i64)> = windows.iter().map(|(start, end)| (utc(start), utc(end))).collect();
    sums_of(&format!("time,power\n{rows}"), &windows, 1 << 20, 1).unwrap()
}

fn utc(text: &str) -> i64 {
    parse_date_time(&format!("{text}+00:00")).unwrap().utc().unwrap()
}

#[test]
fn bounds_are_whole_seconds_and_inclusive() {
    let rows = "2020-08-07 10:00:00+00:00,1\n2020-08-07 10:00:03.000000+00:00,10\n\
                2020-08-07 10:00:06.000001+00:00,100\n2020-08-07 10:00:09+00:00,1000\n";
    let sum = |start: &str, end: &str| {
        sums(rows, &[(&format!("2020-08-07 {start}"), &format!("2020-08-07 {end}"))]).windows[0].sum
    };
    assert_eq!(sum("10:00:00.9", "10:00:03.2"), 11.0, "both ends are cut to the second, and inclusive");
    assert_eq!(sum("10:00:01", "10:00:06.9"), 10.0, "a fraction after the last whole second is out");
    assert_eq!(sum("10:00:01", "10:00:09"), 1110.0);
    assert_eq!(sum("10:00:09", "10:00:00"), 0.0, "a window that ends before it starts is empty");
}

#[test]
fn order_zone_and_unparsable_times_of_the_log_do_not_matter_to_the_sum() {
    let rows = "2020-08-07 12:00:06+01:00,4\nunknown,512\n2020-08-07T11:00:00Z,1\n,256\n2020-08-07 10:00:03-01:00,2\n\
                2020-08-07 11:99:03+00:00,1024\n";
    let sums = sums(rows, &[("2020-08-07 11:00:00", "2020-08-07 11:00:06")]);
    assert_eq!((sums.rows, sums.unparsable, sums.backward_steps), (6, 3, 1));
    let window = sums.windows[0];
    assert_eq!((window.samples, window.sum, window.integral, window.gaps), (3, 7.0, 21.0, 0));
    assert_eq!(window.mean(), Some(7.0 / 3.0));
}

#[test]
fn gaps_are_reported_at_the_ends_and_inside() {
    let rows = "2020-08-07 10:00:10+00:00,1\n2020-08-07 10:00:13+00:00,1\n2020-08-07 10:00:20+00:00,1\n";
    let windows = [("2020-08-07 10:00:00", "2020-08-07 10:00:21"), ("2020-08-08 10:00:00", "2020-08-08 10:01:00")];
    let [window, empty] = sums(rows, &windows).windows.try_into().unwrap();
    assert_eq!((window.gaps, window.longest_gap), (2, 10.0));
    assert_eq!((empty.samples, empty.gaps, empty.longest_gap, empty.mean()), (0, 1, 60.0, None));
}

#[test]
fn what_would_be_wrong_in_silence_is_an_error() {
    let fails = |text: &str, words: &str| {
        for block in [7, 1 << 20] {
            let error = sums_of(text, &[], block, 2).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    };
    fails("", "the file is empty; expected the header time,power");
    fails("time,watt\n", "line 1: the header is time,watt");
    let row = "2020-08-07 10:00:00+00:00,1\r\n";
    fails(&format!("time,power\n{row}\n{row}2020-08-07 10:00:00+00:00,-1\n"), "line 5, column power: \"-1\"");
    fails(&format!("time,power\n{row}{row}2020-08-07 10:00:03+00:00,unavailable\n"), "line 4, column power");
    fails(&format!("time,power\n{row}2020-08-07 10:00:00,1\n"), "line 3, column time");
    fails(&format!("time,power\n{row}2020-08-07 10:00:00+00:00\n"), "line 3: 1 cells where the header has 2");
}

/// The same in the plainest way: all samples in memory, sorted, and each window by itself.
fn plainly(rows: &[(i64, f64)], (start, end): (i64, i64)) -> Integral {
    let mut sorted = rows.to_vec();
    sorted.sort_by_key(|&(time, _)| time);
    let second = NANOSECONDS_PER_SECOND;
    let (start, end) = (start.div_euclid(second) * second, end.div_euclid(second) * second);
    let inside: Vec<(i64, f64)> = sorted.into_iter().filter(|&(time, _)| (start..=end).contains(&time)).collect();
    let sum = inside.iter().fold(0.0, |sum, (_, value)| sum + value);
    let times: Vec<i64> =
        [start].into_iter().chain(inside.iter().map(|&(time, _)| time)).chain([end.max(start)]).collect();
    let stretches: Vec<f64> = times.windows(2).map(|pair| seconds_between(pair[0], pair[1])).collect();
    Integral {
        samples: inside.len(),
        sum,
        integral: sum * 3.0,
        gaps: stretches.iter().filter(|stretch| **stretch > 4.5).count(),
        longest_gap: stretches.into_iter().fold(0.0, f64::max),
    }
}

type Samples = Vec<(i64, f64)>;
type Windows = Vec<(i64, i64)>;

/// A log as text, its rows in the order of the file, and windows. Some rows are quoted, empty or without a time.
fn logs() -> impl Strategy<Value = (String, Samples, Windows)> {
    let start = utc("2020-08-07 10:00:00");
    let time = (0..400_000_i64).prop_map(move |millisecond| start + millisecond * 1_000_000);
    let row = (time.clone(), 0.0..500.0_f64, 0..40_u8);
    let rows = (prop::collection::vec(row, 0..120), any::<bool>(), prop::sample::select(vec!["\n", "\r\n"]));
    let windows = prop::collection::vec((time.clone(), time), 0..6);
    (rows, windows).prop_map(|((mut rows, is_sorted, line_end), windows)| {
        if is_sorted {
            rows.sort_by_key(|(time, ..)| *time);
        }
        let (mut text, mut kept) = (format!("time,power{line_end}"), Vec::new());
        for (time, value, kind) in rows {
            let written = crate::time::iso8601(time);
            match kind {
                0 => text.push_str(&format!("\"{written}Z\",{value}{line_end}")),
                1 => text.push_str(&format!("{line_end}{written}Z,{value}{line_end}")),
                2 => text.push_str(&format!("soon,{value}{line_end}")),
                _ => text.push_str(&format!("{written}Z,{value}{line_end}")),
            }
            if kind != 2 {
                kept.push((time, value));
            }
        }
        (text, kept, windows)
    })
}

proptest! {
    #[test]
    fn blocks_threads_and_order_change_no_bit((text, rows, windows) in logs(), block in 1..300_u64, threads in 1..4_usize) {
        let found = sums_of(&text, &windows, block, threads).unwrap();
        prop_assert_eq!(found.rows - found.unparsable, rows.len());
        prop_assert_eq!(found.backward_steps, rows.windows(2).filter(|pair| pair[1].0 < pair[0].0).count());
        let plain: Vec<Integral> = windows.iter().map(|&window| plainly(&rows, window)).collect();
        prop_assert_eq!(found.windows, plain);
    }
}
