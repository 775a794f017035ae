//! Times as pandas keeps them: nanoseconds since 1970-01-01 UTC in an `i64`.

/// pandas' "not a time", the missing value of a time column.
pub const NAT: i64 = i64::MIN;

const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;

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
}
