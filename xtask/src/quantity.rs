//! Sizes and times as they are typed.

use std::time::Duration;

/// The units of sizes, by their ends: `2GB` is 2 000 000 000 bytes, and `2GiB` 2 147 483 648.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// A size in bytes, such as `500MB` or `2 GiB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 500MB, 2GB or 2GiB".to_owned();
    let ends_so = |unit: &str| {
        // The case does not matter, as nobody means milli-bits.
        let at = text.len().checked_sub(unit.len())?;
        let (number, found) = text.split_at_checked(at)?;
        found.eq_ignore_ascii_case(unit).then_some(number)
    };
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((ends_so(name)?, *unit))).ok_or_else(expected)?;
    let number: u64 = number.trim_end().parse().map_err(|_| expected())?;
    number.checked_mul(unit).ok_or_else(expected)
}

/// A time such as `30d` or `12h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; expected a time such as 12h, 30d or 8weeks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_and_nonsense_is_refused() {
        for (text, size) in [("0B", 0), ("7 kB", 7000), ("2GB", 2_000_000_000), ("2gib", 2 << 30), ("1KiB", 1024)] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "2", "GB", "-2GB", "2.5GB", "2XB", "99999999999TB", "é"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 24 * 3600)));
        assert!(duration("30").is_err() && duration("soon").is_err());
    }
}
