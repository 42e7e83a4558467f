//! What answers in a run: event loops for connections, an authority for TLS, stand-ins for programs.
//! There from the start where the configuration needs it, else made when a test first does.

use std::env;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::stand_ins;
use crate::engine::Claim;
use crate::jobs::Jobs;
use crate::mocks::Mock;
use crate::plugins::conversation::{Conversation, Opening};
use crate::plugins::layer::speaker;
use crate::plugins::{Kind, subprocess};
use crate::respond::Responder;
use crate::tls::{self, Authority, Bundles, Ends, Trust, Wishes};

/// What answers in a run.
#[derive(Debug)]
pub struct Answers {
    directory: PathBuf,
    jobs: Jobs,
    responder: OnceLock<Responder>,
    ends: Arc<OnceLock<Ends>>,
    bundles: OnceLock<Bundles>,
}

/// What is needed of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Connections are answered.
    pub connections: bool,
    /// Of these, some that may be encrypted.
    pub tls: bool,
    /// Programs are stood in for.
    pub programs: bool,
}

impl Needs {
    /// Of these mocks.
    #[must_use]
    pub fn of<'a>(mocks: impl Iterator<Item = &'a Mock>) -> Self {
        mocks.fold(Self::default(), |needs, mock| {
            let kind = mock.plugin.card().kind;
            let programs = mock.shape.source == subprocess::SOURCE;
            Self {
                connections: needs.connections
                    || kind != Kind::Call
                    || mock.plugin.card().name == "dns",
                tls: needs.tls || speaker(mock.plugin).over_tls().is_some(),
                programs: needs.programs || programs,
            }
        })
    }

    /// Of rules that some connections have to be read for.
    #[must_use]
    pub fn reading() -> Self {
        Self { connections: true, tls: true, programs: false }
    }
}

impl Answers {
    /// In this run's folder; nothing answers yet.
    #[must_use]
    pub fn new(directory: PathBuf, jobs: Jobs) -> Self {
        let (responder, ends, bundles) = (OnceLock::new(), Arc::default(), OnceLock::new());
        Self { directory, jobs, responder, ends, bundles }
    }

    /// Makes what is needed and is not there; whether something was made. One thread does so.
    ///
    /// # Errors
    ///
    /// No port, descriptor or thread is left, or the run's folder cannot be written.
    pub fn prepare(&self, needs: Needs) -> io::Result<bool> {
        let mut made = false;
        if needs.programs {
            stand_ins::link(&self.directory)?;
        }
        if needs.tls && self.ends.get().is_none() {
            let authority = Arc::new(Authority::new().map_err(io::Error::other)?);
            let _ = self.bundles.set(Bundles::new(&self.directory, &authority)?);
            let trust = Arc::new(Trust::new(|name| env::var_os(name)));
            let _ = self.ends.set(Ends { authority, trust });
            made = true;
        }
        if needs.connections && self.responder.get().is_none() {
            let ends = self.ends.clone();
            let make = move |claim: &Claim| converse(claim, ends.get());
            let directory = self.directory.clone();
            let _ = self.responder.set(Responder::start(directory, &self.jobs, Arc::new(make))?);
            made = true;
        }
        Ok(made)
    }

    /// What answers on connections.
    #[must_use]
    pub fn responder(&self) -> Option<&Responder> {
        self.responder.get()
    }

    /// Files of root certificates.
    #[must_use]
    pub fn bundles(&self) -> Option<&Bundles> {
        self.bundles.get()
    }

    /// The port that redirected connections go to; 0 where nothing answers.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.responder().map_or(0, Responder::port)
    }

    /// Waits until what has arrived so far is answered.
    pub fn catch_up(&self, patience: Duration) {
        if let Some(responder) = self.responder() {
            responder.catch_up(patience);
        }
    }

    /// Waits until all clients are gone.
    pub fn drain(&self, patience: Duration) {
        if let Some(responder) = self.responder() {
            responder.drain(patience);
        }
    }
}

/// The conversation with a client; below TLS where its protocol may be.
fn converse(claim: &Claim, ends: Option<&Ends>) -> Option<Box<dyn Conversation>> {
    let plugin = claim.plugin;
    let (Some(alpn), Some(ends)) = (plugin.over_tls(), ends) else {
        return plugin.converse(&claim.opening);
    };
    let wishes = Wishes { alpn, waits_for_client: true };
    let make = Box::new(move |opening: &Opening| plugin.converse(opening));
    Some(tls::layer(claim.opening.clone(), ends, wishes, make))
}
