//! `bigfoot explain CALL`: which rule decides this call.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::call::{Call, Connect, Exec, Load, Lookup, Open, Peer, Query, Request, Transport};
use crate::config::{self, Config, Environment, Error, Flags};
use crate::fields::Fields;
use crate::mocks::url::Url;
use crate::plugins;
use crate::rules::host::normal;
use crate::rules::{Decision, Level};

/// Stands for the address of a host that is known by its name alone (RFC 5737).
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

const FORMS: &str = "a call is written `http://host:port`, `GET https://host/path`, `dns:name`, `file:/path`, `file+w:/path`, `subprocess:program arguments`, `unix:/path` or `native:library`";

/// What would happen to a call, and why, for people to read.
///
/// # Errors
///
/// If the configuration is wrong, or this is no call.
pub fn explain(
    directory: &Path,
    flags: &Flags,
    environment: Environment<'_>,
    call: &str,
    test: Option<&str>,
) -> Result<String, Error> {
    let config = config::load(directory, flags, environment)?;
    let read =
        Reader { directory, search: environment("PATH").unwrap_or_default() }.call(call.trim())?;
    Ok(describe(&config, &read, test))
}

fn describe(config: &Config, call: &Call, test: Option<&str>) -> String {
    let policy = &config.policy;
    let protocol = policy.protocol(call);
    let said = match policy.speak(call, test) {
        Decision::Allowed { rule } => format!("allowed by `{}` ({})\n", rule.text(), rule.origin()),
        Decision::Denied { rule } => {
            format!("refused: denied by `{}` ({})\n", rule.text(), rule.origin())
        }
        Decision::Restricted { frame } => {
            format!(
                "refused: outside the restriction to {} ({})\n",
                frame.restrict(),
                frame.origin()
            )
        }
        Decision::Silent => silent(config, call),
    };
    format!("protocol: {protocol}\n{said}{}", note(call))
}

fn silent(config: &Config, call: &Call) -> String {
    let level = config.policy.level(call);
    let outcome = match level {
        Level::Off => {
            return "passes: no rule speaks of it, and its guard level is off\n".to_owned();
        }
        Level::Warn => "passes with a warning",
        Level::Error => "refused",
    };
    let origin = config.guard_origin.as_deref().unwrap_or("the default");
    let rule = config.policy.suggest(call);
    format!(
        "{outcome}: no rule speaks of it, and its guard level is {level} ({origin})\nto allow it: allow = [{}]\n",
        quoted(&rule)
    )
}

/// A string as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn note(call: &Call) -> &'static str {
    let connect = match call {
        Call::Connect(connect) | Call::Request(Request { connect, .. }) => Some(connect),
        _ => None,
    };
    match connect.map(|connect| &connect.peer) {
        Some(Peer::Internet(address)) if address.ip() == UNKNOWN => {
            "note: the host's address is not known here, so rules on addresses were not asked\n"
        }
        _ => "",
    }
}

struct Reader<'a> {
    directory: &'a Path,
    search: std::ffi::OsString,
}

