//! The way to the desk. A job is done by the thread that brings it, one at a time: whoever asks waits for
//! the lock, and for no other thread to wake up, which would cost more than the job does.

use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::desk::Desk;
use crate::intake::Job;

/// The way to the desk; one for each thread that brings jobs.
#[derive(Debug, Clone)]
pub struct Jobs(Way);

#[derive(Debug, Clone)]
enum Way {
    Desk(Arc<Place>),
    /// A test looks at the jobs itself.
    #[cfg(test)]
    Test(Sender<Job>),
}

#[derive(Debug)]
struct Place {
    /// None before the run begins, and once it is over.
    desk: Mutex<Option<Desk>>,
    over: (Sender<Over>, Receiver<Over>),
}

/// What is left of a run that is over.
#[derive(Debug)]
struct Over {
    /// None where the desk failed: a fault of ours.
    desk: Option<Desk>,
    /// The command of ours that asked how it went.
    asked: Option<UnixStream>,
}

/// There is no run any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRun;

impl Default for Jobs {
    fn default() -> Self {
        Self(Way::Desk(Arc::new(Place { desk: Mutex::new(None), over: bounded(1) })))
    }
}

impl Jobs {
    /// The run begins.
    pub fn begin(&self, desk: Desk) {
        match &self.0 {
            Way::Desk(place) => *place.lock() = Some(desk),
            #[cfg(test)]
            Way::Test(_) => {}
        }
    }

    /// Has a job done, and returns when it is.
    ///
    /// # Errors
    ///
    /// The run is over, or failed.
    pub fn send(&self, job: Job) -> Result<(), NoRun> {
        match &self.0 {
            Way::Desk(place) => place.send(job),
            #[cfg(test)]
            Way::Test(jobs) => jobs.send(job).map_err(|_| NoRun),
        }
    }

    /// Waits until the run is over; the desk, if it did not fail, and the command that asked how it went.
    #[must_use]
    pub fn wait(&self) -> Option<(Desk, Option<UnixStream>)> {
        match &self.0 {
            Way::Desk(place) => {
                let Over { desk, asked } = place.over.1.recv().ok()?;
                Some((desk?, asked))
            }
            #[cfg(test)]
            Way::Test(_) => None,
        }
    }

    /// The way to a test.
    #[cfg(test)]
    pub(crate) fn to_test(jobs: Sender<Job>) -> Self {
        Self(Way::Test(jobs))
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Option<Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, job: Job) -> Result<(), NoRun> {
        let mut place = self.lock();
        let desk = place.as_mut().ok_or(NoRun)?;
        let over = match catch_unwind(AssertUnwindSafe(|| desk.act(job))) {
            Ok(None) => return Ok(()),
            Ok(Some(asked)) => Over { desk: place.take(), asked },
            Err(_) => {
                drop(place.take());
                Over { desk: None, asked: None }
            }
        };
        let failed = over.desk.is_none();
        let _ = self.over.0.try_send(over); // there is room for the one that there is
        if failed { Err(NoRun) } else { Ok(()) }
    }
}
