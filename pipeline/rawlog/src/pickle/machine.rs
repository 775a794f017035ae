//! The stack machine: runs through the opcodes of a pickle and leaves the object graph.
//!
//! A call (`REDUCE`, `NEWOBJ`) is recorded as an [`Instance`], `BUILD` fills the instance's state in
//! place, so that everything that shares the object sees it. Nothing else happens.

use std::sync::Arc;

use super::budget::{Budget, shared_text_bytes};
use super::error::PickleError;
use super::globals::{Global, Refused, Role};
use super::opcode::{self, Decoder, Op, Step};
use super::value::{Arena, Instance, Object, Value, quoted};

/// The object graph of one pickle and what was counted while it was read.
pub(crate) struct Loaded<'a> {
    pub(crate) arena: Arena<'a>,
    /// What `STOP` left on the stack.
    pub(crate) root: Value,
    /// How often each opcode occurred, by its byte.
    pub(crate) opcodes: [u32; 256],
    /// Memo slots in use at the end.
    pub(crate) memo_entries: usize,
    /// Globals in the order in which they are first named.
    pub(crate) globals: Vec<Global>,
}

struct Machine<'a, 'b> {
    budget: &'b mut Budget,
    file_bytes: usize,
    arena: Arena<'a>,
    stack: Vec<Value>,
    /// Heights of the stack at the open `MARK`s.
    marks: Vec<usize>,
    memo: Vec<Option<Value>>,
    memo_entries: usize,
    globals: Vec<Global>,
}

/// Builds the object graph of a pickle. The bytes must begin with `PROTO` and end with `STOP`.
pub(crate) fn load<'a>(bytes: &'a [u8], budget: &mut Budget) -> Result<Loaded<'a>, PickleError> {
    let mut decoder = Decoder::new(bytes);
    let mut machine = Machine {
        budget,
        file_bytes: bytes.len(),
        arena: Arena::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
        memo_entries: 0,
        globals: Vec::new(),
    };
    let mut opcodes = [0; 256];
    loop {
        let step = decoder.next()?;
        if let Some(count) = opcodes.get_mut(usize::from(step.code)) {
            *count += 1;
        }
        if step.op == Op::Stop {
            let root = machine.pop(&step)?;
            let end = decoder.position();
            if end < bytes.len() {
                return Err(PickleError::TrailingBytes { offset: end, bytes: bytes.len() - end });
            }
            return Ok(Loaded {
                arena: machine.arena,
                root,
                opcodes,
                memo_entries: machine.memo_entries,
                globals: machine.globals,
            });
        }
        machine.run(&step)?;
    }
}

