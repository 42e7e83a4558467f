//! Where connections go that a mock may have to answer on.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::fields::Value;
use crate::mocks::{Matcher, Mock, Step};
use crate::plugins::card::FieldKind;
use crate::plugins::{Endpoint, Hosts, Plugin, layer};

/// Where connections go that a mock may have to answer on.
#[derive(Debug, Default)]
pub struct Places {
    /// Hosts that are named, with what is answered there.
    exact: HashMap<String, Vec<Place>>,
    /// Hosts that match.
    patterns: Vec<(Matcher, Place)>,
    /// All hosts.
    any: Vec<Place>,
    /// The places of each mock that has some.
    of_mocks: HashMap<usize, Vec<Endpoint>>,
    /// Some connection is to be refused.
    pub(super) refusing: bool,
}

/// Ports, and who answers there.
#[derive(Debug, Clone)]
struct Place {
    ports: RangeInclusive<u16>,
    plugin: &'static dyn Plugin,
    /// What is answered there, by a mock or a step of one.
    source: &'static str,
}

impl Place {
    fn is_as(&self, other: &Self) -> bool {
        self.ports == other.ports && self.source == other.source
    }
}

fn add(places: &mut Vec<Place>, place: Place) {
    if !places.iter().any(|known| known.is_as(&place)) {
        places.push(place);
    }
}

impl Places {
    pub(super) fn add(&mut self, number: usize, mock: &Mock) {
        let endpoints = mock.plugin.endpoints(mock);
        for endpoint in &endpoints {
            self.add_endpoint(mock, endpoint);
        }
        if !endpoints.is_empty() {
            self.refusing |= mock.act.refuses();
            self.of_mocks.insert(number, endpoints);
        }
    }

    fn add_endpoint(&mut self, mock: &Mock, endpoint: &Endpoint) {
        let steps = mock.steps.iter().flat_map(Step::mocks).map(|step| step.shape.source);
        for source in std::iter::once(mock.shape.source).chain(steps) {
            let plugin = layer::speaker(mock.plugin);
            let place = Place { ports: endpoint.ports.clone(), plugin, source };
            match &endpoint.host {
                Hosts::Any => add(&mut self.any, place),
                Hosts::One(host) => add(self.exact.entry(host.clone()).or_default(), place),
                Hosts::Pattern(pattern) => self.add_pattern(pattern, place),
            }
        }
    }

    fn add_pattern(&mut self, pattern: &Matcher, place: Place) {
        let words = pattern.words();
        let known = |(known, at): &(Matcher, Place)| known.words() == words && at.is_as(&place);
        if !self.patterns.iter().any(known) {
            self.patterns.push((pattern.clone(), place));
        }
    }

    /// Who answers at a host of these names and this port.
    fn at(&self, hosts: &[String], port: u16) -> Option<&'static dyn Plugin> {
        self.all_at(hosts, port).map(|place| place.plugin).next()
    }

    /// By which of these names the host is known to a mock that may answer there.
    fn known_as<'a>(&self, hosts: &'a [String], port: u16) -> Option<&'a String> {
        hosts.iter().find(|host| {
            let named = self.all_at(std::slice::from_ref(*host), port);
            let any = self.any.iter().filter(|place| place.ports.contains(&port));
            named.count() > any.count()
        })
    }

    /// Whether a mock or a step that may answer there is of this source.
    fn names(&self, hosts: &[String], port: u16, source: &str) -> bool {
        self.all_at(hosts, port).any(|place| place.source == source)
    }

    /// Whether a mock or a step that may answer there is of this protocol.
    fn speak(&self, hosts: &[String], port: u16, protocol: &str) -> bool {
        let own = |place: &Place| place.source.split(':').next() == Some(protocol);
        self.all_at(hosts, port).any(own)
    }

    fn all_at<'a>(&'a self, hosts: &'a [String], port: u16) -> impl Iterator<Item = &'a Place> {
        let exact = hosts.iter().filter_map(|host| self.exact.get(host)).flatten();
        let matching = self.patterns.iter().filter(|(pattern, _)| any_has(pattern, hosts));
        let all = exact.chain(matching.map(|(_, place)| place)).chain(&self.any);
        all.filter(move |place| place.ports.contains(&port))
    }

    /// Whether a connection to this name may be answered, at some port: then its look-up must not
    /// depend on a name server.
    fn stands_in(&self, name: &str) -> bool {
        let hosts = [name.to_owned()];
        self.exact.contains_key(name)
            || self.patterns.iter().any(|(pattern, _)| any_has(pattern, &hosts))
    }

    /// Whether a connection to any host may be answered.
    fn has_any(&self) -> bool {
        !self.any.is_empty()
    }

    /// Whether there are any.
    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty() && self.any.is_empty()
    }

    /// Whether this mock answers at a host of these names and this port.
    pub(super) fn has(&self, mock: usize, hosts: &[String], port: u16) -> bool {
        let has = |endpoint: &Endpoint| {
            endpoint.ports.contains(&port)
                && match &endpoint.host {
                    Hosts::Any => true,
                    Hosts::One(host) => hosts.contains(host),
                    Hosts::Pattern(pattern) => any_has(pattern, hosts),
                }
        };
        self.of_mocks.get(&mock).is_some_and(|endpoints| endpoints.iter().any(has))
    }
}

/// The places of a test's own mocks, and those of the run's.
#[derive(Debug)]
pub struct AllPlaces<'a>(pub(super) Vec<&'a Places>);

impl<'a> AllPlaces<'a> {
    /// Who answers at a host of these names and this port.
    #[must_use]
    pub fn at(&self, hosts: &[String], port: u16) -> Option<&'static dyn Plugin> {
        self.0.iter().find_map(|places| places.at(hosts, port))
    }

    /// By which of these names the host is known to a mock that may answer there.
    #[must_use]
    pub fn known_as<'h>(&self, hosts: &'h [String], port: u16) -> Option<&'h String> {
        self.0.iter().find_map(|places| places.known_as(hosts, port))
    }

    /// Whether a mock or a step that may answer there is of this source.
    #[must_use]
    pub fn names(&self, hosts: &[String], port: u16, source: &str) -> bool {
        self.0.iter().any(|places| places.names(hosts, port, source))
    }

    /// Whether a mock or a step that may answer there is of this protocol.
    #[must_use]
    pub fn speak(&self, hosts: &[String], port: u16, protocol: &str) -> bool {
        self.0.iter().any(|places| places.speak(hosts, port, protocol))
    }

    /// Whether a connection to this name may be answered, at some port: then its look-up must not
    /// depend on a name server.
    #[must_use]
    pub fn stands_in(&self, name: &str) -> bool {
        self.0.iter().any(|places| places.stands_in(name))
    }

    /// Whether a connection to any host may be answered.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.0.iter().any(|places| places.has_any())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|places| places.is_empty())
    }
}

fn any_has(pattern: &Matcher, hosts: &[String]) -> bool {
    hosts.iter().any(|host| pattern.has(FieldKind::Word, &Value::Text(host.clone())))
}
