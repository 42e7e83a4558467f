//! HTTP and HTTPS.

use std::fmt::Display;

use crate::assertion::Assertion;
use crate::json;
use crate::mocked::Mock;
use crate::pattern::{Matcher, Pattern};

/// HTTP, as `bigfoot plugins http` has it.
#[derive(Debug, Clone, Copy)]
pub struct Http(());

/// HTTP and HTTPS, whatever client the code under test has.
#[must_use]
pub fn http() -> Http {
    Http(())
}

const SOURCE: &str = "http:request";

/// A prepared answer to a request; registered where its statement ends.
#[derive(Debug)]
pub struct ResponseMock(Mock);

/// A request that was made; asserted where its statement ends.
#[derive(Debug)]
pub struct RequestAssertion(Assertion);

impl Http {
    /// A response to requests of this method and address: 200 and nothing else, unless more is said.
    #[track_caller]
    pub fn mock_response(
        self,
        method: impl Into<Pattern>,
        url: impl Into<Pattern>,
    ) -> ResponseMock {
        let ResponseMock(mut mock) = self.mock(method.into(), url.into());
        mock.answer("status", "200".to_owned());
        ResponseMock(mock)
    }

    #[track_caller]
    fn mock(self, method: Pattern, url: Pattern) -> ResponseMock {
        let mut mock = Mock::new(SOURCE);
        mock.expect("method", method.0);
        mock.expect("url", url.0);
        ResponseMock(mock)
    }

    /// A failure: `refuse`, `reset`, `timeout`, `slow`, `garbage` or `truncated`.
    #[track_caller]
    pub fn mock_error(
        self,
        method: impl Into<Pattern>,
        url: impl Into<Pattern>,
        fault: &str,
    ) -> ResponseMock {
        let ResponseMock(mock) = self.mock(method.into(), url.into());
        ResponseMock(mock.fault(fault))
    }

    /// Requests of this method and address are really made, and recorded.
    #[track_caller]
    pub fn pass_through(self, method: impl Into<Pattern>, url: impl Into<Pattern>) -> ResponseMock {
        let ResponseMock(mut mock) = self.mock(method.into(), url.into());
        mock.option("pass_through", "true");
        ResponseMock(mock)
    }

    /// That a request of this method and address was made: the next one that is not asserted yet.
    #[track_caller]
    pub fn assert_request(
        self,
        method: impl Into<Matcher>,
        url: impl Into<Matcher>,
    ) -> RequestAssertion {
        let mut assertion = Assertion::new(SOURCE);
        assertion.say("method", method.into());
        assertion.say("url", url.into());
        RequestAssertion(assertion)
    }
}

impl ResponseMock {
    /// The status of the response.
    pub fn status(mut self, status: u16) -> Self {
        self.0.answer("status", status.to_string());
        self
    }

    /// The body of the response, a document: `serde_json::json!({ .. })`, or a string of JSON.
    pub fn json(mut self, document: impl Display) -> Self {
        self.0.answer("json", document.to_string());
        self
    }

    /// The body of the response.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.0.answer("body", json::bytes(body.as_ref()));
        self
    }

    /// A header of the response.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.answer_in("headers", name, &json::string(value));
        self
    }

    /// It answers requests with this in their document only: members that are named, as JSON.
    pub fn when_json(mut self, part: impl Display) -> Self {
        self.0.expect("json", part.to_string());
        self
    }

    /// It answers requests with this body only.
    pub fn when_body(mut self, body: impl Into<Pattern>) -> Self {
        self.0.expect("body", body.into().0);
        self
    }

    /// It answers requests with this header only.
    pub fn when_header(mut self, name: &str, value: impl Into<Pattern>) -> Self {
        self.0.expect_in("headers", name, &value.into().0);
        self
    }

    /// It answers requests with this in their query only.
    pub fn when_query(mut self, name: &str, value: impl Into<Pattern>) -> Self {
        self.0.expect_in("query", name, &value.into().0);
        self
    }

    /// It answers so often, no less and no more; once if nothing is said.
    pub fn times(self, times: u64) -> Self {
        Self(self.0.times(times))
    }

    /// It answers as often as it is asked, which may be never.
    pub fn any_times(self) -> Self {
        Self(self.0.any_times())
    }

    /// It need not be used.
    pub fn optional(self) -> Self {
        Self(self.0.optional())
    }
}

impl RequestAssertion {
    /// The request's document had these members.
    pub fn json(mut self, part: impl Display) -> Self {
        self.0.say_json("json", part.to_string());
        self
    }

    /// The request's body was this.
    pub fn body(mut self, body: impl Into<Matcher>) -> Self {
        self.0.say("body", body.into());
        self
    }

    /// The request had this header.
    pub fn header(mut self, name: &str, value: impl Into<Pattern>) -> Self {
        self.0.say_in("headers", name, &value.into().0);
        self
    }

    /// The request's query had this.
    pub fn query(mut self, name: &str, value: impl Into<Pattern>) -> Self {
        self.0.say_in("query", name, &value.into().0);
        self
    }

    /// It was answered with this status.
    pub fn assert_response(mut self, status: u16) -> Self {
        self.0.answered("status", status.to_string());
        self
    }

    /// The response's document had these members.
    pub fn response_json(mut self, part: impl Display) -> Self {
        self.0.answered("json", part.to_string());
        self
    }
}
