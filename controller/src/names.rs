//! Which name an address was looked up by, and the stand-in addresses of names that must be known
//! at the later connection.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most names kept for one address; the latest speak.
const NAMES_PER_ADDRESS_MAX: usize = 16;
/// Most addresses kept. Later ones are known by their number only.
const ADDRESSES_MAX: usize = 100_000;
/// Most stand-ins: the network below has as many addresses, less its first.
const STAND_INS_MAX: u32 = (1 << 17) - 2;

/// 198.18.0.0/15, set aside for tests of networks (RFC 2544); no host has one of these.
const STAND_IN_V4: u32 = 0xC612_0000;
/// A network of unique local addresses (RFC 4193).
const STAND_IN_V6: u128 = 0xfdb1_6f00_0000_0000_0000_0000_0000_0000;

/// Names and addresses of one run.
#[derive(Debug, Default)]
pub struct Names {
    by_address: HashMap<IpAddr, Vec<String>>,
    stand_ins: Vec<String>,
    numbers: HashMap<String, u32>,
    /// An address has a name that it did not have before.
    learned: bool,
}

impl Names {
    /// A look-up of `name` gave this address.
    pub fn remember(&mut self, name: &str, address: IpAddr) {
        let address = address.to_canonical();
        if self.by_address.len() >= ADDRESSES_MAX && !self.by_address.contains_key(&address) {
            return;
        }
        let names = self.by_address.entry(address).or_default();
        self.learned |= !names.iter().any(|known| known == name);
        names.retain(|known| known != name);
        names.insert(0, name.to_owned());
        names.truncate(NAMES_PER_ADDRESS_MAX);
    }

    /// Whether an address has a name that it did not have before, since the last time.
    pub fn has_learned(&mut self) -> bool {
        std::mem::take(&mut self.learned)
    }

    /// Names that this address was looked up by, latest first.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Vec<String> {
        if let Some(name) = self.stand_in(address) {
            return vec![name.to_owned()];
        }
        self.by_address.get(&address.to_canonical()).cloned().unwrap_or_default()
    }

    /// The stand-in addresses of `name`; None when there are no more.
    pub fn stand_in_for(&mut self, name: &str) -> Option<(Ipv4Addr, Ipv6Addr)> {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => self.next_stand_in(name)?,
        };
        Some((
            Ipv4Addr::from(STAND_IN_V4 + number),
            Ipv6Addr::from(STAND_IN_V6 + u128::from(number)),
        ))
    }

    fn next_stand_in(&mut self, name: &str) -> Option<u32> {
        let number = u32::try_from(self.stand_ins.len()).ok()? + 1;
        if number > STAND_INS_MAX {
            return None;
        }
        self.stand_ins.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    /// The name that this address stands in for.
    #[must_use]
    pub fn stand_in(&self, address: IpAddr) -> Option<&str> {
        let number = match address.to_canonical() {
            IpAddr::V4(address) => u128::from(u32::from(address).checked_sub(STAND_IN_V4)?),
            IpAddr::V6(address) => u128::from(address).checked_sub(STAND_IN_V6)?,
        };
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.stand_ins.get(index).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two names may share an address; the one looked up last is the likelier.
    #[test]
    fn the_latest_name_of_an_address_comes_first() {
        let mut names = Names::default();
        let address = "192.0.2.1".parse().unwrap();

        names.remember("a.example", address);
        names.remember("b.example", address);
        names.remember("a.example", address);

        assert_eq!(names.of(address), ["a.example", "b.example"]);
        assert_eq!(names.of("::ffff:192.0.2.1".parse().unwrap()), ["a.example", "b.example"]);
    }

    /// A stand-in is the same at each look-up, in both families, and is no other name's.
    #[test]
    fn each_name_has_one_stand_in() {
        let mut names = Names::default();

        let (first, first_wide) = names.stand_in_for("a.example").unwrap();
        let (second, _) = names.stand_in_for("b.example").unwrap();

        assert_ne!(first, second);
        assert_eq!(names.stand_in_for("a.example").unwrap(), (first, first_wide));
        assert_eq!(names.of(first.into()), ["a.example"]);
        assert_eq!(names.of(first_wide.into()), ["a.example"]);
        assert_eq!(names.stand_in("203.0.113.9".parse().unwrap()), None);
    }
}
