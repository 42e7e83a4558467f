//! A small shop. Like much real code it carries on when the world outside does not answer, which is
//! kind to its users and hides from its tests that they ask the world outside.

use std::fs;
use std::io::Write;
use std::net::ToSocketAddrs;
use std::process::Command;
use std::time::Duration;

/// Exchange rate from a service over HTTP (`RATES_URL`), or yesterday's.
#[must_use]
pub fn exchange_rate() -> f64 {
    const YESTERDAY: f64 = 1.08;

    let url =
        std::env::var("RATES_URL").unwrap_or_else(|_| "http://127.0.0.1/rates/eur-usd".into());
    ureq::get(&url)
        .call()
        .ok()
        .and_then(|mut response| response.body_mut().read_to_string().ok())
        .and_then(|body| body.trim().parse().ok())
        .unwrap_or(YESTERDAY)
}

/// Whether the payment provider can be reached by name.
#[must_use]
pub fn payment_available() -> bool {
    "payments.shop.example:443".to_socket_addrs().is_ok()
}

/// The version that is shown in the footer: from git, where there is a repository.
#[must_use]
pub fn revision() -> String {
    let described = Command::new("git").args(["describe", "--always"]).output();
    described
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_else(|| "unknown".into())
}

/// Number of articles in a cart: from the cache, else none.
#[must_use]
pub fn cart_size(user: &str) -> u32 {
    let count = || -> redis::RedisResult<u32> {
        let client = redis::Client::open("redis://127.0.0.1:6379/")?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(1))?;
        redis::cmd("LLEN").arg(format!("cart:{user}")).query(&mut connection)
    };
    count().unwrap_or(0)
}

/// Notes a sale in the machine's audit log, where one can be written.
pub fn note_sale(article: &str) {
    let host = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let log = std::env::temp_dir().join("shop-audit.log");
    if let Ok(mut file) = fs::File::options().create(true).append(true).open(log) {
        let _ = writeln!(file, "{} sold {article}", host.trim());
    }
}

/// Price with tax. Nothing but arithmetic.
///
/// ```
/// assert_eq!(shop::with_tax(100, 19), 119);
/// ```
#[must_use]
pub fn with_tax(cents: u64, percent: u64) -> u64 {
    cents + cents * percent / 100
}
