//! Memory accounting: what a file may make the reader allocate.

use super::error::PickleError;

/// The reader never holds more than this many bytes of heap memory for each byte of the file, …
///
/// The densest honest file holds empty containers of one byte each: an object (40 bytes), a
/// reference in a list (16, three times that while the list grows) and a cell (24) for each.
pub const MEMORY_MULTIPLE: usize = 128;

/// … plus this many: for tables and summaries, and for small frames of thousands of columns and
/// hardly any rows.
pub const MEMORY_BASE: usize = 1024 * 1024;

/// What is left of the two for allocations that are not counted one by one: errors that repeat a
/// name, and the summary.
const RESERVE_MULTIPLE: usize = 4;
const RESERVE_BASE: usize = 64 * 1024;

/// Heap memory of an `Arc<str>`: two counters and the text, aligned.
pub(crate) fn shared_text_bytes(length: usize) -> usize {
    length.saturating_add(2 * size_of::<usize>()).saturating_add(align_of::<usize>() - 1)
}

/// Counts the bytes allocated on behalf of a file and refuses the allocation that would exceed the
/// limit, before it is made.
///
/// As every byte that the interpretation of the object graph produces is charged, and what it
/// charges is never given back, the budget bounds the time spent on shared objects as well.
#[derive(Debug)]
pub(crate) struct Budget {
    file_bytes: usize,
    limit: usize,
    used: usize,
}

impl Budget {
    pub(crate) fn for_file(file_bytes: usize) -> Self {
        let multiple = MEMORY_MULTIPLE - RESERVE_MULTIPLE;
        let limit = file_bytes.saturating_mul(multiple).saturating_add(MEMORY_BASE - RESERVE_BASE);
        Self { file_bytes, limit, used: 0 }
    }

    /// Reserves `bytes` for an allocation about to be made; `offset` is named if there are too many.
    pub(crate) fn take(&mut self, bytes: usize, offset: usize) -> Result<(), PickleError> {
        match self.used.checked_add(bytes) {
            Some(used) if used <= self.limit => {
                self.used = used;
                Ok(())
            }
            _ => Err(PickleError::MemoryLimit { offset, file_bytes: self.file_bytes, limit: self.limit }),
        }
    }

    /// Reserves room for `count` values of type `T`.
    pub(crate) fn take_items<T>(&mut self, count: usize, offset: usize) -> Result<(), PickleError> {
        self.take(count.saturating_mul(size_of::<T>()), offset)
    }

    /// An empty vector with exactly `capacity` places, all paid for.
    pub(crate) fn vec<T>(&mut self, capacity: usize, offset: usize) -> Result<Vec<T>, PickleError> {
        self.take_items::<T>(capacity, offset)?;
        Ok(Vec::with_capacity(capacity))
    }

    /// Appends to a vector that grows by doubling. While it grows the old and the new block exist
    /// together, so both are paid for at that moment.
    pub(crate) fn push<T>(&mut self, items: &mut Vec<T>, item: T, offset: usize) -> Result<(), PickleError> {
        if items.len() == items.capacity() {
            self.grow(items, 1, offset)?;
        }
        items.push(item);
        Ok(())
    }

    /// Appends a slice, as [`Self::push`] appends one value.
    pub(crate) fn extend<T: Copy>(&mut self, items: &mut Vec<T>, more: &[T], offset: usize) -> Result<(), PickleError> {
        if items.capacity() - items.len() < more.len() {
            self.grow(items, more.len(), offset)?;
        }
        items.extend_from_slice(more);
        Ok(())
    }

    fn grow<T>(&mut self, items: &mut Vec<T>, more: usize, offset: usize) -> Result<(), PickleError> {
        let old = items.capacity();
        let new = old.saturating_mul(2).max(items.len() + more).max(4);
        self.take_items::<T>(new, offset)?;
        items.reserve_exact(new - items.len());
        self.used -= old * size_of::<T>();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_before_allocating() {
        let mut budget = Budget::for_file(0);
        assert!(budget.vec::<u64>(usize::MAX, 7).is_err());
        let limit = MEMORY_BASE - RESERVE_BASE;
        assert!(budget.take(limit, 0).is_ok());
        assert_eq!(budget.take(1, 9), Err(PickleError::MemoryLimit { offset: 9, file_bytes: 0, limit }));
    }

    #[test]
    fn a_growing_vector_costs_its_capacity() {
        let mut budget = Budget::for_file(0);
        let mut items = Vec::new();
        for i in 0..1000u64 {
            budget.push(&mut items, i, 0).unwrap();
        }
        assert_eq!(budget.used, items.capacity() * 8);
        budget.extend(&mut items, &[0; 1000], 0).unwrap();
        assert_eq!(budget.used, items.capacity() * 8);
    }
}
