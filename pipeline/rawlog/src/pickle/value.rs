//! The inert object graph of a pickle: what the opcodes describe, with nothing called or imported.
//!
//! Objects live in an [`Arena`] and refer to each other by number, so that sharing, cycles and depth
//! cost nothing and dropping a graph never recurses.

use std::sync::Arc;

use super::budget::Budget;
use super::error::PickleError;
use super::globals::Global;

/// A value: simple ones in place, all others by reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Object(ObjectId),
}

/// Number of an object in its [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId(u32);

/// An object that is more than a number.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Text(Arc<str>),
    /// `bytes`, `bytearray`, or a `str` of Python 2.
    Bytes(&'a [u8]),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Set(Vec<Value>),
    /// Keys and values in turn, in the order of insertion.
    Dict(Vec<Value>),
    Global(Global),
    /// The result of a call or instantiation that was recorded, not made.
    Instance(Box<Instance>),
}

/// A recorded `callable(*arguments)` (or `class.__new__`), and the state that `BUILD` gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Instance {
    /// Class or function: a global, or an instance standing for a bound method.
    pub(crate) callable: Value,
    /// The tuple of arguments.
    pub(crate) arguments: Value,
    pub(crate) state: Value,
}

#[derive(Debug)]
struct Entry<'a> {
    /// Offset of the opcode that made the object.
    offset: u32,
    object: Object<'a>,
}

/// All objects of one pickle, in chunks of equal size: so that they never move while the arena
/// grows, which would take twice their memory.
#[derive(Debug, Default)]
pub(crate) struct Arena<'a> {
    chunks: Vec<Vec<Entry<'a>>>,
    /// Number of objects in all chunks.
    count: u32,
}

const CHUNK: usize = 1024;

