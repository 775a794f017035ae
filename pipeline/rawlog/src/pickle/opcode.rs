//! Decoding of pickle opcodes: bytes to operations with their operands, nothing else.
//!
//! Source: Python's `pickletools`, protocols 2 to 5. All integers are little-endian but `BINFLOAT`,
//! which is big-endian.

use super::error::PickleError;

/// One operation; operands borrow from the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op<'a> {
    Proto,
    Frame,
    Stop,
    Mark,
    PopMark,
    Pop,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    EmptyTuple,
    /// `TUPLE1`, `TUPLE2`, `TUPLE3`: the number of values taken from the stack.
    TupleOf(usize),
    Tuple,
    EmptyList,
    List,
    Append,
    Appends,
    EmptyDict,
    Dict,
    SetItem,
    SetItems,
    EmptySet,
    FrozenSet,
    AddItems,
    /// Memo slot written, `None` for the next free one (`MEMOIZE`).
    Put(Option<u32>),
    Get(u32),
    Global {
        module: &'a str,
        name: &'a str,
    },
    StackGlobal,
    Reduce,
    NewObj,
    NewObjEx,
    Build,
}

/// An operation with its place and name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step<'a> {
    pub(crate) offset: usize,
    /// The opcode's byte.
    pub(crate) code: u8,
    pub(crate) op: Op<'a>,
}

/// Reads one operation after the other from a file.
pub(crate) struct Decoder<'a> {
    bytes: &'a [u8],
    position: usize,
}

const NO_PERSISTENT: &str = "it refers to an object kept outside the file, which pandas never writes";
const NO_EXTENSION: &str = "it refers to a registry of extension codes, which pandas never writes";
const OLD_PROTOCOL: &str = "it belongs to pickle protocols 0 and 1; write the file again with protocol 2 or later";
const OUT_OF_BAND: &str =
    "its data lie outside the file (out-of-band buffers); write the file again without a buffer callback";
const NOT_WRITTEN: &str = "no pickler writes it for a DataFrame";

/// Names of all opcodes of all protocols, as in Python's `pickletools`, with the reason why an
/// opcode that exists is refused (`None` if it is read).
fn opcode(code: u8) -> Option<(&'static str, Option<&'static str>)> {
    Some(match code {
        0x80 => ("PROTO", None),
        0x95 => ("FRAME", None),
        b'.' => ("STOP", None),
        b'(' => ("MARK", None),
        b'0' => ("POP", None),
        b'1' => ("POP_MARK", None),
        b'N' => ("NONE", None),
        0x88 => ("NEWTRUE", None),
        0x89 => ("NEWFALSE", None),
        b'J' => ("BININT", None),
        b'K' => ("BININT1", None),
        b'M' => ("BININT2", None),
        b'I' => ("INT", None),
        0x8a => ("LONG1", None),
        0x8b => ("LONG4", None),
        b'G' => ("BINFLOAT", None),
        b'X' => ("BINUNICODE", None),
        0x8c => ("SHORT_BINUNICODE", None),
        0x8d => ("BINUNICODE8", None),
        b'T' => ("BINSTRING", None),
        b'U' => ("SHORT_BINSTRING", None),
        b'B' => ("BINBYTES", None),
        b'C' => ("SHORT_BINBYTES", None),
        0x8e => ("BINBYTES8", None),
        0x96 => ("BYTEARRAY8", None),
        b')' => ("EMPTY_TUPLE", None),
        0x85 => ("TUPLE1", None),
        0x86 => ("TUPLE2", None),
        0x87 => ("TUPLE3", None),
        b't' => ("TUPLE", None),
        b']' => ("EMPTY_LIST", None),
        b'l' => ("LIST", None),
        b'a' => ("APPEND", None),
        b'e' => ("APPENDS", None),
        b'}' => ("EMPTY_DICT", None),
        b'd' => ("DICT", None),
        b's' => ("SETITEM", None),
        b'u' => ("SETITEMS", None),
        0x8f => ("EMPTY_SET", None),
        0x91 => ("FROZENSET", None),
        0x90 => ("ADDITEMS", None),
        b'q' => ("BINPUT", None),
        b'r' => ("LONG_BINPUT", None),
        0x94 => ("MEMOIZE", None),
        b'h' => ("BINGET", None),
        b'j' => ("LONG_BINGET", None),
        b'c' => ("GLOBAL", None),
        0x93 => ("STACK_GLOBAL", None),
        b'R' => ("REDUCE", None),
        0x81 => ("NEWOBJ", None),
        0x92 => ("NEWOBJ_EX", None),
        b'b' => ("BUILD", None),
        b'L' => ("LONG", Some(OLD_PROTOCOL)),
        b'F' => ("FLOAT", Some(OLD_PROTOCOL)),
        b'S' => ("STRING", Some(OLD_PROTOCOL)),
        b'V' => ("UNICODE", Some(OLD_PROTOCOL)),
        b'p' => ("PUT", Some(OLD_PROTOCOL)),
        b'g' => ("GET", Some(OLD_PROTOCOL)),
        b'i' => ("INST", Some(OLD_PROTOCOL)),
        b'o' => ("OBJ", Some(OLD_PROTOCOL)),
        b'2' => ("DUP", Some(NOT_WRITTEN)),
        b'P' => ("PERSID", Some(NO_PERSISTENT)),
        b'Q' => ("BINPERSID", Some(NO_PERSISTENT)),
        0x82 => ("EXT1", Some(NO_EXTENSION)),
        0x83 => ("EXT2", Some(NO_EXTENSION)),
        0x84 => ("EXT4", Some(NO_EXTENSION)),
        0x97 => ("NEXT_BUFFER", Some(OUT_OF_BAND)),
        0x98 => ("READONLY_BUFFER", Some(OUT_OF_BAND)),
        _ => return None,
    })
}

