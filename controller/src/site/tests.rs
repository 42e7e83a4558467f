//! Stacks of real processes, with and without debug information.

mod guest;
mod stacks;
mod test_names;