impl<'a> Arena<'a> {
    /// Stores an object made by the opcode at `offset`. What the object itself holds on the heap
    /// has been charged to the budget by the caller.
    pub(crate) fn add(&mut self, object: Object<'a>, offset: usize, budget: &mut Budget) -> Result<Value, PickleError> {
        let too_many = || PickleError::TooLong { length: offset as u64, limit: u32::MAX.into() };
        let entry = Entry { offset: u32::try_from(offset).map_err(|_| too_many())?, object };
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            let chunk = budget.vec(CHUNK, offset)?;
            budget.push(&mut self.chunks, chunk, offset)?;
        }
        let id = self.count;
        self.count = id.checked_add(1).ok_or_else(too_many)?;
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(entry);
        }
        Ok(Value::Object(ObjectId(id)))
    }

    fn entry_of(&self, value: Value) -> Option<&Entry<'a>> {
        let Value::Object(ObjectId(id)) = value else {
            return None;
        };
        let id = id as usize;
        self.chunks.get(id / CHUNK)?.get(id % CHUNK)
    }

    /// The object that a value refers to, `None` for numbers, `None` and booleans.
    pub(crate) fn get(&self, value: Value) -> Option<&Object<'a>> {
        self.entry_of(value).map(|entry| &entry.object)
    }

    /// As [`Self::get`], to be changed in place.
    pub(crate) fn get_mut(&mut self, value: Value) -> Option<&mut Object<'a>> {
        let Value::Object(ObjectId(id)) = value else {
            return None;
        };
        let id = id as usize;
        let entry = self.chunks.get_mut(id / CHUNK)?.get_mut(id % CHUNK);
        entry.map(|entry| &mut entry.object)
    }

    /// Where the value's object was made; `fallback` for values that are no objects.
    pub(crate) fn offset_or(&self, value: Value, fallback: usize) -> usize {
        self.entry_of(value).map_or(fallback, |entry| entry.offset as usize)
    }

    pub(crate) fn text(&self, value: Value) -> Option<&str> {
        match self.get(value)? {
            Object::Text(text) => Some(text),
            // Python 2 wrote names as byte strings.
            Object::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub(crate) fn global(&self, value: Value) -> Option<Global> {
        match self.get(value)? {
            Object::Global(global) => Some(*global),
            _ => None,
        }
    }

    pub(crate) fn instance(&self, value: Value) -> Option<Instance> {
        match self.get(value)? {
            Object::Instance(instance) => Some(**instance),
            _ => None,
        }
    }

    /// The items of a tuple or a list.
    pub(crate) fn items(&self, value: Value) -> Option<&[Value]> {
        match self.get(value)? {
            Object::Tuple(items) | Object::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a text key in a dict.
    pub(crate) fn entry(&self, dict: Value, key: &str) -> Option<Value> {
        let Object::Dict(pairs) = self.get(dict)? else {
            return None;
        };
        // The last one counts, as in Python. Dicts of pandas itself hold a dozen keys at most; a
        // hostile one with very many, looked into over and over, must not cost time.
        const LOOKED_AT: usize = 64;
        pairs.chunks_exact(2).rev().take(LOOKED_AT).find(|pair| self.is_text(pair[0], key)).map(|pair| pair[1])
    }

    fn is_text(&self, value: Value, expected: &str) -> bool {
        match self.get(value) {
            Some(Object::Text(text)) => **text == *expected,
            Some(Object::Bytes(bytes)) => *bytes == expected.as_bytes(),
            _ => false,
        }
    }

    /// What a value is, in words for error messages.
    pub(crate) fn describe(&self, value: Value) -> String {
        match value {
            Value::None => "None".to_owned(),
            Value::Bool(flag) => if flag { "True" } else { "False" }.to_owned(),
            Value::Int(number) => format!("the integer {number}"),
            Value::Float(number) => format!("the number {number}"),
            Value::Object(_) => match self.get(value) {
                None => "nothing".to_owned(),
                Some(Object::Text(text)) => format!("the text \"{}\"", quoted(text)),
                Some(Object::Bytes(bytes)) => format!("{} bytes", bytes.len()),
                Some(Object::Tuple(items)) => format!("a tuple of {}", items.len()),
                Some(Object::List(items)) => format!("a list of {}", items.len()),
                Some(Object::Set(items)) => format!("a set of {}", items.len()),
                Some(Object::Dict(pairs)) => format!("a dict of {}", pairs.len() / 2),
                Some(Object::Global(global)) => format!("`{}`", global.dotted_name()),
                Some(Object::Instance(instance)) => match self.global(instance.callable) {
                    Some(global) => format!("an object of `{}`", global.dotted_name()),
                    None => "an object of unknown class".to_owned(),
                },
            },
        }
    }
}

/// The beginning of a text from the file, with control characters escaped: fit for a message.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut characters = text.chars();
    let mut quoted: String = characters.by_ref().take(LONGEST).flat_map(char::escape_debug).collect();
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stay_small() {
        // The stated memory multiple counts on these.
        assert_eq!(size_of::<Value>(), 16);
        assert_eq!(size_of::<Entry<'_>>(), 40);
    }

    #[test]
    fn texts_in_messages_are_short_and_harmless() {
        assert_eq!(quoted("µ\u{1b}[2J\n"), "µ\\u{1b}[2J\\n");
        assert_eq!(quoted(&"x".repeat(101)), "x".repeat(100) + "…");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let mut budget = Budget::for_file(0);
        let mut arena = Arena::default();
        let key = arena.add(Object::Text("_mgr".into()), 3, &mut budget).unwrap();
        let pairs = vec![key, Value::Int(1), key, Value::Int(2)];
        let dict = arena.add(Object::Dict(pairs), 4, &mut budget).unwrap();
        assert_eq!(arena.entry(dict, "_mgr"), Some(Value::Int(2)));
        assert_eq!(arena.entry(dict, "_data"), None);
        assert_eq!(arena.offset_or(key, 0), 3);
        assert_eq!(arena.describe(dict), "a dict of 2");
    }
}
