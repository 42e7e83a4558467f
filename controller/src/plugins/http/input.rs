//! Bytes that arrived and are taken off the front: what is taken is passed over, and not moved each time.

/// Bytes that arrived and were not taken yet.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// So many of them are taken.
    taken: usize,
}

impl Input {
    /// More of them.
    pub(super) fn push(&mut self, more: &[u8]) {
        if self.taken >= self.bytes.len() - self.taken {
            self.bytes.drain(..self.taken); // fewer bytes are moved than were taken since the last time
            self.taken = 0;
        }
        self.bytes.extend_from_slice(more);
    }

    /// What is there.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Takes as many of them.
    pub(super) fn take(&mut self, count: usize) {
        self.taken = self.bytes.len().min(self.taken.saturating_add(count));
    }

    /// Nothing is there.
    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// How many are there.
    pub(super) fn len(&self) -> usize {
        self.rest().len()
    }

    /// Drops them, and the room that they had.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What comes in goes out, once and in order, and what was taken is not kept for good.
        #[test]
        fn what_comes_in_goes_out(steps in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), 0_usize..20), 0..50)) {
            let (mut input, mut pushed, mut taken) = (Input::default(), Vec::new(), Vec::new());
            for (bytes, count) in steps {
                input.push(&bytes);
                pushed.extend_from_slice(&bytes);
                taken.extend_from_slice(&input.rest()[..count.min(input.len())]);
                input.take(count);
                prop_assert!(input.bytes.len() <= 2 * (pushed.len() - taken.len()) + 40);
            }
            taken.extend_from_slice(input.rest());
            prop_assert_eq!(taken, pushed);
        }
    }
}
