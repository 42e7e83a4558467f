//! What is fuzzed. A target is a file here, its `mod` line and its entry in [`TARGETS`]; its first
//! inputs are in `seeds`, those that once broke something in `found`.

mod config;
mod dns;
mod guest;
mod http;
mod messages;
mod postgres;
mod redis;
mod rules;
mod snapshots;
mod socket;
mod tls;

/// Takes one input. It panics if that breaks a claim.
pub type Target = fn(&[u8]);

/// All of them, by the names of their files.
pub const TARGETS: &[(&str, Target)] = &[
    ("config", config::target),
    ("dns", dns::target),
    ("guest", guest::target),
    ("http", http::target),
    ("messages", messages::target),
    ("postgres", postgres::target),
    ("redis", redis::target),
    ("rules", rules::target),
    ("snapshots", snapshots::target),
    ("socket", socket::target),
    ("tls", tls::target),
];
