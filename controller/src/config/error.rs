//! What is wrong with a configuration, and where: the finished message.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::report::text::clean;
use crate::rules::Fault;

/// What is wrong with a configuration. Displays as the finished message, without colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    message: String,
    place: Option<Spot>,
    help: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    source: Source,
    span: Range<usize>,
    label: String,
}

/// A text that is read, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// A file's name, a variable or a flag.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Something is wrong here.
    pub(super) fn error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Error {
        let span = self.within(span);
        let spot = Spot { source: self.clone(), span, label: clean(&label.into()).into_owned() };
        let mut error = Error::plain(message);
        error.0.place = Some(spot);
        error
    }

    /// A rule whose text begins at this byte is none.
    pub(super) fn fault(&self, start: usize, fault: &Fault) -> Error {
        let span = start + fault.span.start..start + fault.span.end;
        let error = self.error(span, fault.message.clone(), fault.label.clone());
        fault.help.iter().fold(error, |error, help| error.help(help.clone()))
    }

    /// The span, or what is left of it, on whole characters.
    fn within(&self, span: Range<usize>) -> Range<usize> {
        let whole = |byte: &usize| self.text.is_char_boundary(*byte);
        let start = (0..=span.start.min(self.text.len())).rev().find(whole).unwrap_or_default();
        let end = (span.end.min(self.text.len())..=self.text.len()).find(whole).unwrap_or_default();
        start..end.max(start)
    }
}

impl Error {
    /// Something is wrong, at no place in a text.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        let message = clean(&message.into()).into_owned();
        Self(Box::new(Details { message, place: None, help: None }))
    }

    /// The same, with what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// What is wrong, in one line, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The finished message with colours.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let details = &*self.0;
        let mut group = Group::with_title(Level::ERROR.primary_title(details.message.as_str()));
        if let Some(spot) = &details.place {
            let mark = AnnotationKind::Primary.span(spot.span.clone()).label(spot.label.as_str());
            let snippet =
                Snippet::source(spot.source.text.as_str()).path(spot.source.name.as_str());
            group = group.element(snippet.annotation(mark));
        }
        if let Some(help) = &details.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Error {}
