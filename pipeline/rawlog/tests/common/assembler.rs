//! Assembles pickles by hand, to say what no pickler would.

/// Opcodes one after the other, protocol 4.
#[derive(Clone)]
pub struct Assembler {
    bytes: Vec<u8>,
}

impl Assembler {
    pub fn new() -> Self {
        Self { bytes: vec![0x80, 4] }
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub fn none(self) -> Self {
        self.raw(b"N")
    }

    pub fn bool(self, flag: bool) -> Self {
        self.raw(if flag { b"\x88" } else { b"\x89" })
    }

    pub fn int(self, number: i64) -> Self {
        self.raw(b"\x8a\x08").raw(&number.to_le_bytes())
    }

    pub fn text(self, text: &str) -> Self {
        let length = u32::try_from(text.len()).unwrap();
        self.raw(b"X").raw(&length.to_le_bytes()).raw(text.as_bytes())
    }

    pub fn bytes(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap();
        self.raw(b"B").raw(&length.to_le_bytes()).raw(bytes)
    }

    pub fn global(self, module: &str, name: &str) -> Self {
        self.text(module).text(name).raw(b"\x93")
    }

    /// Stores the topmost value in a slot of the memo.
    pub fn put(self, slot: u32) -> Self {
        self.raw(b"r").raw(&slot.to_le_bytes())
    }

    /// Pushes the value of a slot of the memo.
    pub fn get(self, slot: u32) -> Self {
        match u8::try_from(slot) {
            Ok(slot) => self.raw(&[b'h', slot]),
            Err(_) => self.raw(b"j").raw(&slot.to_le_bytes()),
        }
    }

    /// A tuple of what `items` pushes.
    pub fn tuple(self, items: impl FnOnce(Self) -> Self) -> Self {
        items(self.raw(b"(")).raw(b"t")
    }

    /// A list of what `items` pushes.
    pub fn list(self, items: impl FnOnce(Self) -> Self) -> Self {
        items(self.raw(b"](")).raw(b"e")
    }

    /// A dict of the keys and values that `pairs` pushes.
    pub fn dict(self, pairs: impl FnOnce(Self) -> Self) -> Self {
        pairs(self.raw(b"}(")).raw(b"u")
    }

    /// Calls the topmost but one value with the topmost tuple.
    pub fn reduce(self) -> Self {
        self.raw(b"R")
    }

    /// Gives the topmost but one object the topmost value as state.
    pub fn build(self) -> Self {
        self.raw(b"b")
    }

    pub fn stop(self) -> Vec<u8> {
        self.raw(b".").bytes
    }

    /// A numpy dtype.
    pub fn dtype(self, code: &str) -> Self {
        self.global("numpy", "dtype")
            .tuple(|asm| asm.text(code).bool(false).bool(true))
            .reduce()
            .tuple(|asm| asm.int(3).text("<").none().none().none().int(-1).int(-1).int(0))
            .build()
    }

    /// A numpy array of this shape with what `data` pushes.
    pub fn array(self, code: &str, shape: &[i64], data: impl FnOnce(Self) -> Self) -> Self {
        self.global("numpy.core.multiarray", "_reconstruct")
            .tuple(|asm| asm.global("numpy", "ndarray").tuple(|asm| asm.int(0)).bytes(b"b"))
            .reduce()
            .tuple(|asm| {
                let asm = asm.int(1).tuple(|asm| shape.iter().fold(asm, |asm, &size| asm.int(size)));
                data(asm.dtype(code).bool(false))
            })
            .build()
    }

    /// An index of this class with the attributes that `attributes` pushes.
    pub fn index(self, module: &str, class: &str, attributes: impl FnOnce(Self) -> Self) -> Self {
        self.global("pandas.core.indexes.base", "_new_Index")
            .tuple(|asm| asm.global(module, class).dict(attributes))
            .reduce()
    }

    pub fn range_index(self, start: i64, stop: i64, step: i64) -> Self {
        self.index("pandas.core.indexes.range", "RangeIndex", |asm| {
            let asm = asm.text("name").none().text("start").int(start);
            asm.text("stop").int(stop).text("step").int(step)
        })
    }

    /// An index of texts.
    pub fn text_index(self, labels: &[&str]) -> Self {
        self.index("pandas.core.indexes.base", "Index", |asm| {
            let asm = asm.text("data").array("O8", &[labels.len() as i64], |asm| {
                asm.list(|asm| labels.iter().fold(asm, |asm, label| asm.text(label)))
            });
            asm.text("name").none()
        })
    }

    pub fn slice(self, start: i64, stop: i64) -> Self {
        self.global("builtins", "slice").tuple(|asm| asm.int(start).int(stop).int(1)).reduce()
    }

    /// A block of what `values` pushes, at the columns from `start` to before `stop`.
    pub fn block(self, start: i64, stop: i64, values: impl FnOnce(Self) -> Self) -> Self {
        self.global("pandas._libs.internals", "_unpickle_block")
            .tuple(|asm| values(asm).slice(start, stop).int(2))
            .reduce()
    }

    /// A whole DataFrame as pandas 1.5 writes it.
    pub fn frame(
        self,
        blocks: impl FnOnce(Self) -> Self,
        columns: impl FnOnce(Self) -> Self,
        rows: impl FnOnce(Self) -> Self,
    ) -> Vec<u8> {
        self.global("pandas.core.frame", "DataFrame")
            .raw(b")\x81")
            .dict(|asm| {
                asm.text("_mgr")
                    .global("pandas.core.internals.managers", "BlockManager")
                    .tuple(|asm| asm.tuple(blocks).list(|asm| rows(columns(asm))))
                    .reduce()
            })
            .build()
            .stop()
    }
}