impl<'a> Machine<'a, '_> {
    fn run(&mut self, step: &Step<'a>) -> Result<(), PickleError> {
        match step.op {
            Op::Proto | Op::Frame | Op::Stop => Ok(()),
            Op::Mark => {
                let height = self.stack.len();
                self.budget.push(&mut self.marks, height, step.offset)
            }
            Op::Pop => self.pop(step).map(drop),
            Op::PopMark => self.pop_to_mark(step).map(drop),
            Op::None => self.push(Value::None, step),
            Op::Bool(flag) => self.push(Value::Bool(flag), step),
            Op::Int(number) => self.push(Value::Int(number), step),
            Op::Float(number) => self.push(Value::Float(number), step),
            Op::Text(text) => {
                // Texts are shared from here on: a cell holds the same allocation.
                self.budget.take(shared_text_bytes(text.len()), step.offset)?;
                self.push_object(Object::Text(Arc::from(text)), step)
            }
            Op::Bytes(bytes) => self.push_object(Object::Bytes(bytes), step),
            Op::EmptyTuple => self.push_object(Object::Tuple(Vec::new()), step),
            Op::TupleOf(count) => {
                let items = self.pop_many(count, step)?;
                self.push_object(Object::Tuple(items), step)
            }
            Op::Tuple => {
                let items = self.pop_to_mark(step)?;
                self.push_object(Object::Tuple(items), step)
            }
            Op::EmptyList => self.push_object(Object::List(Vec::new()), step),
            Op::List => {
                let items = self.pop_to_mark(step)?;
                self.push_object(Object::List(items), step)
            }
            Op::EmptyDict => self.push_object(Object::Dict(Vec::new()), step),
            Op::Dict => {
                let pairs = self.pop_to_mark(step)?;
                if pairs.len() % 2 != 0 {
                    return Err(Self::underflow(step, "keys and values in pairs"));
                }
                self.push_object(Object::Dict(pairs), step)
            }
            Op::EmptySet => self.push_object(Object::Set(Vec::new()), step),
            Op::FrozenSet => {
                let items = self.pop_to_mark(step)?;
                self.push_object(Object::Set(items), step)
            }
            Op::Append => self.fill_from_top(1, Container::List, step),
            Op::SetItem => self.fill_from_top(2, Container::Dict, step),
            Op::Appends => self.fill_from_mark(Container::List, step),
            Op::AddItems => self.fill_from_mark(Container::Set, step),
            Op::SetItems => self.fill_from_mark(Container::Dict, step),
            Op::Put(slot) => self.put(slot, step),
            Op::Get(slot) => self.get(slot, step),
            Op::Global { module, name } => self.global(module, name, step),
            Op::StackGlobal => self.stack_global(step),
            Op::Reduce | Op::NewObj => {
                let arguments = self.pop(step)?;
                let callable = self.pop(step)?;
                self.call(callable, arguments, step)
            }
            Op::NewObjEx => {
                let keywords = self.pop(step)?;
                if !matches!(self.arena.get(keywords), Some(Object::Dict(pairs)) if pairs.is_empty()) {
                    return Err(self.bad_use(step, "no keyword arguments", keywords));
                }
                let arguments = self.pop(step)?;
                let callable = self.pop(step)?;
                self.call(callable, arguments, step)
            }
            Op::Build => self.build(step),
        }
    }

    fn bad_use(&self, step: &Step<'_>, expected: &'static str, found: Value) -> PickleError {
        PickleError::BadOpcodeUse {
            offset: step.offset,
            opcode: opcode::name(step.code),
            expected,
            found: self.arena.describe(found),
        }
    }

    fn underflow(step: &Step<'_>, expected: &'static str) -> PickleError {
        PickleError::BadOpcodeUse {
            offset: step.offset,
            opcode: opcode::name(step.code),
            expected,
            found: "too few of them".to_owned(),
        }
    }

    fn push(&mut self, value: Value, step: &Step<'_>) -> Result<(), PickleError> {
        self.budget.push(&mut self.stack, value, step.offset)
    }

    fn push_object(&mut self, object: Object<'a>, step: &Step<'_>) -> Result<(), PickleError> {
        let value = self.arena.add(object, step.offset, self.budget)?;
        self.push(value, step)
    }

    /// Takes the topmost value, but none from below the last mark.
    fn pop(&mut self, step: &Step<'_>) -> Result<Value, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(Self::underflow(step, "a value on the stack"));
        }
        self.stack.pop().ok_or_else(|| Self::underflow(step, "a value on the stack"))
    }

    fn pop_many(&mut self, count: usize, step: &Step<'_>) -> Result<Vec<Value>, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= floor => self.split_off(from, step),
            _ => Err(Self::underflow(step, "values on the stack")),
        }
    }

    fn pop_to_mark(&mut self, step: &Step<'_>) -> Result<Vec<Value>, PickleError> {
        let from = self.marks.pop();
        let from = from.ok_or_else(|| Self::underflow(step, "a MARK on the stack"))?;
        self.split_off(from, step)
    }

    fn split_off(&mut self, from: usize, step: &Step<'_>) -> Result<Vec<Value>, PickleError> {
        let taken = self.stack.get(from..).unwrap_or_default();
        let mut items = self.budget.vec(taken.len(), step.offset)?;
        items.extend_from_slice(taken);
        self.stack.truncate(from);
        Ok(items)
    }

    /// Moves the topmost `count` values into the container below them.
    fn fill_from_top(&mut self, count: usize, container: Container, step: &Step<'_>) -> Result<(), PickleError> {
        match self.stack.len().checked_sub(count) {
            Some(from) => self.fill(from, container, step),
            None => Err(Self::underflow(step, "values on the stack")),
        }
    }

    /// Moves the values above the last mark into the container below it.
    fn fill_from_mark(&mut self, container: Container, step: &Step<'_>) -> Result<(), PickleError> {
        let from = self.marks.pop();
        let from = from.ok_or_else(|| Self::underflow(step, "a MARK on the stack"))?;
        self.fill(from, container, step)
    }

    fn fill(&mut self, from: usize, container: Container, step: &Step<'_>) -> Result<(), PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let target = match from.checked_sub(1) {
            Some(below) if below >= floor => self.stack.get(below).copied(),
            _ => None,
        };
        let target = target.ok_or_else(|| Self::underflow(step, "a container on the stack"))?;
        let items = self.stack.get(from..).unwrap_or_default();
        if container == Container::Dict && items.len() % 2 != 0 {
            return Err(Self::underflow(step, "keys and values in pairs"));
        }
        let found = match (container, self.arena.get_mut(target)) {
            (Container::List, Some(Object::List(found))) => Some(found),
            (Container::Set, Some(Object::Set(found))) => Some(found),
            (Container::Dict, Some(Object::Dict(found))) => Some(found),
            _ => None,
        };
        let Some(found) = found else {
            return Err(self.bad_use(step, container.name(), target));
        };
        self.budget.extend(found, items, step.offset)?;
        self.stack.truncate(from);
        Ok(())
    }

    fn put(&mut self, slot: Option<u32>, step: &Step<'_>) -> Result<(), PickleError> {
        let value = self.pop(step)?;
        self.push(value, step)?;
        let slot = match slot {
            None => self.memo_entries,
            Some(slot) => slot as usize,
        };
        // Picklers number their slots from 0 or 1 on, and each takes a byte or more in the file.
        if slot > self.file_bytes {
            return Err(PickleError::BadOpcodeUse {
                offset: step.offset,
                opcode: opcode::name(step.code),
                expected: "a memo slot no larger than the file",
                found: format!("slot {slot} in a file of {} bytes", self.file_bytes),
            });
        }
        while self.memo.len() <= slot {
            self.budget.push(&mut self.memo, None, step.offset)?;
        }
        if let Some(place) = self.memo.get_mut(slot)
            && place.replace(value).is_none()
        {
            self.memo_entries += 1;
        }
        Ok(())
    }

    fn get(&mut self, slot: u32, step: &Step<'_>) -> Result<(), PickleError> {
        match self.memo.get(slot as usize) {
            Some(&Some(value)) => self.push(value, step),
            _ => Err(PickleError::BadOpcodeUse {
                offset: step.offset,
                opcode: opcode::name(step.code),
                expected: "a memo slot that was written before",
                found: format!("slot {slot}"),
            }),
        }
    }

    fn stack_global(&mut self, step: &Step<'a>) -> Result<(), PickleError> {
        let name = self.pop(step)?;
        let module = self.pop(step)?;
        match (self.arena.get(module), self.arena.get(name)) {
            (Some(Object::Text(module)), Some(Object::Text(name))) => {
                let (module, name) = (Arc::clone(module), Arc::clone(name));
                self.global(&module, &name, step)
            }
            (Some(Object::Text(_)), _) => Err(self.bad_use(step, "a name", name)),
            _ => Err(self.bad_use(step, "the name of a module", module)),
        }
    }

    fn global(&mut self, module: &str, name: &str, step: &Step<'a>) -> Result<(), PickleError> {
        let offset = step.offset;
        let global = Global::resolve(module, name).map_err(|refused| {
            let name = format!("{}.{}", quoted(module), quoted(name));
            match refused {
                Refused::Feature(feature) => PickleError::Unsupported {
                    offset,
                    feature: format!("{feature} (`{name}`)"),
                    hint: "; convert it, for example with `astype`, before writing the pickle",
                },
                Refused::Foreign => PickleError::GlobalNotAllowed { offset, name },
            }
        })?;
        // There are about a hundred different globals at most.
        if !self.globals.contains(&global) {
            self.budget.push(&mut self.globals, global, offset)?;
        }
        self.push_object(Object::Global(global), step)
    }

    fn call(&mut self, callable: Value, arguments: Value, step: &Step<'a>) -> Result<(), PickleError> {
        if !matches!(self.arena.get(callable), Some(Object::Global(_) | Object::Instance(_))) {
            return Err(self.bad_use(step, "a class or function", callable));
        }
        let Some(Object::Tuple(items)) = self.arena.get(arguments) else {
            return Err(self.bad_use(step, "a tuple of arguments", arguments));
        };
        // A set of protocol 2 and 3, `set([…])`: the same as the opcodes of protocol 4 make.
        if self.arena.global(callable).map(Global::role) == Some(Role::Set) {
            let list = items.first().and_then(|&list| self.arena.items(list));
            let count = list.map_or(0, <[Value]>::len);
            let mut copy = self.budget.vec(count, step.offset)?;
            copy.extend_from_slice(list.unwrap_or_default());
            return self.push_object(Object::Set(copy), step);
        }
        self.budget.take(size_of::<Instance>(), step.offset)?;
        let instance = Instance { callable, arguments, state: Value::None };
        self.push_object(Object::Instance(Box::new(instance)), step)
    }

    fn build(&mut self, step: &Step<'a>) -> Result<(), PickleError> {
        let state = self.pop(step)?;
        let target = self.pop(step)?;
        match self.arena.get_mut(target) {
            Some(Object::Instance(instance)) => instance.state = state,
            _ => return Err(self.bad_use(step, "an object", target)),
        }
        self.push(target, step)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Container {
    List,
    Set,
    Dict,
}

impl Container {
    fn name(self) -> &'static str {
        match self {
            Self::List => "a list",
            Self::Set => "a set",
            Self::Dict => "a dict",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(bytes: &[u8]) -> Result<Loaded<'_>, PickleError> {
        load(bytes, &mut Budget::for_file(bytes.len()))
    }

    fn message(bytes: &[u8]) -> String {
        match run(bytes) {
            Ok(loaded) => format!("read {}", loaded.arena.describe(loaded.root)),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn containers_fill_in_place_through_the_memo() {
        // [a, a] where a is one list that gets its item afterwards.
        let loaded = run(b"\x80\x04]\x94(]\x94h\x01eh\x01K\x07a0.").unwrap();
        let outer = loaded.arena.items(loaded.root).unwrap();
        assert_eq!(outer.len(), 2);
        assert_eq!(outer[0], outer[1]);
        assert_eq!(loaded.arena.items(outer[0]).unwrap(), [Value::Int(7)]);
        assert_eq!(loaded.memo_entries, 2);
    }

    #[test]
    fn a_call_is_recorded_and_build_mutates_it_in_place() {
        let loaded = run(b"\x80\x02cnumpy\ndtype\nq\x00)R\x94K\x03b.").unwrap();
        let instance = loaded.arena.instance(loaded.root).unwrap();
        assert_eq!(instance.state, Value::Int(3));
        let names: Vec<_> = loaded.globals.iter().map(|g| g.dotted_name()).collect();
        assert_eq!(names, ["numpy.dtype"]);
    }

    #[test]
    fn foreign_globals_are_refused_where_they_are_named() {
        assert!(message(b"\x80\x02cos\nsystem\n.").starts_with("offset 2: global `os.system` is not allowed"));
        assert!(
            message(b"\x80\x04\x8c\x05posix\x8c\x06system\x93.")
                .starts_with("offset 17: global `posix.system` is not allowed")
        );
    }

    #[test]
    fn misuse_of_the_stack_is_named() {
        for (bytes, expected) in [
            (&b"\x80\x04."[..], "offset 2: STOP expects a value on the stack"),
            (b"\x80\x04(.", "offset 3: STOP expects a value"),
            (b"\x80\x04t.", "offset 2: TUPLE expects a MARK"),
            (b"\x80\x04K\x01(\x85.", "offset 5: TUPLE1 expects values"),
            (b"\x80\x04h\x05.", "offset 2: BINGET expects a memo slot that was written"),
            (b"\x80\x04Nr\xff\xff\xff\xff.", "offset 3: LONG_BINPUT expects a memo slot no larger"),
            (b"\x80\x04K\x01K\x02a.", "offset 6: APPEND expects a list, found the integer 1"),
            (b"\x80\x04}(Nu.", "offset 5: SETITEMS expects keys and values in pairs"),
            (b"\x80\x04N)R.", "offset 4: REDUCE expects a class or function, found None"),
            (b"\x80\x04NNb.", "offset 4: BUILD expects an object, found None"),
            (b"\x80\x04N.N", "offset 4: 1 byte(s) follow the end"),
        ] {
            let message = message(bytes);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
