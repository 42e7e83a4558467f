//! Where connections go that a mock may have to answer on.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::fields::Value;
use crate::mocks::{Matcher, Mock};
use crate::plugins::card::FieldKind;
use crate::plugins::{Hosts, Plugin};

/// Where connections go that a mock may have to answer on.
#[derive(Debug, Default)]
pub struct Places {
    /// Hosts that are named, with what is answered there.
    exact: HashMap<String, Vec<Place>>,
    /// Hosts that match.
    patterns: Vec<(Matcher, Place)>,
    /// All hosts.
    any: Vec<Place>,
    /// The place of each mock that has one.
    of_mocks: HashMap<usize, (Hosts, RangeInclusive<u16>)>,
    /// Some connection is to be refused.
    pub(super) refusing: bool,
}

/// Ports, and who answers there.
#[derive(Debug, Clone)]
struct Place {
    ports: RangeInclusive<u16>,
    plugin: &'static dyn Plugin,
}

impl Place {
    fn is_as(&self, other: &Self) -> bool {
        self.ports == other.ports && self.plugin.card().name == other.plugin.card().name
    }
}

fn add(places: &mut Vec<Place>, place: Place) {
    if !places.iter().any(|known| known.is_as(&place)) {
        places.push(place);
    }
}

impl Places {
    pub(super) fn add(&mut self, number: usize, mock: &Mock) {
        let Some(endpoint) = mock.plugin.endpoint(mock) else {
            return;
        };
        let place = Place { ports: endpoint.ports.clone(), plugin: mock.plugin };
        match &endpoint.host {
            Hosts::Any => add(&mut self.any, place),
            Hosts::One(host) => add(self.exact.entry(host.clone()).or_default(), place),
            Hosts::Pattern(pattern) => self.add_pattern(pattern, place),
        }
        if mock.act.refuses() {
            self.refusing = true;
        }
        self.of_mocks.insert(number, (endpoint.host, endpoint.ports));
    }

    fn add_pattern(&mut self, pattern: &Matcher, place: Place) {
        let words = pattern.words();
        let known = |(known, at): &(Matcher, Place)| known.words() == words && at.is_as(&place);
        if !self.patterns.iter().any(known) {
            self.patterns.push((pattern.clone(), place));
        }
    }

    /// Who answers at a host of these names and this port.
    #[must_use]
    pub fn at(&self, hosts: &[String], port: u16) -> Option<&'static dyn Plugin> {
        let exact = hosts.iter().filter_map(|host| self.exact.get(host)).flatten();
        let matching = self.patterns.iter().filter(|(pattern, _)| any_has(pattern, hosts));
        let all = exact.chain(matching.map(|(_, place)| place)).chain(&self.any);
        all.filter(|place| place.ports.contains(&port)).map(|place| place.plugin).next()
    }

    /// Whether a connection to this name may be answered, at some port: then its look-up must not
    /// depend on a name server.
    #[must_use]
    pub fn stands_in(&self, name: &str) -> bool {
        let hosts = [name.to_owned()];
        self.exact.contains_key(name)
            || self.patterns.iter().any(|(pattern, _)| any_has(pattern, &hosts))
    }

    /// Whether a connection to any host may be answered.
    #[must_use]
    pub fn has_any(&self) -> bool {
        !self.any.is_empty()
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty() && self.any.is_empty()
    }

    /// Whether this mock answers at a host of these names and this port.
    pub(super) fn has(&self, mock: usize, hosts: &[String], port: u16) -> bool {
        self.of_mocks.get(&mock).is_some_and(|(own, ports)| {
            ports.contains(&port)
                && match own {
                    Hosts::Any => true,
                    Hosts::One(host) => hosts.contains(host),
                    Hosts::Pattern(pattern) => any_has(pattern, hosts),
                }
        })
    }
}

fn any_has(pattern: &Matcher, hosts: &[String]) -> bool {
    hosts.iter().any(|host| pattern.has(FieldKind::Word, &Value::Text(host.clone())))
}
