//! TLS, taken off between a guest's connection and the plugin that answers it.
//!
//! | module | job |
//! |---|---|
//! | [`authority`] | a certificate authority made for the run, and a certificate for each name |
//! | [`bundles`] | that authority in the files of root certificates that guests read |
//! | [`variables`] | and in the variables that name such files |
//! | [`keystore`] | the same in Java's files |
//! | [`trust`] | which real servers are trusted: those that the guests would trust |
//! | [`session`] | one TLS connection without a socket, of either side |
//! | [`client`], [`upstream`] | a client that speaks TLS, and a real server that does |
//! | [`layer()`] | the conversation that stands between |
//!
//! The authority's key is in this process's memory and nowhere else, and its certificate is never
//! installed in a store of the system's. A client whose roots are its own refuses it; the layer then
//! says so in [`Output::untrusted`](crate::plugins::conversation::Output::untrusted).

mod authority;
mod bundles;
mod client;
mod keystore;
mod layer;
mod session;
mod trust;
mod upstream;
mod variables;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::plugins::conversation::{Conversation, Opening};

pub use authority::{Authority, Error};
pub use bundles::Bundles;
pub use trust::Trust;
pub use variables::variables;

/// Makes the conversation that speaks inside: the opening says whether TLS was taken off, and which
/// protocol was chosen. None if nothing answers such a client.
pub type Make = Box<dyn FnOnce(&Opening) -> Option<Box<dyn Conversation>> + Send>;

/// What all connections of a run share.
#[derive(Debug, Clone)]
pub struct Ends {
    /// Vouches for us to the guests.
    pub authority: Arc<Authority>,
    /// Vouches for real servers to us.
    pub trust: Arc<Trust>,
}

/// How a connection is taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// The protocols that are offered over TLS (ALPN), best first; none if empty.
    pub alpn: &'static [&'static [u8]],
    /// The client speaks first, so that its first bytes tell whether it wants TLS. Without this the
    /// connection is taken as it is, and the server may speak at once.
    pub waits_for_client: bool,
}

/// A conversation that takes TLS off where the client speaks it, and puts it on where the real
/// server does.
#[must_use]
pub fn layer(opening: Opening, ends: &Ends, wishes: Wishes, make: Make) -> Box<dyn Conversation> {
    Box::new(layer::Layered::new(opening, ends.clone(), wishes, make))
}