impl Reader<'_> {
    fn call(&self, text: &str) -> Result<Call, Error> {
        let wrong = || Error::plain(format!("`{text}` is no call")).help(FORMS);
        if let Some((method, address)) = text.split_once(char::is_whitespace)
            && !method.contains([':', '/'])
        {
            return request(method, address.trim_start()).ok_or_else(wrong);
        }
        let (proto, rest) =
            text.split_once(':').filter(|(_, rest)| !rest.is_empty()).ok_or_else(wrong)?;
        match (proto.to_ascii_lowercase().as_str(), rest.strip_prefix("//")) {
            ("dns", None) => Ok(Call::Lookup(Lookup { query: query(rest) })),
            ("subprocess", None) => self.program(rest).ok_or_else(wrong),
            ("native", None) => Ok(Call::Load(Load { library: rest.to_owned() })),
            ("unix", _) => Ok(self.unix(rest)),
            (file @ ("file" | "file+r" | "file+w"), _) => Ok(self.file(rest, file == "file+w")),
            ("http" | "https", Some(rest)) if has_path(rest) => {
                request("GET", text).map_or_else(|| connection(proto, rest), Ok)
            }
            (scheme, Some(authority)) => connection(scheme, authority),
            _ => Err(wrong()),
        }
    }

    fn file(&self, path: &str, write: bool) -> Call {
        Call::Open(Open { path: self.path(path), read: !write, write })
    }

    fn unix(&self, path: &str) -> Call {
        let peer = match path.strip_prefix('@') {
            Some(name) => Peer::UnixAbstract(name.as_bytes().to_vec()),
            None => Peer::UnixPath(self.path(path)),
        };
        Call::Connect(Connect { transport: Transport::Stream, peer, names: Vec::new() })
    }

    fn program(&self, line: &str) -> Option<Call> {
        let arguments: Vec<Vec<u8>> =
            line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect();
        let name = line.split_whitespace().next()?;
        let program = if name.contains('/') { self.path(name) } else { self.searched(name) };
        Some(Call::Exec(Exec { program, arguments }))
    }

    /// The program as a shell would find it, or its name.
    fn searched(&self, name: &str) -> PathBuf {
        let directories = self.search.as_bytes().split(|byte| *byte == b':');
        let mut files = directories
            .map(|directory| Path::new(std::ffi::OsStr::from_bytes(directory)).join(name));
        files.find(|file| file.is_absolute() && file.is_file()).unwrap_or_else(|| name.into())
    }

    /// The path as calls have it: absolute, without `.` and `..`.
    fn path(&self, text: &str) -> PathBuf {
        let mut path = PathBuf::new();
        for part in self.directory.join(text).components() {
            match part {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                part => path.push(part),
            }
        }
        path
    }
}

fn query(name: &str) -> Query {
    let name = normal(name);
    name.parse().map_or(Query::Name(name), Query::Address)
}

/// Whether more than a host and a port is written.
fn has_path(rest: &str) -> bool {
    rest.find(['/', '?']).is_some_and(|at| &rest[at..] != "/")
}

/// A command of this name, in the database of the address; None if its protocol has no such command.
fn command(name: &str, scheme: &str, rest: &str) -> Option<Call> {
    let (card, _) = plugins::with_scheme(scheme)?;
    let (_, shape) = plugins::source(&format!("{}:{name}", card.name))?;
    let authority = rest.split('/').next().unwrap_or_default();
    let Ok(Call::Connect(connect)) = connection(scheme, authority) else {
        return None;
    };
    let db: i64 = match rest.get(authority.len() + 1..).unwrap_or_default() {
        "" => 0,
        number => number.parse().ok()?,
    };
    let fields = Fields::new().with("db", db);
    Some(Call::Request(Request { connect, source: shape.source, fields }))
}

/// A request of this method; None if the address is none of HTTP, nor of a protocol that has commands.
fn request(method: &str, address: &str) -> Option<Call> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let card = plugins::with_scheme(&scheme).map(|(card, _)| card);
    if card.is_some_and(|card| card.firewall.contains(&"command")) {
        return command(method, &scheme, rest);
    }
    let capitals = method.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'));
    if !matches!(scheme.as_str(), "http" | "https") || !capitals {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Ok(Call::Connect(connect)) = connection(&scheme, authority) else {
        return None;
    };
    let url = Url::parse(address)?.to_string();
    let fields = Fields::new().with("method", method).with("url", url);
    Some(Call::Request(Request { connect, source: "http:request", fields }))
}