/// Name of an opcode in Python's `pickletools`.
pub(crate) fn name(code: u8) -> &'static str {
    opcode(code).map_or("unknown opcode", |(name, _)| name)
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Offset of the next opcode.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next operation. The file must not end before `STOP`.
    pub(crate) fn next(&mut self) -> Result<Step<'a>, PickleError> {
        let offset = self.position;
        let code = self.byte(offset, "the pickle (no STOP opcode)")?;
        let op = match opcode(code) {
            None => return Err(PickleError::UnknownOpcode { offset, byte: code }),
            Some((opcode, Some(reason))) => {
                return Err(PickleError::OpcodeNotAllowed { offset, opcode, reason });
            }
            Some((name, None)) => self.operation(code, offset, name)?,
        };
        Ok(Step { offset, code, op })
    }

    fn operation(&mut self, code: u8, offset: usize, name: &'static str) -> Result<Op<'a>, PickleError> {
        Ok(match code {
            0x80 => {
                let protocol = self.byte(offset, name)?;
                if protocol > 5 {
                    return Err(PickleError::Protocol { protocol });
                }
                Op::Proto
            }
            0x95 => {
                // The frame's content follows as ordinary opcodes; a length beyond the end of the
                // file is the earliest sign of a truncated file.
                let length = u64::from_le_bytes(self.array(offset, name)?);
                self.require(length, offset, name)?;
                Op::Frame
            }
            b'.' => Op::Stop,
            b'(' => Op::Mark,
            b'0' => Op::Pop,
            b'1' => Op::PopMark,
            b'N' => Op::None,
            0x88 => Op::Bool(true),
            0x89 => Op::Bool(false),
            b'J' => Op::Int(i32::from_le_bytes(self.array(offset, name)?).into()),
            b'K' => Op::Int(self.byte(offset, name)?.into()),
            b'M' => Op::Int(u16::from_le_bytes(self.array(offset, name)?).into()),
            // Text of protocol 0, by which Python 2 writes integers beyond 32 bits in protocol 2 too.
            b'I' => {
                let digits = self.line(offset, name)?;
                Op::Int(digits.parse().map_err(|_| PickleError::BadOpcodeUse {
                    offset,
                    opcode: name,
                    expected: "an integer of at most 64 bits in decimal",
                    found: format!("{} characters", digits.len()),
                })?)
            }
            0x8a => {
                let length = self.byte(offset, name)?;
                Op::Int(self.long(length.into(), offset, name)?)
            }
            0x8b => {
                let length = u32::from_le_bytes(self.array(offset, name)?);
                Op::Int(self.long(length.into(), offset, name)?)
            }
            b'G' => Op::Float(f64::from_be_bytes(self.array(offset, name)?)),
            b'X' => Op::Text(self.text(4, offset, name)?),
            0x8c => Op::Text(self.text(1, offset, name)?),
            0x8d => Op::Text(self.text(8, offset, name)?),
            // Python 2 wrote both text and array data as byte strings.
            b'T' | b'B' => Op::Bytes(self.sized(4, offset, name)?),
            b'U' | b'C' => Op::Bytes(self.sized(1, offset, name)?),
            0x8e | 0x96 => Op::Bytes(self.sized(8, offset, name)?),
            b')' => Op::EmptyTuple,
            0x85 => Op::TupleOf(1),
            0x86 => Op::TupleOf(2),
            0x87 => Op::TupleOf(3),
            b't' => Op::Tuple,
            b']' => Op::EmptyList,
            b'l' => Op::List,
            b'a' => Op::Append,
            b'e' => Op::Appends,
            b'}' => Op::EmptyDict,
            b'd' => Op::Dict,
            b's' => Op::SetItem,
            b'u' => Op::SetItems,
            0x8f => Op::EmptySet,
            0x91 => Op::FrozenSet,
            0x90 => Op::AddItems,
            b'q' => Op::Put(Some(self.byte(offset, name)?.into())),
            b'r' => Op::Put(Some(u32::from_le_bytes(self.array(offset, name)?))),
            0x94 => Op::Put(None),
            b'h' => Op::Get(self.byte(offset, name)?.into()),
            b'j' => Op::Get(u32::from_le_bytes(self.array(offset, name)?)),
            b'c' => Op::Global { module: self.line(offset, name)?, name: self.line(offset, name)? },
            0x93 => Op::StackGlobal,
            b'R' => Op::Reduce,
            0x81 => Op::NewObj,
            0x92 => Op::NewObjEx,
            b'b' => Op::Build,
            byte => return Err(PickleError::UnknownOpcode { offset, byte }),
        })
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Fails unless `length` more bytes are there.
    fn require(&self, length: u64, offset: usize, what: &'static str) -> Result<(), PickleError> {
        match length.checked_sub(self.rest().len() as u64) {
            Some(missing) if missing > 0 => Err(PickleError::Truncated { offset, what, missing }),
            _ => Ok(()),
        }
    }

    fn take(&mut self, length: u64, offset: usize, what: &'static str) -> Result<&'a [u8], PickleError> {
        self.require(length, offset, what)?;
        let taken = self.rest().get(..length as usize).unwrap_or_default();
        self.position += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, offset: usize, what: &'static str) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, offset, what)?);
        Ok(array)
    }

    fn byte(&mut self, offset: usize, what: &'static str) -> Result<u8, PickleError> {
        self.array::<1>(offset, what).map(|[byte]| byte)
    }

    /// Bytes that follow their own length, itself `width` bytes wide.
    fn sized(&mut self, width: usize, offset: usize, what: &'static str) -> Result<&'a [u8], PickleError> {
        let mut length = [0; 8];
        let field = self.take(width as u64, offset, what)?;
        for (to, from) in length.iter_mut().zip(field) {
            *to = *from;
        }
        self.take(u64::from_le_bytes(length), offset, what)
    }

    fn text(&mut self, width: usize, offset: usize, what: &'static str) -> Result<&'a str, PickleError> {
        let bytes = self.sized(width, offset, what)?;
        utf8(bytes, offset, what)
    }

    /// An operand that ends with a line feed.
    fn line(&mut self, offset: usize, what: &'static str) -> Result<&'a str, PickleError> {
        let length = self.rest().iter().position(|&byte| byte == b'\n');
        let length = length.ok_or(PickleError::Truncated { offset, what, missing: 1 })?;
        let bytes = self.take(length as u64 + 1, offset, what)?;
        utf8(bytes.get(..length).unwrap_or_default(), offset, what)
    }

    /// A two's complement integer of `length` bytes.
    fn long(&mut self, length: u64, offset: usize, what: &'static str) -> Result<i64, PickleError> {
        let bytes = self.take(length, offset, what)?;
        let fill = match bytes.last() {
            Some(last) if last & 0x80 != 0 => 0xff,
            _ => 0,
        };
        let (low, high) = bytes.split_at(bytes.len().min(8));
        let mut value = [fill; 8];
        value[..low.len()].copy_from_slice(low);
        let value = i64::from_le_bytes(value);
        // Bytes beyond the eighth may only repeat the sign.
        if high.iter().any(|&byte| byte != fill) || (value < 0) != (fill != 0) {
            return Err(PickleError::Unsupported {
                offset,
                feature: format!("an integer of {length} bytes"),
                hint: "; integers of at most 64 bits can be read",
            });
        }
        Ok(value)
    }
}

fn utf8<'a>(bytes: &'a [u8], offset: usize, opcode: &'static str) -> Result<&'a str, PickleError> {
    std::str::from_utf8(bytes).map_err(|error| PickleError::BadOpcodeUse {
        offset,
        opcode,
        expected: "text in UTF-8",
        found: format!("an invalid byte after {} valid ones", error.valid_up_to()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<Op<'_>, PickleError> {
        Decoder::new(bytes).next().map(|step| step.op)
    }

    #[test]
    fn integers_of_all_widths() {
        assert_eq!(decode(b"K\xff"), Ok(Op::Int(255)));
        assert_eq!(decode(b"M\xff\xff"), Ok(Op::Int(65535)));
        assert_eq!(decode(b"J\xff\xff\xff\xff"), Ok(Op::Int(-1)));
        assert_eq!(decode(b"\x8a\x00"), Ok(Op::Int(0)));
        assert_eq!(decode(b"\x8a\x01\x80"), Ok(Op::Int(-128)));
        assert_eq!(decode(b"\x8a\x02\x80\x00"), Ok(Op::Int(128)));
        let min = [b"\x8a\x08".as_slice(), &i64::MIN.to_le_bytes()].concat();
        assert_eq!(decode(&min), Ok(Op::Int(i64::MIN)));
        // 2^63 needs a ninth byte for its sign, and does not fit.
        let too_big = [b"\x8a\x09".as_slice(), &i64::MIN.to_le_bytes(), &[0]].concat();
        let error = decode(&too_big).unwrap_err().to_string();
        assert!(error.contains("at most 64 bits"), "{error}");
        // Nine bytes that only repeat the sign do fit.
        let wide = [b"\x8a\x09".as_slice(), &(-2i64).to_le_bytes(), &[0xff]].concat();
        assert_eq!(decode(&wide), Ok(Op::Int(-2)));
    }

    #[test]
    fn a_float_is_big_endian() {
        assert_eq!(decode(b"G\x3f\xf8\0\0\0\0\0\0"), Ok(Op::Float(1.5)));
    }

    #[test]
    fn lengths_beyond_the_end_are_truncation() {
        let cases: [(&[u8], u64); 6] = [
            (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", u64::MAX),
            (b"B\xff\xff\xff\xffabc", 0xffff_ffff - 3),
            (b"\x8c\x04abc", 1),
            (b"X\x04\0\0", 1),
            (b"\x95\x10\0\0\0\0\0\0\0N", 15),
            (b"cos\nsystem", 1),
        ];
        for (bytes, expected) in cases {
            match decode(bytes) {
                Err(PickleError::Truncated { offset: 0, missing, .. }) => assert_eq!(missing, expected),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn refused_opcodes_are_named() {
        for (bytes, name) in [(b"P", "PERSID"), (b"\x97", "NEXT_BUFFER"), (b"i", "INST"), (b"\x82", "EXT1")] {
            let error = decode(bytes).unwrap_err().to_string();
            assert!(error.starts_with("offset 0: opcode ") && error.contains(name), "{error}");
        }
        assert_eq!(decode(b"\xfe"), Err(PickleError::UnknownOpcode { offset: 0, byte: 0xfe }));
    }

    #[test]
    fn every_readable_opcode_has_an_operation() {
        for code in 0..=255u8 {
            if let Some((name, None)) = opcode(code) {
                // Enough operand bytes for any of them, none of which is a large length.
                let operand = if name == "INT" { &b"12\n"[..] } else { &[0; 16] };
                let bytes = [&[code][..], operand, b"\n\n"].concat();
                assert!(decode(&bytes).is_ok(), "{name}");
            }
        }
    }
}
