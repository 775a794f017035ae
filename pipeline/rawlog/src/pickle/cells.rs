//! Cells of object arrays: values of the graph as [`Cell`]s.

use std::sync::Arc;

use super::budget::shared_text_bytes;
use super::error::PickleError;
use super::globals::Role;
use super::numpy::{Elements, NdArray, Reader};
use super::value::{Object, Value, quoted};
use crate::cell::{Array, Cell, Container};
use crate::frame::ColumnData;

impl<'g> Reader<'g, '_> {
    /// Line `outer` of an array of objects as cells.
    pub(crate) fn object_cells(
        &mut self,
        array: &NdArray,
        items: &'g [Value],
        outer: usize,
        column: &str,
    ) -> Result<ColumnData, PickleError> {
        let objects = Self::objects(array, items, outer);
        let mut cells = self.budget.vec(objects.len(), array.offset)?;
        for (row, value) in objects.enumerate() {
            cells.push(self.cell(value, array.offset, column, row)?);
        }
        Ok(ColumnData::Object(cells))
    }

    /// One value as a cell; `column` and `row` are named in errors, `at` is the place of what holds
    /// the value.
    pub(crate) fn cell(&mut self, value: Value, at: usize, column: &str, row: usize) -> Result<Cell, PickleError> {
        let arena = self.arena;
        let offset = arena.offset_or(value, at);
        let container = |kind, entries| Ok(Cell::Container { kind, entries });
        let object = match value {
            Value::None => return Ok(Cell::None),
            Value::Bool(flag) => return Ok(Cell::Bool(flag)),
            Value::Int(number) => return Ok(Cell::Int(number)),
            Value::Float(number) => return Ok(Cell::Float(number)),
            Value::Object(_) => arena.get(value),
        };
        match object {
            Some(Object::Text(text)) => return Ok(Cell::Text(Arc::clone(text))),
            Some(Object::Dict(pairs)) => return container(Container::Dict, pairs.len() / 2),
            Some(Object::List(items)) => return container(Container::List, items.len()),
            Some(Object::Tuple(items)) => return container(Container::Tuple, items.len()),
            Some(Object::Set(items)) => return container(Container::Set, items.len()),
            Some(Object::Bytes(bytes)) => {
                // Text, if Python 2 wrote it.
                if let Ok(text) = std::str::from_utf8(bytes) {
                    self.budget.take(shared_text_bytes(text.len()), offset)?;
                    return Ok(Cell::Text(Arc::from(text)));
                }
            }
            Some(Object::Global(global)) => match global.role() {
                Role::Missing => return Ok(Cell::Missing),
                Role::ScalarType => {
                    let name = global.dotted_name();
                    self.budget.take(shared_text_bytes(name.len()), offset)?;
                    return Ok(Cell::Class(Arc::from(name)));
                }
                _ => {}
            },
            Some(Object::Instance(_)) => {
                if let Some(scalar) = self.call(value, Role::Scalar) {
                    return match self.scalar(scalar, offset)? {
                        ColumnData::F64(values) => Ok(Cell::Float(first(&values))),
                        ColumnData::I64(values) => Ok(Cell::Int(first(&values))),
                        ColumnData::Bool(values) => Ok(Cell::Bool(first(&values))),
                        _ => Err(unsupported_cell(offset, column, row, "a time (numpy.datetime64)")),
                    };
                }
                if self.is_array(value) {
                    return self.array_cell(value, offset, column, row);
                }
            }
            None => {}
        }
        Err(unsupported_cell(offset, column, row, &arena.describe(value)))
    }

    fn array_cell(&mut self, value: Value, at: usize, column: &str, row: usize) -> Result<Cell, PickleError> {
        let array = self.array(value, at)?;
        if array.shape.dimensions != 1 {
            return Err(unsupported_cell(at, column, row, "a two-dimensional array"));
        }
        let values = match self.elements(&array)? {
            Elements::Numbers(bytes) => self.numbers(&array, &bytes, 0, column)?,
            Elements::Objects(_) => {
                return Err(unsupported_cell(at, column, row, "an array of objects"));
            }
        };
        let dtype = array.dtype.code();
        let size = size_of::<Array>() + 2 * size_of::<usize>() + dtype.capacity();
        self.budget.take(size, at)?;
        Ok(Cell::Array(Arc::new(Array { dtype, values })))
    }
}

fn first<T: Copy + Default>(values: &[T]) -> T {
    values.first().copied().unwrap_or_default()
}

fn unsupported_cell(offset: usize, column: &str, row: usize, feature: &str) -> PickleError {
    PickleError::UnsupportedCell { offset, column: quoted(column), row, feature: feature.to_owned() }
}
