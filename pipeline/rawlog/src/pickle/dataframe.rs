//! A DataFrame, as the versions of pandas lay it out: two axes, and blocks of columns of one type.

use super::error::PickleError;
use super::extension::{Names, Source};
use super::globals::Role;
use super::numpy::{Elements, Reader, mismatch};
use super::value::{Value, quoted};
use crate::frame::{Column, ColumnData, Frame};

/// Axes and blocks, from whichever form the manager was written in.
struct Manager {
    columns: Value,
    rows: Value,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy)]
struct Block {
    values: Value,
    placement: Value,
    at: usize,
}

impl Reader<'_, '_> {
    /// The frame at the root of a pickle, and a line on the layout of each block.
    pub(crate) fn data_frame(&mut self, root: Value) -> Result<(Frame, Vec<String>), PickleError> {
        let at = self.arena.offset_or(root, 0);
        let frame = self
            .call(root, Role::DataFrame)
            .ok_or_else(|| self.structure_error(root, 0, "content of the pickle", "a pandas DataFrame"))?;
        // `_mgr` from pandas 1.1 on, `_data` before.
        let manager = self.arena.entry(frame.state, "_mgr");
        let manager = manager.or_else(|| self.arena.entry(frame.state, "_data"));
        let manager = manager
            .ok_or_else(|| self.structure_error(frame.state, at, "state of the DataFrame", "a block manager"))?;
        let manager = self.manager(manager, at)?;
        let names = self.column_names(manager.columns, at)?;
        let index = self.axis(manager.rows, at, 0)?;
        // Rows without columns cost nothing in the file, but time to whoever goes through them.
        self.budget.take(index.len(), at)?;
        let mut layouts = self.budget.vec(manager.blocks.len(), at)?;
        let mut columns = Columns::named(names, index.len(), at, self)?;
        for block in manager.blocks {
            layouts.push(self.block(block, &mut columns)?);
        }
        let frame = Frame::new(columns.complete(at)?, index);
        let frame = frame.map_err(|error| mismatch(at, "frame", "equal lengths", &error.to_string()))?;
        Ok((frame, layouts))
    }

    /// Fills the columns of one block, and describes its layout.
    fn block(&mut self, block: Block, columns: &mut Columns) -> Result<String, PickleError> {
        let at = block.at;
        let (positions, placement) = self.placement(block.placement, at, columns.columns.len())?;
        let names = Names::Columns { all: &columns.columns, positions: &positions };
        let values = self.values(Source { value: block.values, at, names, depth: 0 })?;
        if values.columns.len() != positions.len() {
            let (expected, found) = (positions.len(), values.columns.len());
            let expected = format!("{expected} column(s)");
            return Err(mismatch(at, "block", &expected, &found.to_string()));
        }
        for (position, data) in positions.into_iter().zip(values.columns) {
            self.budget.take(values.dtype.len(), at)?;
            columns.fill(position, values.dtype.clone(), data, at)?;
        }
        self.budget.take(values.layout.len() + placement.len() + " at ".len(), at)?;
        Ok(format!("{} at {placement}", values.layout))
    }

    fn manager(&mut self, value: Value, at: usize) -> Result<Manager, PickleError> {
        let offset = self.arena.offset_or(value, at);
        let instance = self
            .call(value, Role::BlockManager)
            .ok_or_else(|| self.structure_error(value, at, "state of the DataFrame", "a block manager"))?;
        // pandas 1.3 and later: BlockManager(blocks, axes).
        if let &[blocks, axes] = self.arguments(instance) {
            let blocks = self.list(blocks, offset, "blocks")?;
            let mut read = self.budget.vec(blocks.len(), offset)?;
            for &block in blocks {
                read.push(self.made_block(block, offset)?);
            }
            return self.with_axes(axes, read, offset);
        }
        // Before: a state of (axes, values, items, {"0.14.1": {axes, blocks}}), of which the last
        // part holds everything.
        let state = self.arena.items(instance.state).unwrap_or_default();
        let state = state.get(3).and_then(|&extra| self.arena.entry(extra, "0.14.1"));
        let state = state.ok_or_else(|| PickleError::Unsupported {
            offset,
            feature: "a block manager from before pandas 0.14.1".into(),
            hint: "; write the file again with a later pandas",
        })?;
        let entry = |key| {
            self.arena
                .entry(state, key)
                .ok_or_else(|| self.structure_error(state, offset, "state of the block manager", key))
        };
        let (axes, blocks) = (entry("axes")?, entry("blocks")?);
        let blocks = self.list(blocks, offset, "blocks")?;
        let mut read = self.budget.vec(blocks.len(), offset)?;
        for &block in blocks {
            let entry =
                |key| self.arena.entry(block, key).ok_or_else(|| self.structure_error(block, offset, "block", key));
            read.push(Block {
                values: entry("values")?,
                placement: entry("mgr_locs")?,
                at: self.arena.offset_or(block, offset),
            });
        }
        self.with_axes(axes, read, offset)
    }

    fn with_axes(&self, axes: Value, blocks: Vec<Block>, at: usize) -> Result<Manager, PickleError> {
        match self.list(axes, at, "axes")? {
            &[columns, rows] => Ok(Manager { columns, rows, blocks }),
            _ => Err(self.structure_error(axes, at, "axes of the frame", "columns and rows")),
        }
    }

