//! The canonical text of parameters: the same value gives the same bytes, whatever built it.

mod finite;

use serde::Serialize;
use serde_json::Value;

/// Writes `value` as JSON with sorted keys and no white space.
///
/// Sorting is done here and not left to `serde_json`, whose map order depends on a cargo feature
/// that any crate of the build can switch on.
///
/// # Errors
/// When the value cannot be told in JSON: a map whose keys are not text, or a float that is not
/// finite, of which JSON would make the `null` of an absent value.
pub fn to_canonical_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    finite::check(value).map_err(serde::ser::Error::custom)?;
    let mut text = String::new();
    write(&serde_json::to_value(value)?, &mut text);
    Ok(text)
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// The values that differ between two canonical texts, as `(path, before, after)` with paths such
/// as `bootstrap.seed`; a side that lacks the value is `None`.
pub(crate) fn differences(before: &str, after: &str) -> Vec<Difference> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut found = Vec::new();
    compare("", Some(&parse(before)), Some(&parse(after)), &mut found);
    found
}

/// What differs, what it was, and what it is.
pub(crate) type Difference = (String, Option<String>, Option<String>);

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (before, after) {
        let mut keys: Vec<_> = a.keys().chain(b.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&path, a.get(key), b.get(key), found);
        }
        return;
    }
    let path = if path.is_empty() { "parameters" } else { path };
    found.push((path.to_owned(), before.map(Value::to_string), after.map(Value::to_string)));
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value: Value = serde_json::from_str(r#"{"b": 1, "a": {"z": [true, null], "y": 0.1}}"#).unwrap();
        assert_eq!(to_canonical_json(&value).unwrap(), r#"{"a":{"y":0.1,"z":[true,null]},"b":1}"#);
    }

    #[test]
    fn floats_that_json_cannot_tell_apart_are_refused_at_any_depth() {
        #[derive(Serialize)]
        struct Deep {
            list: Vec<Option<(u8, f64)>>,
        }
        let deep = |value| to_canonical_json(&Deep { list: vec![None, Some((1, value))] });
        assert_eq!(deep(0.5).unwrap(), r#"{"list":[null,[1,0.5]]}"#);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(deep(value).unwrap_err().to_string().contains("expected a finite number"));
        }
    }

    #[test]
    fn differences_name_the_path() {
        let found = differences(r#"{"bootstrap":{"n":1000,"seed":1}}"#, r#"{"bootstrap":{"n":1000,"seed":2}}"#);
        assert_eq!(found, [("bootstrap.seed".to_owned(), Some("1".to_owned()), Some("2".to_owned()))]);
    }

    proptest! {
        #[test]
        fn the_order_of_a_map_does_not_matter(map in prop::collection::hash_map(".*", -1e9..1e9_f64, 0..20)) {
            let copy: HashMap<_, _> = map.clone().into_iter().collect();
            prop_assert_eq!(to_canonical_json(&map).unwrap(), to_canonical_json(&copy).unwrap());
        }
    }
}
