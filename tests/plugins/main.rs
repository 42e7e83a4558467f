//! Real clients, none of our writing, against mocks: one file for each plugin.

mod dns;
mod elasticsearch;
mod http;
mod postgres;
mod redis;
mod socket;
mod subprocess;
mod tls;
