//! Clients of Rust: `client reqwest|ureq|ureq-webpki METHOD URL [BODY]` prints the status and the body,
//! `client hickory NAME [TYPE]` the addresses, or the records of a type, `client redis URL` what a server says to
//! commands of every kind; `client tokio-postgres|sqlx HOST PORT` runs the operations of `postgres`.

mod postgres;

use std::error::Error;
use std::process::ExitCode;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RecordType;
use redis::{Cmd, Connection, Value, cmd};
use ureq::tls::{RootCerts, TlsConfig};

type Said = Result<String, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = match words.as_slice() {
        ["reqwest", method, url, body @ ..] => reqwest(method, url, body.concat()),
        ["ureq", method, url, body @ ..] => {
            ureq(RootCerts::PlatformVerifier, method, url, body.concat())
        }
        ["ureq-webpki", method, url, body @ ..] => {
            ureq(RootCerts::WebPki, method, url, body.concat())
        }
        ["tokio-postgres", host, port] => postgres::tokio(host, port),
        ["sqlx", host, port] => postgres::sqlx(host, port),
        ["hickory", name, kind @ ..] => hickory(name, kind.first().copied()),
        ["redis", url] => redis(url),
        _ => Err("unknown words".into()),
    };
    match said {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn reqwest(method: &str, url: &str, body: String) -> Said {
    let method = reqwest::Method::from_bytes(method.as_bytes())?;
    let request = reqwest::blocking::Client::new().request(method, url).body(body);
    let response = request.header("content-type", "application/json").send()?;
    Ok(format!("{} {}", response.status().as_u16(), response.text()?))
}

fn ureq(roots: RootCerts, method: &str, url: &str, body: String) -> Said {
    let roots = TlsConfig::builder().root_certs(roots).build();
    let agent = ureq::Agent::config_builder().tls_config(roots).http_status_as_error(false).build();
    let agent = ureq::Agent::from(agent);
    let mut response = match method {
        "GET" => agent.get(url).call()?,
        _ => agent.post(url).content_type("application/json").send(body)?,
    };
    Ok(format!("{} {}", response.status().as_u16(), response.body_mut().read_to_string()?))
}

fn hickory(name: &str, kind: Option<&str>) -> Said {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let resolver = TokioResolver::builder_tokio()?.build()?;
        let found: Vec<String> = match kind {
            None => resolver.lookup_ip(name).await?.iter().map(|it| it.to_string()).collect(),
            Some(kind) => {
                let found = resolver.lookup(name, kind.parse::<RecordType>()?).await?;
                found.answers().iter().map(|it| it.data.to_string()).collect()
            }
        };
        Ok(found.join("\n"))
    })
}

fn redis(url: &str) -> Said {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let mut lines = Vec::new();
    for line in REDIS_COMMANDS {
        let said = command(line).query::<Value>(&mut connection);
        lines.push(format!(
            "{line}: {}",
            said.map_or_else(|error| told(&error), |value| format!("{value:?}"))
        ));
    }
    lines.push(pipelined(&mut connection)?);
    Ok(lines.join("\n"))
}

const REDIS_COMMANDS: &[&str] = &[
    "PING",
    "SET rs:a 1",
    "GET rs:a",
    "GET rs:none",
    "INCR rs:a",
    "HSET rs:h f v",
    "HGETALL rs:h",
    "SMEMBERS rs:none",
    "ZSCORE rs:z m",
    "LPUSH rs:a x",
    "BLPOP rs:none 0.05",
];

fn command(line: &str) -> Cmd {
    let mut words = line.split(' ');
    let mut command = cmd(words.next().unwrap_or_default());
    command.arg(words.collect::<Vec<_>>());
    command
}

fn told(error: &redis::RedisError) -> String {
    format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default())
}

/// A pipeline, and a transaction.
fn pipelined(connection: &mut Connection) -> Said {
    let two = |pipe: &mut redis::Pipeline| {
        pipe.cmd("SET").arg("rs:p").arg("x").cmd("GET").arg("rs:p").clone()
    };
    let plain: (Value, Value) = two(&mut redis::pipe()).query(connection)?;
    let atomic: (Value, Value) = two(redis::pipe().atomic()).query(connection)?;
    Ok(format!("pipeline: {plain:?}\ntransaction: {atomic:?}"))
}
