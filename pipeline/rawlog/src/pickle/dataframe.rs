//! A DataFrame, as the versions of pandas lay it out: two axes, and blocks of columns of one type.

use super::error::PickleError;
use super::extension::Source;
use super::globals::Role;
use super::numpy::{Elements, Reader, mismatch};
use super::value::Value;
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
        let nrows = index.len();
        // Rows without columns cost nothing in the file, but time to whoever goes through them.
        self.budget.take(nrows, at)?;

        let mut slots: Vec<Option<Column>> = self.budget.vec(names.len(), at)?;
        slots.resize_with(names.len(), || None);
        let mut layouts = self.budget.vec(manager.blocks.len(), at)?;
        for block in manager.blocks {
            let (positions, placement) = self.placement(block.placement, block.at, names.len())?;
            let names = self.names_at(&names, &positions, block.at)?;
            let values = self.values(Source { value: block.values, at: block.at, names: &names, depth: 0 })?;
            self.budget.take(values.layout.len() + placement.len() + 4, block.at)?;
            layouts.push(format!("{} at {placement}", values.layout));
            if values.columns.len() != positions.len() {
                let (expected, found) = (positions.len(), values.columns.len());
                let expected = format!("{expected} column(s)");
                return Err(mismatch(block.at, "block", &expected, &found.to_string()));
            }
            let columns = values.columns.into_iter().zip(names);
            for (position, (data, name)) in positions.into_iter().zip(columns) {
                if data.len() != nrows {
                    let what = format!("column `{name}`");
                    let (expected, found) = (format!("{nrows} rows"), data.len().to_string());
                    return Err(mismatch(block.at, &what, &expected, &found));
                }
                let slot = slots.get_mut(position).filter(|slot| slot.is_none());
                let slot = slot.ok_or_else(|| {
                    let what = format!("placement of column `{name}`");
                    mismatch(block.at, &what, "one block for each column", "two")
                })?;
                self.budget.take(values.dtype.len(), block.at)?;
                *slot = Some(Column { name, dtype: values.dtype.clone(), data });
            }
        }
        let mut columns = self.budget.vec(slots.len(), at)?;
        for (slot, name) in slots.into_iter().zip(&names) {
            columns.push(slot.ok_or_else(|| {
                let what = format!("column `{name}`");
                mismatch(at, &what, "a block that holds it", "none")
            })?);
        }
        let frame = Frame::new(columns, index);
        let frame = frame.map_err(|error| mismatch(at, "frame", "equal lengths", &error.to_string()))?;
        Ok((frame, layouts))
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
            let expected = format!("at most {columns} columns");
            return Err(mismatch(at, what, &expected, &format!("{:?}", array.shape)));
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

    fn names_at(&mut self, names: &[String], positions: &[usize], at: usize) -> Result<Vec<String>, PickleError> {
        let mut chosen = self.budget.vec(positions.len(), at)?;
        for name in positions.iter().filter_map(|&position| names.get(position)) {
            self.budget.take(name.len(), at)?;
            chosen.push(name.clone());
        }
        Ok(chosen)
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