    /// A block made by a function from values, placement and number of dimensions.
    fn made_block(&self, value: Value, at: usize) -> Result<Block, PickleError> {
        let bad = || self.structure_error(value, at, "block", "values and their placement");
        let instance = self.arena.instance(value).ok_or_else(bad)?;
        let direct = self.call(value, Role::MakeBlock).is_some();
        // pandas 1.3 binds the number of dimensions with `functools.partial`.
        let bound = self.call(instance.callable, Role::Partial).is_some_and(|partial| {
            let function = self.arguments(partial).first().copied();
            let function = function.and_then(|function| self.arena.global(function));
            function.is_some_and(|function| function.role() == Role::MakeBlock)
        });
        match self.arguments(instance) {
            &[values, placement, ..] if direct || bound => {
                Ok(Block { values, placement, at: self.arena.offset_or(value, at) })
            }
            _ => Err(bad()),
        }
    }

    /// The positions of a block's columns, all below `columns`, and how the file gives them.
    fn placement(&mut self, value: Value, at: usize, columns: usize) -> Result<(Vec<usize>, String), PickleError> {
        let what = "placement of a block";
        // pandas 1.2 and later may wrap it.
        let wrapped = self.call(value, Role::BlockPlacement);
        let value = match wrapped.map(|wrapped| self.arguments(wrapped)) {
            Some(&[inner]) => inner,
            _ => value,
        };
        if let Some(slice) = self.call(value, Role::Slice) {
            let arguments = self.arguments(slice);
            let (start, stop, step) = match *arguments {
                [Value::Int(start), Value::Int(stop), Value::Int(step)] => (start, stop, step),
                [Value::Int(start), Value::Int(stop), Value::None] => (start, stop, 1),
                // Downwards to the first column.
                [Value::Int(start), Value::None, Value::Int(step)] if step < 0 => (start, -1, step),
                _ => return Err(self.structure_error(slice.arguments, at, what, "integers")),
            };
            let count = crate::frame::range_len(start, stop, step);
            if count > columns {
                let expected = format!("at most {columns} columns");
                return Err(mismatch(at, what, &expected, &count.to_string()));
            }
            let mut positions = self.budget.vec(count, at)?;
            let places = std::iter::successors(Some(start), |place| place.checked_add(step));
            for place in places.take(count) {
                positions.push(position(place, columns, at)?);
            }
            return Ok((positions, format!("slice({start},{stop},{step})")));
        }
        let array = self.array(value, at)?;
        let Elements::Numbers(bytes) = self.elements(&array)? else {
            return Err(self.structure_error(value, at, what, "integers"));
        };
        if array.shape.dimensions != 1 || array.shape.inner > columns {
            let expected = format!("one dimension of at most {columns}");
            return Err(mismatch(at, what, &expected, &array.shape.to_string()));
        }
        let ColumnData::I64(places) = self.numbers(&array, &bytes, 0, what)? else {
            return Err(self.structure_error(value, at, what, "integers"));
        };
        let mut positions = self.budget.vec(places.len(), at)?;
        for &place in &places {
            positions.push(position(place, columns, at)?);
        }
        // Digits and comma of each, for the description.
        self.budget.take(places.len().saturating_mul(64), at)?;
        let places: Vec<String> = places.iter().map(i64::to_string).collect();
        Ok((positions, format!("array[{}]", places.join(","))))
    }
}

/// The columns of a frame while blocks fill them.
struct Columns {
    columns: Vec<Column>,
    filled: Vec<bool>,
    rows: usize,
}

impl Columns {
    fn named(names: Vec<String>, rows: usize, at: usize, reader: &mut Reader<'_, '_>) -> Result<Self, PickleError> {
        let mut columns = reader.budget.vec(names.len(), at)?;
        let mut filled = reader.budget.vec(names.len(), at)?;
        filled.resize(names.len(), false);
        columns.extend(names.into_iter().map(|name| Column {
            name,
            dtype: String::new(),
            data: ColumnData::F64(Vec::new()),
        }));
        Ok(Self { columns, filled, rows })
    }

    fn fill(&mut self, position: usize, dtype: String, data: ColumnData, at: usize) -> Result<(), PickleError> {
        let (Some(column), Some(filled)) = (self.columns.get_mut(position), self.filled.get_mut(position)) else {
            return Ok(());
        };
        if *filled {
            let what = format!("placement of column `{}`", quoted(&column.name));
            return Err(mismatch(at, &what, "one block for each column", "two"));
        }
        if data.len() != self.rows {
            let what = format!("column `{}`", quoted(&column.name));
            let (expected, found) = (format!("{} rows", self.rows), data.len().to_string());
            return Err(mismatch(at, &what, &expected, &found));
        }
        *filled = true;
        column.dtype = dtype;
        column.data = data;
        Ok(())
    }

    fn complete(self, at: usize) -> Result<Vec<Column>, PickleError> {
        let mut columns = self.columns.iter().zip(&self.filled);
        match columns.find(|(_, filled)| !**filled) {
            None => Ok(self.columns),
            Some((column, _)) => {
                let what = format!("column `{}`", quoted(&column.name));
                Err(mismatch(at, &what, "a block that holds it", "none"))
            }
        }
    }
}

impl<'g> Reader<'g, '_> {
    fn list(&self, value: Value, at: usize, what: &str) -> Result<&'g [Value], PickleError> {
        let items = self.arena.items(value);
        items.ok_or_else(|| self.structure_error(value, at, what, "a list or tuple"))
    }
}

fn position(place: i64, columns: usize, at: usize) -> Result<usize, PickleError> {
    let position = usize::try_from(place).ok().filter(|&position| position < columns);
    position.ok_or_else(|| {
        let expected = format!("positions below {columns}");
        mismatch(at, "placement of a block", &expected, &place.to_string())
    })
}
