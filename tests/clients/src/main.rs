//! Clients of Rust: `client reqwest|ureq METHOD URL [BODY]` prints the status and the body,
//! `client hickory NAME` the addresses.

use std::error::Error;
use std::process::ExitCode;

use hickory_resolver::TokioResolver;
use ureq::tls::{RootCerts, TlsConfig};

type Said = Result<String, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = match words.as_slice() {
        ["reqwest", method, url, body @ ..] => reqwest(method, url, body.concat()),
        ["ureq", method, url, body @ ..] => ureq(method, url, body.concat()),
        ["hickory", name] => hickory(name),
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

fn ureq(method: &str, url: &str, body: String) -> Said {
    let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = ureq::Agent::config_builder().tls_config(roots).http_status_as_error(false).build();
    let agent = ureq::Agent::from(agent);
    let mut response = match method {
        "GET" => agent.get(url).call()?,
        _ => agent.post(url).content_type("application/json").send(body)?,
    };
    Ok(format!("{} {}", response.status().as_u16(), response.body_mut().read_to_string()?))
}

fn hickory(name: &str) -> Said {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(async {
        let resolver = TokioResolver::builder_tokio()?.build()?;
        resolver.lookup_ip(name).await
    })?;
    let addresses: Vec<String> = found.iter().map(|address| address.to_string()).collect();
    Ok(addresses.join("\n"))
}
