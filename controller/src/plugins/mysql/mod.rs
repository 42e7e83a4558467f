//! MySQL and MariaDB.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Mysql;

static CARD: Card = Card {
    name: "mysql",
    summary: "MySQL and MariaDB",
    schemes: &[
        Scheme { name: "mysql", port: Some(3306) },
        Scheme { name: "mariadb", port: Some(3306) },
    ],
    ports: &[3306],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["mysql://localhost", "mysql:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Mysql {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
