//! Real clients, none of our writing, against mocks: one file for each plugin.

mod socket;
