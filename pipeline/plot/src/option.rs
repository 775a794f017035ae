//! The ECharts option as JSON: merging what charming has no field for, and writing it as JavaScript.

use serde_json::Value;

/// charming's mark around a string that is JavaScript source; its constant is private.
const RAW: &str = "#*#*#*#";

/// A JSON value that stands for a JavaScript expression, such as a function.
pub fn js(source: impl AsRef<str>) -> Value {
    Value::String(format!("{RAW}{}{RAW}", source.as_ref()))
}

/// A call of a JavaScript function expression with JSON arguments, as an expression.
pub(crate) fn js_call(function: &str, argument: &Value) -> String {
    let mut source = format!("({})(", function.trim());
    write_source(argument, &mut source);
    source.push(')');
    source
}

/// Lays `overlay` over `base`. Objects merge key by key; arrays merge item by item, where a null
/// leaves the item as it is and items beyond the end are added; anything else replaces. A single
/// object under a list counts as a list of one, because charming writes lists of one axis so.
pub fn merge(base: &mut Value, overlay: Value) {
    match (base, overlay) {
        (Value::Object(base), Value::Object(overlay)) => {
            for (key, value) in overlay {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base @ Value::Object(_), overlay @ Value::Array(_)) => {
            *base = Value::Array(vec![base.take()]);
            merge(base, overlay);
        }
        (Value::Array(base), Value::Array(overlay)) => {
            for (index, value) in overlay.into_iter().enumerate() {
                match base.get_mut(index) {
                    Some(item) if !value.is_null() => merge(item, value),
                    Some(_) => {}
                    None => base.push(value),
                }
            }
        }
        (base, overlay) => *base = overlay,
    }
}

/// The option as a JavaScript expression, keys in alphabetical order. Strings made by [`js`] (or by
/// charming's `JsFunction`) become bare source.
pub fn source(option: &Value) -> String {
    let mut out = String::new();
    write_source(option, &mut out);
    out
}

fn write_source(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => match text.strip_prefix(RAW).and_then(|t| t.strip_suffix(RAW)) {
            Some(raw) => out.push_str(raw),
            // Display of a JSON value is its compact JSON text.
            None => out.push_str(&value.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_source(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            // Whether the map itself is sorted depends on a feature of serde_json that any crate of
            // the workspace may switch on.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_source(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merging() {
        let mut base = json!({"a": {"x": 1, "y": 2}, "s": [{"t": 1}, {"t": 2}], "axis": {"min": 0}});
        merge(&mut base, json!({"a": {"y": 3}, "s": [null, {"u": 5}, {"t": 3}], "axis": [{"max": 1}, {}]}));
        assert_eq!(
            base,
            json!({"a": {"x": 1, "y": 3}, "s": [{"t": 1}, {"t": 2, "u": 5}, {"t": 3}],
                   "axis": [{"min": 0, "max": 1}, {}]})
        );
    }

    #[test]
    fn source_is_sorted_and_functions_are_bare() {
        let option = json!({"z": [1.5, null, "a\"b"], "f": js("function (v) { return \"k\" + v; }")});
        assert_eq!(source(&option), r#"{"f":function (v) { return "k" + v; },"z":[1.5,null,"a\"b"]}"#);
        assert_eq!(js_call("function (o) {}\n", &json!({"n": 1})), r#"(function (o) {})({"n":1})"#);
    }

    #[test]
    fn functions_made_with_charming_are_understood() {
        use charming::element::JsFunction;
        let function = JsFunction::new_with_args("v", "return v;");
        let value = serde_json::to_value(function).expect("a string");
        assert_eq!(source(&value), "function(v) { return v; }");
    }
}
