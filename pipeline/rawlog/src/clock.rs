//! Times as logs write them, read into nanoseconds since 1970-01-01 of the clock that wrote them.

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// Reads `2022-12-22T03:26:18`, with a blank in place of the `T` or with up to nine decimals of the
/// second. `None` for anything else, zones included, and for dates that do not exist.
pub(crate) fn iso8601(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    at(days(year, month, day)?, time)
}

/// Reads `20241121-00:00:01.50`: date without separators, time with up to nine decimals.
pub(crate) fn compact(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('-')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    at(days(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?)?, time)
}

/// Nanoseconds of a day counted from 1970-01-01 and `HH:MM:SS` with decimals or without.
fn at(days: i64, time: &str) -> Option<i64> {
    let (whole, fraction) = match time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (time, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanoseconds = match fraction {
        None => 0,
        Some(text) if (1..=9).contains(&text.len()) => {
            digits(text, text.len())? * 10_i64.pow(9 - u32::try_from(text.len()).ok()?)
        }
        Some(_) => return None,
    };
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    seconds.checked_mul(NANOSECONDS_PER_SECOND)?.checked_add(nanoseconds)
}

/// Exactly this many decimal digits (at most nine).
fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; `None` if there is no such day.
///
/// Source: as in [`crate::time`], years that begin in March and eras of 400 years (146 097 days).
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let from_march = if month > 2 { year } else { year - 1 };
    let era = from_march.div_euclid(400);
    let year_of_era = from_march.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["1970-01-01T00:00:00", "2020-02-29T23:59:59", "2020-07-19T17:54:47.858170", "1900-03-01T00:00:00"]
        {
            let read = iso8601(text).unwrap();
            assert_eq!(time::iso8601(read), text);
        }
        // Every day of 800 years follows the one before.
        let mut before = days(1599, 12, 31).unwrap();
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(number) = days(year, month, day) {
                        assert_eq!(number, before + 1, "{year}-{month}-{day}");
                        before = number;
                    }
                }
            }
        }
        assert_eq!(compact("20241121-00:00:01.50"), iso8601("2024-11-21 00:00:01.500"));
        assert_eq!(compact("20241121-00:00:01.50").unwrap() % NANOSECONDS_PER_SECOND, 500_000_000);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2022-12-22",
            "2022-12-22T03:26",
            "2022-12-22T03:26:18Z",
            "2022-12-22T03:26:18+01:00",
            "2022-12-22T03:26:18.",
            "2022-12-22T03:26:18.0123456789",
            "2022-02-29T00:00:00",
            "1900-02-29T00:00:00",
            "2022-13-01T00:00:00",
            "2022-04-31T00:00:00",
            "2022-12-00T00:00:00",
            "2022-12-22T24:00:00",
            "2022-12-22T03:60:18",
            "2022-12-22T03:26:60",
            "+022-12-22T03:26:18",
            "2022-12-22T03:26:18:00",
            "9999-12-22T03:26:18",
            "２022-12-22T03:26:18",
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
        for text in ["2024112-00:00:01", "202411210-00:00:01", "20241121 00:00:01", "2024é121-00:00:01"] {
            assert_eq!(compact(text), None, "{text}");
        }
    }
}
