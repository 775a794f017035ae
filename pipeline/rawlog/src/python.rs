//! Numbers as Python and C write them, for files that are simulated: where Rust writes `1e-5` and
//! `1e16`, they write `1e-05` and `1e+16`.

use std::fmt::Arguments;
use std::io::Write;

/// `repr` of a float: the fewest digits that give it back.
#[must_use]
pub fn repr(x: f64) -> String {
    let mut bytes = Vec::new();
    append(&mut bytes, format_args!("{x:?}"));
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends one formatted number.
pub(crate) fn append(bytes: &mut Vec<u8>, number: Arguments<'_>) {
    let start = bytes.len();
    let _ = bytes.write_fmt(number);
    let written = bytes.get(start..).unwrap_or_default();
    // The exponent has three digits at most, and a sign.
    let Some(from_end) = written.iter().rev().take(5).position(|&byte| byte == b'e') else { return };
    let exponent = bytes.len() - from_end;
    if bytes.get(exponent) != Some(&b'-') {
        bytes.insert(exponent, b'+');
    }
    let digits = exponent + 1;
    if bytes.len() - digits < 2 {
        bytes.insert(digits, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As CPython 3.12 prints them.
    #[test]
    fn numbers_as_python_prints_them() {
        for (x, printed) in [
            (0.0, "0.0"),
            (-1.0, "-1.0"),
            (0.1, "0.1"),
            (1e22, "1e+22"),
            (1.5e16, "1.5e+16"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (0.0001, "0.0001"),
            (8.530_255_449_762_335e-5, "8.530255449762335e-05"),
            (-1e-100, "-1e-100"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
        ] {
            assert_eq!(repr(x), printed);
        }
    }

    /// As CPython's `'%.18e' % x` prints them.
    #[test]
    fn numbers_as_c_prints_them() {
        for (x, printed) in [
            (1.2, "1.199999999999999956e+00"),
            (0.000_605, "6.049999999999999606e-04"),
            (0.0, "0.000000000000000000e+00"),
            (12_345_678_901.0, "1.234567890100000000e+10"),
        ] {
            let mut bytes = b"before ".to_vec();
            append(&mut bytes, format_args!("{x:.18e}"));
            assert_eq!(String::from_utf8(bytes).unwrap(), format!("before {printed}"));
        }
    }
}
