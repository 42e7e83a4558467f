//! What h2 needs to run without sockets and without a runtime: a connection in memory, tasks
//! that are polled while anything moves, and bodies that are filled from outside.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::headers::Headers;

/// Something that several parts hold; a panic of one of them does not take it from the others.
#[derive(Debug, Default)]
pub(super) struct Held<T>(Arc<Mutex<T>>);

impl<T> Held<T> {
    pub(super) fn open(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A connection in memory, from the side of whoever reads and writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pipe(Held<Ends>);

#[derive(Debug, Default)]
struct Ends {
    incoming: VecDeque<u8>,
    ended: bool,
    outgoing: Vec<u8>,
}

impl Pipe {
    /// Bytes of the client.
    pub(super) fn feed(&self, bytes: &[u8]) {
        self.0.open().incoming.extend(bytes);
    }

    /// The client sends no more.
    pub(super) fn end(&self) {
        self.0.open().ended = true;
    }

    /// Bytes for the client.
    pub(super) fn drain(&self) -> Vec<u8> {
        mem::take(&mut self.0.open().outgoing)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut ends = self.0.open();
        if ends.incoming.is_empty() && !ends.ended {
            return Poll::Pending; // all tasks are polled when bytes arrive
        }
        let (bytes, _) = ends.incoming.as_slices();
        let count = bytes.len().min(buffer.remaining());
        buffer.put_slice(bytes.get(..count).unwrap_or_default());
        ends.incoming.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.open().outgoing.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Something that runs until it is done.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks that were begun and are not run yet.
#[derive(Clone, Default)]
pub(super) struct Tasks(Held<Vec<Task>>);

impl Tasks {
    /// Adds one.
    pub(super) fn begin(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.open().push(Box::pin(task));
    }

    /// Those that were begun.
    pub(super) fn take(&self) -> Vec<Task> {
        mem::take(&mut *self.0.open())
    }
}

/// Whether anything moved since it was asked last.
#[derive(Debug, Default)]
pub(super) struct Moved(AtomicBool);

impl Moved {
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Moved {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What comes next of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Data(Vec<u8>),
    /// The fields behind it, and nothing more.
    Trailer(Headers),
    /// Nothing more: it is whole.
    End,
    /// Nothing more: it broke off.
    Broken,
}

/// A body that is filled from outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Filled(Held<Content>);

#[derive(Debug, Default)]
struct Content {
    bytes: VecDeque<Vec<u8>>,
    ended: bool,
    trailer: Headers,
    broken: bool,
}

impl Filled {
    /// These bytes and no more.
    pub(super) fn with(bytes: Vec<u8>) -> Self {
        let body = Self::default();
        body.add(bytes);
        body.end();
        body
    }

    pub(super) fn add(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.0.open().bytes.push_back(bytes);
        }
    }

    pub(super) fn end(&self) {
        self.0.open().ended = true;
    }

    /// The same, with these fields behind it.
    pub(super) fn end_with(&self, trailer: Headers) {
        self.0.open().trailer = trailer;
        self.end();
    }

    /// What was there goes out; then the stream is reset.
    pub(super) fn break_off(&self) {
        self.0.open().broken = true;
    }

    /// Takes what comes next.
    pub(super) fn next(&self) -> Poll<Part> {
        let mut content = self.0.open();
        match content.bytes.pop_front() {
            Some(bytes) => Poll::Ready(Part::Data(bytes)),
            None if content.broken => Poll::Ready(Part::Broken),
            None if !content.ended => Poll::Pending, // all tasks are polled when it is filled
            None if !content.trailer.0.is_empty() => {
                Poll::Ready(Part::Trailer(mem::take(&mut content.trailer)))
            }
            None => Poll::Ready(Part::End),
        }
    }

    /// Whether anyone but its filler still has it.
    pub(super) fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.0.0) > 1
    }

    /// Whether all of it was taken.
    pub(super) fn is_taken(&self) -> bool {
        let content = self.0.open();
        content.bytes.is_empty() && content.ended && content.trailer.0.is_empty()
    }
}
