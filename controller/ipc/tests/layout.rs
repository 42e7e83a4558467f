//! The memory that is shared is read by libraries of other builds: its layout is part of the contract.

use std::mem::{align_of, offset_of, size_of};

use bigfoot_ipc::page::{HELLO_SLOTS, Hello, Hellos, MAGIC, Policy, ask};

/// Two words of four bytes.
#[test]
fn the_policy_keeps_its_layout() {
    assert_eq!((size_of::<Policy>(), align_of::<Policy>()), (8, 4));
    assert_eq!([offset_of!(Policy, magic), offset_of!(Policy, ask)], [0, 4]);
    assert_eq!(MAGIC.to_be_bytes(), *b"bgf\x01");
}

/// A head of sixteen bytes, then slots of twenty-four.
#[test]
fn the_ring_keeps_its_layout() {
    assert_eq!((size_of::<Hello>(), align_of::<Hello>()), (24, 8));
    assert_eq!(
        [offset_of!(Hello, process), offset_of!(Hello, start), offset_of!(Hello, sequence)],
        [0, 8, 16]
    );
    assert_eq!([offset_of!(Hellos, magic), offset_of!(Hellos, unasked)], [0, 4]);
    assert_eq!([offset_of!(Hellos, claimed), offset_of!(Hellos, slots)], [8, 16]);
    assert_eq!(size_of::<Hellos>(), 16 + 24 * HELLO_SLOTS);
    assert_eq!(HELLO_SLOTS, 32768);
}

/// Each kind of call is a bit of its own, and all of them are everything.
#[test]
fn the_kinds_of_calls_are_bits() {
    let kinds = [ask::NETWORK, ask::NAMES, ask::FILES, ask::LIBRARIES, ask::PROGRAMS];

    assert_eq!(kinds, [1, 2, 4, 8, 16]);
    assert_eq!(kinds.iter().sum::<u32>(), ask::EVERYTHING);
}
