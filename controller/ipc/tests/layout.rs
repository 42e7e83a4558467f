//! The memory that is shared is read by libraries of other builds: its layout is part of the contract.

use std::mem::{align_of, offset_of, size_of};

use bigfoot_ipc::page::{
    HELLO_SLOTS, Hello, Hellos, INSIDE_SLOTS, Inside, MAGIC, Policy, TICKETS, Ticket, Tickets, ask,
    inside, ticket_address, ticket_at,
};

/// Five words of four bytes.
#[test]
fn the_policy_keeps_its_layout() {
    assert_eq!((size_of::<Policy>(), align_of::<Policy>()), (20, 4));
    assert_eq!([offset_of!(Policy, magic), offset_of!(Policy, ask)], [0, 4]);
    assert_eq!([offset_of!(Policy, responder), offset_of!(Policy, authority)], [8, 12]);
    assert_eq!(offset_of!(Policy, backstop), 16);
    assert_eq!(MAGIC.to_be_bytes(), *b"bgf\x02");
}

/// A head of sixteen bytes, a word for each place of a thread, then slots of twenty-four.
#[test]
fn the_ring_keeps_its_layout() {
    assert_eq!((size_of::<Hello>(), align_of::<Hello>()), (24, 8));
    assert_eq!(
        [offset_of!(Hello, process), offset_of!(Hello, start), offset_of!(Hello, sequence)],
        [0, 8, 16]
    );
    assert_eq!([offset_of!(Hellos, magic), offset_of!(Hellos, unasked)], [0, 4]);
    assert_eq!([offset_of!(Hellos, claimed), offset_of!(Hellos, inside)], [8, 16]);
    assert_eq!(offset_of!(Hellos, slots), 16 + 8 * INSIDE_SLOTS);
    assert_eq!(size_of::<Hellos>(), 16 + 8 * INSIDE_SLOTS + 24 * HELLO_SLOTS);
    assert_eq!(inside(7, Inside::Lookup), 1 << 32 | 7);
    assert_eq!(HELLO_SLOTS, 32768);
}

/// Slots of twenty-four, one for each address from 127.64.0.0 on.
#[test]
fn the_tickets_keep_their_layout() {
    assert_eq!((size_of::<Ticket>(), align_of::<Ticket>()), (24, 8));
    assert_eq!([offset_of!(Ticket, high), offset_of!(Ticket, low)], [0, 8]);
    assert_eq!([offset_of!(Ticket, port), offset_of!(Ticket, reserved)], [16, 20]);
    assert_eq!(size_of::<Tickets>(), 24 * TICKETS);

    for number in [0, 1, 255, 256, TICKETS as u32 - 1] {
        assert_eq!(ticket_at(ticket_address(number)), Some(number));
    }
    assert_eq!(ticket_address(257).to_string(), "127.64.1.1");
    assert_eq!(ticket_at("127.0.0.1".parse().unwrap()), None);
    assert_eq!(ticket_at("127.80.0.0".parse().unwrap()), None);
}

/// Each kind of call is a bit of its own, and all of them are everything.
#[test]
fn the_kinds_of_calls_are_bits() {
    let calls = [ask::NETWORK, ask::NAMES, ask::FILES, ask::LIBRARIES, ask::PROGRAMS];
    let kinds = [&calls[..], &[ask::TESTS, ask::THREADS]].concat();

    assert_eq!(kinds, [1, 2, 4, 8, 16, 32, 64]);
    assert_eq!(kinds.iter().sum::<u32>(), ask::EVERYTHING);
}
