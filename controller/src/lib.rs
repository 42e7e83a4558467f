//! bigfoot's controller: it decides, outside the processes that it judges, what their calls may do.
//!
//! In the order to read them:
//!
//! | module | job |
//! |---|---|
//! | [`call`] | what a guest does, as everything below sees it |
//! | [`verdict`] | what shall happen to a call: one screen, read it first |
//! | [`rules`] | allow, deny, restrict and the guard levels |
//! | [`engine`] | all state of a run, one thread, no I/O |
//! | [`processes`] | guests, tools, and which starts were met by a hello |
//! | [`fields`] | names and values of what a guest did and of what a mock answers |
//! | [`mocks`] | prepared answers, and which one answers |
//! | [`names`] | which name an address was looked up by |
//! | [`timeline`] | what the guests did, in order, and what was said of it |
//! | [`tools`] | which programs are launchers and build tools, and no guests |
//! | [`desk`] | what is done about a question around the engine |
//! | [`jobs`] | the way there: one job at a time |
//! | [`intake`] | sockets and processes: what arrives, from whom |
//! | [`shared`] | the memory shared with guests |
//! | [`site`] | where in the code a call was made |
//! | [`tls`] | TLS between a connection and the plugin that answers it |
//! | [`plugins`] | the protocols, as cards |
//! | [`config`] | where the configuration is, and what it says |
//! | [`respond`] | event loops for the connections that plugins answer |
//! | [`report`] | the words that a person reads |
//! | [`accept`] | accepted interactions, written down and compared |
//! | [`library`] | the preload library, brought to where guests can load it |
//! | [`run`] | a run from start to end |
//! | [`cli`] | the commands |
#![deny(unsafe_code)]

pub mod accept;
pub mod backstop;
pub mod call;
pub mod cli;
pub mod config;
pub mod desk;
pub mod engine;
pub mod fields;
pub mod intake;
pub mod jobs;
pub mod library;
pub mod mocks;
pub mod names;
pub mod plugins;
pub mod processes;
pub mod report;
pub mod respond;
pub mod rules;
pub mod run;
pub mod shared;
pub mod site;
pub mod timeline;
pub mod tls;
pub mod tools;
pub mod verdict;
