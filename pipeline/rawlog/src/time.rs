//! Times as pandas keeps them: nanoseconds since 1970-01-01 UTC in an `i64`.

/// pandas' "not a time", the missing value of a time column.
pub const NAT: i64 = i64::MIN;

/// Nanoseconds of a second.
pub const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;

/// A date and time of day as written, with the distance of its clock from UTC if it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Nanoseconds since 1970-01-01 00:00 on the clock that wrote it.
    pub local: i64,
    /// Seconds by which that clock is ahead of UTC.
    pub ahead: Option<i64>,
}

impl DateTime {
    /// Nanoseconds since 1970-01-01 UTC, `None` if the zone is not told.
    #[must_use]
    pub fn utc(self) -> Option<i64> {
        Some(self.utc_if_ahead(self.ahead?))
    }

    /// Nanoseconds since 1970-01-01 UTC of a clock that is `ahead` seconds ahead of UTC; what the text
    /// itself tells counts more.
    #[must_use]
    pub fn utc_if_ahead(self, ahead: i64) -> i64 {
        self.local - self.ahead.unwrap_or(ahead) * NANOSECONDS_PER_SECOND
    }
}

/// Reads `2020-08-07 15:46:21.270897+00:00`: a space or `T` between date and time, up to nine decimals
/// of the second or none, and `Z`, `±HH:MM` or nothing at the end. `None` for anything else, days that
/// do not exist, and years before 1700 or after 2250.
#[must_use]
pub fn parse_date_time(text: &str) -> Option<DateTime> {
    // Byte by byte: logs have a hundred million of them.
    let (date, rest) = text.as_bytes().split_at_checked(10)?;
    let (b' ' | b'T', rest) = rest.split_first()? else { return None };
    let (clock, rest) = rest.split_at_checked(8)?;
    let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], &[h1, h2, b':', n1, n2, b':', s1, s2]) = (date, clock) else {
        return None;
    };
    let (year, month, day) = (digits(&[y1, y2, y3, y4])?, digits(&[m1, m2])?, digits(&[d1, d2])?);
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[n1, n2])?, digits(&[s1, s2])?);
    let (fraction, zone) = match rest.strip_prefix(b".") {
        None => (0, rest),
        Some(rest) => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (decimals, zone) = rest.split_at_checked(count)?;
            let missing = 9_u32.checked_sub(u32::try_from(count).ok().filter(|count| *count > 0)?)?;
            (digits(decimals)? * 10_i64.pow(missing), zone)
        }
    };
    let days = days_of(year, month, day).filter(|_| (1700..=2250).contains(&year))?;
    let ahead = match *zone {
        [] => None,
        [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[h1, h2])?, digits(&[m1, m2])?);
            let seconds = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
            Some(if sign == b'-' { -seconds } else { seconds })
        }
        _ => return None,
    };
    let seconds = (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)?;
    Some(DateTime { local: days * NANOSECONDS_PER_DAY + seconds * NANOSECONDS_PER_SECOND + fraction, ahead })
}

/// A number of at most eighteen decimal digits and nothing else.
fn digits(bytes: &[u8]) -> Option<i64> {
    let digit = |number: i64, byte: &u8| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'));
    bytes.iter().try_fold(0, digit)
}

/// The day counted from 1970-01-01, the inverse of [`civil_date`]; `None` if the month has no such day.
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let from_march = year - i64::from(month <= 2);
    let era = from_march.div_euclid(400);
    let year_of_era = from_march.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (1..=longest).contains(&day).then_some(era * 146_097 + day_of_era - 719_468)
}