fn connection(scheme: &str, authority: &str) -> Result<Call, Error> {
    let Some((_, known)) = plugins::with_scheme(scheme) else {
        return Err(Error::plain(format!("unknown protocol `{scheme}`")).help(FORMS));
    };
    let authority = authority.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, port.parse().ok().filter(|port| *port != 0))
        }
        _ => (authority, known.port),
    };
    let wrong = || {
        Error::plain(format!("`{scheme}://{authority}` is no call: it has no host, or no port"))
            .help(FORMS)
    };
    let port = port.filter(|_| !host.is_empty()).ok_or_else(wrong)?;
    let host = normal(host);
    let (address, names) = match host.parse() {
        Ok(address) => (address, Vec::new()),
        Err(_) if host == "localhost" => (IpAddr::V4(Ipv4Addr::LOCALHOST), vec![host]),
        Err(_) => (UNKNOWN, vec![host]),
    };
    Ok(Call::Connect(Connect {
        transport: Transport::Stream,
        peer: Peer::Internet(SocketAddr::new(address, port)),
        names,
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::explain;
    use crate::config::Flags;

    fn explained(call: &str, test: Option<&str>) -> String {
        let flags = Flags {
            guard: Some("error".into()),
            allow: vec![
                "http://*.example.com".into(),
                "GET https://api.example.org/*".into(),
                "file+r:/etc/**".into(),
                "subprocess:git push*".into(),
            ],
            deny: vec!["dns:evil.example.com".into()],
            restrict: vec![
                "http:*".into(),
                "redis:*".into(),
                "dns:*".into(),
                "subprocess:*".into(),
                "unix:*".into(),
            ],
            ..Flags::default()
        };
        explain(Path::new("/nonexistent"), &flags, &|_| None, call, test)
            .unwrap_or_else(|error| error.to_string())
    }

    /// Every outcome names what decided it.
    #[test]
    fn explanations_name_what_decides() {
        for (call, expected) in [
            (
                "http://api.example.com/x",
                "protocol: http\nallowed by `http://*.example.com` (--allow)\nnote: the host's address is not known here, so rules on addresses were not asked\n",
            ),
            (
                "GET https://api.example.org/users?x=1",
                "protocol: http\nallowed by `GET https://api.example.org/*` (--allow)\nnote: the host's address is not known here, so rules on addresses were not asked\n",
            ),
            (
                "POST https://127.0.0.1:8443/a%20b/../c",
                "protocol: http\nrefused: no rule speaks of it, and its guard level is error (--guard)\nto allow it: allow = [\"POST https://127.0.0.1:8443/c\"]\n",
            ),
            (
                "https://127.0.0.1/8",
                "protocol: http\nrefused: no rule speaks of it, and its guard level is error (--guard)\nto allow it: allow = [\"GET https://127.0.0.1:443/8\"]\n",
            ),
            (
                "dns:evil.example.com",
                "protocol: dns\nrefused: denied by `dns:evil.example.com` (--deny)\n",
            ),
            (
                "dns:api.example.com.",
                "protocol: dns\nallowed by `http://*.example.com` (--allow)\n",
            ),
            (
                "ssh://127.0.0.1",
                "protocol: ssh\nrefused: outside the restriction to http:*, redis:*, dns:*, subprocess:*, unix:* (--restrict)\n",
            ),
            (
                "redis://[::1]:6379/0",
                "protocol: redis\nrefused: no rule speaks of it, and its guard level is error (--guard)\nto allow it: allow = [\"redis://[::1]\"]\n",
            ),
            (
                "GET redis://cache.example/2",
                "protocol: redis\nrefused: no rule speaks of it, and its guard level is error (--guard)\nto allow it: allow = [\"GET redis://cache.example\"]\nnote: the host's address is not known here, so rules on addresses were not asked\n",
            ),
            ("file:/etc/a/../hostname", "protocol: file\nallowed by `file+r:/etc/**` (--allow)\n"),
            (
                "file+w:/etc/hostname",
                "protocol: file\npasses: no rule speaks of it, and its guard level is off\n",
            ),
            (
                "native:libx.so",
                "protocol: native\npasses: no rule speaks of it, and its guard level is off\n",
            ),
            (
                "subprocess:git push origin",
                "protocol: subprocess\nallowed by `subprocess:git push*` (--allow)\n",
            ),
            (
                "unix:run/x.sock",
                "protocol: socket\nrefused: no rule speaks of it, and its guard level is error (--guard)\nto allow it: allow = [\"unix:/nonexistent/run/x.sock\"]\n",
            ),
        ] {
            assert_eq!(explained(call, None), expected, "{call}");
        }
    }

    /// What is no call is said to be none, with the forms of calls.
    #[test]
    fn what_is_no_call_is_refused() {
        for call in [
            "",
            "x",
            "dns:",
            "htpp://x",
            "socket://x",
            "http://x:0",
            "http://:80",
            "subprocess: ",
            "dns://x",
            "get http://x/",
            "GETT redis://x/",
            "GET redis://x/y",
            "GET ssh://x/",
            "GET /users",
        ] {
            assert!(
                explained(call, None).contains("a call is written `http://host:port`"),
                "{call}"
            );
        }
    }
}
