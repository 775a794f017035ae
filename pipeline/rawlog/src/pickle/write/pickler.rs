//! The opcodes of a pickle one after the other, with memo and frames as Python's own pickler has them.

use std::collections::BTreeMap;

use super::Protocol;

/// Bytes from which a frame is complete, and from which a payload stands outside of all frames.
const FRAME_TARGET: usize = 64 * 1024;
/// A frame shorter than this is written without its header.
const FRAME_LEAST: usize = 4;
/// The opcode `FRAME` and the length of the frame.
const FRAME_HEADER: usize = 9;
/// Items of a list that are appended at a time.
const BATCH: usize = 1000;

/// A value that was written before, by its place in the memo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot(u32);

/// Writes values. As in Python, each value but numbers and singletons takes the next slot of the
/// memo; equal texts, classes and dtypes are written once and referred to afterwards.
pub(super) struct Pickler {
    bytes: Vec<u8>,
    protocol: Protocol,
    /// Where the header of the open frame stands.
    frame: Option<usize>,
    memoized: u32,
    texts: BTreeMap<String, Slot>,
    /// By module and name with a space between.
    globals: BTreeMap<String, Slot>,
    dtypes: BTreeMap<&'static str, Slot>,
    letter_b: Option<Slot>,
}

impl Pickler {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            bytes: vec![0x80, protocol.number()],
            protocol,
            frame: None,
            memoized: 0,
            texts: BTreeMap::new(),
            globals: BTreeMap::new(),
            dtypes: BTreeMap::new(),
            letter_b: None,
        }
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Ends the pickle.
    pub(super) fn stop(mut self) -> Vec<u8> {
        self.emit(b".");
        self.close_frame();
        self.bytes
    }

    pub(super) fn none(&mut self) {
        self.value(b"N");
    }

    pub(super) fn bool(&mut self, flag: bool) {
        self.value(if flag { b"\x88" } else { b"\x89" });
    }

    /// An integer by the shortest of its opcodes.
    pub(super) fn int(&mut self, number: i64) {
        self.boundary();
        if let Ok(byte) = u8::try_from(number) {
            self.emit(&[b'K', byte]);
        } else if let Ok(short) = u16::try_from(number) {
            self.emit_with(b'M', &short.to_le_bytes());
        } else if let Ok(long) = i32::try_from(number) {
            self.emit_with(b'J', &long.to_le_bytes());
        } else {
            // Two's complement with no byte more than it takes to keep the sign.
            let bytes = number.to_le_bytes();
            let spare = |length: &usize| {
                let (last, next) = (bytes[*length - 1], bytes[*length - 2]);
                (last == 0 && next < 0x80) || (last == 0xff && next >= 0x80)
            };
            let length = (5..=8).rev().find(|length| !spare(length)).unwrap_or(5);
            self.emit_with(0x8a, &[&[length as u8], &bytes[..length]].concat());
        }
    }

    pub(super) fn float(&mut self, number: f64) {
        self.boundary();
        self.emit_with(b'G', &number.to_be_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        match self.texts.get(text) {
            Some(&slot) => self.get(slot),
            None => {
                self.boundary();
                self.payload([(1, 0x8c), (4, b'X'), (8, 0x8d)], text.as_bytes());
                let slot = self.memoize();
                self.texts.insert(text.to_owned(), slot);
            }
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.boundary();
        self.payload([(1, b'C'), (4, b'B'), (8, 0x8e)], bytes);
        self.memoize();
    }

    /// `b"b"`, which each array without a buffer refers to.
    pub(super) fn letter_b(&mut self) {
        match self.letter_b {
            Some(slot) => self.get(slot),
            None => {
                self.boundary();
                self.emit(b"C\x01b");
                self.letter_b = Some(self.memoize());
            }
        }
    }

    /// A bytearray (protocol 5).
    pub(super) fn buffer(&mut self, bytes: &[u8]) {
        self.boundary();
        self.payload([(8, 0x96), (8, 0x96), (8, 0x96)], bytes);
        self.memoize();
    }

    /// A class or function.
    pub(super) fn global(&mut self, module: &str, name: &str) {
        let key = format!("{module} {name}");
        match self.globals.get(&key) {
            Some(&slot) => self.get(slot),
            None => {
                self.boundary();
                self.text(module);
                self.text(name);
                self.emit(b"\x93");
                let slot = self.memoize();
                self.globals.insert(key, slot);
            }
        }
    }

    /// A dtype of numpy: what `dtype` writes, once.
    pub(super) fn dtype(&mut self, code: &'static str, write: impl FnOnce(&mut Self) -> Slot) {
        match self.dtypes.get(code) {
            Some(&slot) => self.get(slot),
            None => {
                let slot = write(self);
                self.dtypes.insert(code, slot);
            }
        }
    }

    /// Refers to a value written before.
    pub(super) fn get(&mut self, slot: Slot) {
        self.boundary();
        match u8::try_from(slot.0) {
            Ok(byte) => self.emit(&[b'h', byte]),
            Err(_) => self.emit_with(b'j', &slot.0.to_le_bytes()),
        }
    }

    /// Begins what [`Self::tuple`] or [`Self::set_items`] ends.
    pub(super) fn mark(&mut self) {
        self.emit(b"(");
    }

    /// A tuple of what was written since the mark, four values or more.
    pub(super) fn tuple(&mut self) {
        self.emit(b"t");
        self.memoize();
    }

    pub(super) fn empty_tuple(&mut self) {
        self.value(b")");
    }

    /// A tuple of the last value, of the last two, of the last three.
    pub(super) fn tuple_of<const N: usize>(&mut self) {
        const { assert!(0 < N && N < 4, "opcodes are there for one to three values") };
        self.emit(&[0x84 + N as u8]);
        self.memoize();
    }

    pub(super) fn empty_list(&mut self) {
        self.value(b"]");
        self.memoize();
    }

    pub(super) fn empty_dict(&mut self) {
        self.value(b"}");
        self.memoize();
    }

    /// Sets what was written since the mark, key and value in turn, in the dict before the mark.
    pub(super) fn set_items(&mut self) {
        self.emit(b"u");
    }

    /// Sets the last key and value in the dict before them.
    pub(super) fn set_item(&mut self) {
        self.emit(b"s");
    }

    /// A list of what `save` writes for each item.
    pub(super) fn list<T, E>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut save: impl FnMut(&mut Self, T) -> Result<(), E>,
    ) -> Result<Slot, E> {
        self.value(b"]");
        let slot = self.memoize();
        let count = items.len();
        for (place, item) in items.enumerate() {
            if count > 1 && place % BATCH == 0 {
                self.mark();
            }
            save(self, item)?;
            let last = place + 1 == count;
            if count == 1 {
                self.emit(b"a");
            } else if last || (place + 1) % BATCH == 0 {
                self.emit(b"e");
            }
        }
        Ok(slot)
    }

    /// An object of the class below the tuple of arguments on top.
    pub(super) fn new_object(&mut self) -> Slot {
        self.emit(b"\x81");
        self.memoize()
    }

    /// The result of the function below the tuple of arguments on top.
    pub(super) fn reduce(&mut self) -> Slot {
        self.emit(b"R");
        self.memoize()
    }

    /// Gives the object below the state on top.
    pub(super) fn build(&mut self) {
        self.emit(b"b");
    }

    fn memoize(&mut self) -> Slot {
        self.emit(b"\x94");
        self.memoized += 1;
        Slot(self.memoized - 1)
    }

    /// One opcode that is a value of its own.
    fn value(&mut self, opcode: &[u8]) {
        self.boundary();
        self.emit(opcode);
    }

    fn emit_with(&mut self, opcode: u8, operand: &[u8]) {
        self.emit(&[&[opcode], operand].concat());
    }

    /// Bytes after their length, by the first of the opcodes whose length has enough bytes.
    fn payload(&mut self, opcodes: [(usize, u8); 3], bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        let fits = |(width, _): &&(usize, u8)| length[*width..].iter().all(|&byte| byte == 0);
        let (width, opcode) = *opcodes.iter().find(fits).unwrap_or(&opcodes[2]);
        let header = [&[opcode], &length[..width]].concat();
        if bytes.len() >= FRAME_TARGET {
            self.close_frame();
            self.bytes.extend(header);
            self.bytes.extend(bytes);
        } else {
            self.emit(&header);
            self.emit(bytes);
        }
    }

    fn emit(&mut self, bytes: &[u8]) {
        if self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend([0; FRAME_HEADER]);
        }
        self.bytes.extend(bytes);
    }

    /// Before each value: ends the frame if it is long enough.
    fn boundary(&mut self) {
        if self.frame.is_some_and(|start| self.bytes.len() - start - FRAME_HEADER >= FRAME_TARGET) {
            self.close_frame();
        }
    }

    fn close_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let content = start + FRAME_HEADER;
        let length = self.bytes.len() - content;
        if length < FRAME_LEAST {
            self.bytes.drain(start..content);
        } else {
            self.bytes[start] = 0x95;
            self.bytes[start + 1..content].copy_from_slice(&(length as u64).to_le_bytes());
        }
    }
}