/// A time as ISO 8601 without zone, with as many decimals of the second as are not zero, in groups
/// of three: `2020-07-19T17:54:47.858170`. `NaT` for [`NAT`].
#[must_use]
pub fn iso8601(nanoseconds: i64) -> String {
    if nanoseconds == NAT {
        return "NaT".to_owned();
    }
    let (year, month, day) = civil_date(nanoseconds.div_euclid(NANOSECONDS_PER_DAY));
    let of_day = nanoseconds.rem_euclid(NANOSECONDS_PER_DAY);
    let (seconds, fraction) = (of_day / 1_000_000_000, of_day % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction % 1_000_000 == 0 && fraction != 0 {
        text.push_str(&format!(".{:03}", fraction / 1_000_000));
    } else if fraction % 1_000 == 0 && fraction != 0 {
        text.push_str(&format!(".{:06}", fraction / 1_000));
    } else if fraction != 0 {
        text.push_str(&format!(".{fraction:09}"));
    }
    text
}

/// A time without zone as Python prints a `datetime` that has microseconds: `2020-07-19 17:54:47.858170`,
/// always with six decimals.
#[must_use]
pub fn date_time(nanoseconds: i64) -> String {
    let microseconds = nanoseconds.rem_euclid(NANOSECONDS_PER_SECOND) / 1000;
    let second = iso8601(nanoseconds.div_euclid(NANOSECONDS_PER_SECOND).saturating_mul(NANOSECONDS_PER_SECOND));
    format!("{}.{microseconds:06}", second.replace('T', " "))
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Source: E. M. Reingold and N. Dershowitz, Calendrical Calculations; in the form with years that
/// begin in March and eras of 400 years (146 097 days).
fn civil_date(days: i64) -> (i64, i64, i64) {
    let since_era_zero = days + 719_468;
    let era = since_era_zero.div_euclid(146_097);
    let day_of_era = since_era_zero.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        for (nanoseconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (-1, "1969-12-31T23:59:59.999999999"),
            (1_595_181_287_858_170_000, "2020-07-19T17:54:47.858170"),
            (1_582_934_400_000_000_000, "2020-02-29T00:00:00"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00"),
            (1_500_000_000, "1970-01-01T00:00:01.500"),
            // The first and last times that pandas can hold.
            (i64::MIN + 1, "1677-09-21T00:12:43.145224193"),
            (i64::MAX, "2262-04-11T23:47:16.854775807"),
            (NAT, "NaT"),
        ] {
            assert_eq!(iso8601(nanoseconds), expected);
        }
    }

    #[test]
    fn times_with_all_decimals() {
        assert_eq!(date_time(1_595_181_287_858_170_999), "2020-07-19 17:54:47.858170");
        assert_eq!(date_time(1_500_000_000), "1970-01-01 00:00:01.500000");
        assert_eq!(date_time(-1), "1969-12-31 23:59:59.999999");
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let utc = |text| parse_date_time(text).unwrap().utc();
        assert_eq!(utc("2020-07-19 17:54:47.858170+00:00"), Some(1_595_181_287_858_170_000));
        assert_eq!(utc("2020-07-19T18:54:47.85817+01:00"), Some(1_595_181_287_858_170_000));
        assert_eq!(utc("2020-07-19 12:24:47.858170-05:30"), Some(1_595_181_287_858_170_000));
        assert_eq!(utc("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(utc("2020-02-29 00:00:00+00:00"), Some(1_582_934_400_000_000_000));
        let local = parse_date_time("1970-01-01 01:00:00.5").unwrap();
        assert_eq!((local.utc(), local.utc_if_ahead(3600)), (None, 500_000_000));
        for day in -200_000..100_000 {
            let (year, month, day_of_month) = civil_date(day);
            if (1700..=2250).contains(&year) {
                assert_eq!(days_of(year, month, day_of_month), Some(day));
            }
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "unknown",
            "2020-08-07",
            "2020-13-07 00:00:00",
            "2019-02-29 00:00:00",
            "2020-08-07 24:00:00",
            "2020-08-07 10:60:00",
            "2020-08-07 10:00:60",
            "2020-08-07 10:00",
            "20-08-07 10:00:00",
            "2020-08-07 10:00:00.",
            "2020-08-07 10:00:00.1234567890",
            "2020-08-07 10:00:00+0100",
            "2020-08-07 10:00:00+24:00",
            "2020-08-07 10:00:00 +01:00",
            "2020-08-07 +1:00:00",
            "2020-08-07 10:00:00Z01:00",
            "2020-08-07 10:00:00.5x+01:00",
            "9999-01-01 00:00:00",
            "2020-08-00 10:00:00",
            "é-08-07 10:00:00é",
        ] {
            assert_eq!(parse_date_time(text), None, "{text}");
        }
    }
}
