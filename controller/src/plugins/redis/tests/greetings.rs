//! Log-in and settings are answered without a mock, and are no interactions.

use super::*;

/// What the usual clients begin with gets the answers of a server.
#[test]
fn clients_are_greeted() {
    let mut client = client();

    client.exchange(
        b"CLIENT SETINFO LIB-NAME x\r\nCLIENT SETNAME me\r\nCLIENT GETNAME\r\n",
        b"+OK\r\n+OK\r\n$2\r\nme\r\n",
    );
    client.exchange(
        b"AUTH secret\r\nSELECT 2\r\nPING\r\nPING hi\r\n",
        b"+OK\r\n+OK\r\n+PONG\r\n$2\r\nhi\r\n",
    );
    client.exchange(b"CLIENT ID\r\nCOMMAND DOCS\r\nCOMMAND\r\n", b":1\r\n*0\r\n*0\r\n");
    client.exchange(b"CONFIG GET databases\r\n", b"*2\r\n$9\r\ndatabases\r\n$2\r\n16\r\n");
    client.on(Event::Client(b"INFO\r\n"));
    assert!(String::from_utf8_lossy(&client.output.client).contains("loading:0"));
    client.exchange(b"RESET\r\n", b"+RESET\r\n").exchange(b"QUIT\r\n", b"+OK\r\n");

    assert_eq!(client.output.end, Some(End::Close));
    assert_eq!(asked(&client), Vec::<String>::new());
}

/// HELLO chooses the version, logs in and names the client.
#[test]
fn hello_chooses_the_version() {
    let mut client = client().mocked("redis:GET", Fields::new());

    client.on(Event::Client(b"HELLO 3 AUTH ada secret SETNAME me\r\n"));
    assert!(client.output.client.starts_with(b"%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n"));
    client.exchange(b"GET a\r\n", b"_\r\n");

    assert_eq!(client.asked()[0].1.text("user").as_deref(), Some("ada"));
}

/// Errors of the greeting are a server's.
#[test]
fn wrong_greetings_are_refused() {
    for (line, error) in [
        ("HELLO 9", "NOPROTO unsupported protocol version"),
        ("HELLO x", "ERR Protocol version is not an integer or out of range"),
        ("SELECT x", "ERR value is not an integer or out of range"),
        ("SELECT -1", "ERR DB index is out of range"),
        ("CLIENT FOO", "ERR unknown subcommand 'FOO'. Try CLIENT HELP."),
    ] {
        client().exchange(format!("{line}\r\n").as_bytes(), format!("-{error}\r\n").as_bytes());
    }
}

/// A mock that names a part of the greeting answers it; without a value the usual answer is given.
#[test]
fn a_named_greeting_is_an_interaction() {
    let error = Fields::new().with("error", "WRONGPASS invalid username-password pair");
    let mut client = client_naming(&["redis:AUTH", "redis:SELECT"])
        .mocked("redis:AUTH", error)
        .mocked("redis:SELECT", Fields::new())
        .mocked("redis:GET", Fields::new());

    client.exchange(b"AUTH a b\r\n", b"-WRONGPASS invalid username-password pair\r\n");
    client.exchange(b"SELECT 3\r\nGET k\r\n", b"+OK\r\n$-1\r\n");

    assert_eq!(asked(&client), ["redis:AUTH a b", "redis:SELECT 3", "redis:GET k"]);
    assert_eq!(client.asked()[2].1.number("db"), Some(3));
}

/// What this version does not speak is said to the client, and told.
#[test]
fn clusters_and_sentinels_are_refused() {
    for (line, words) in [
        ("CLUSTER SLOTS", "Redis Cluster"),
        ("READONLY", "Redis Cluster"),
        ("SENTINEL get-master-addr-by-name m", "Redis Sentinel"),
        ("MONITOR", "MONITOR"),
        ("PSYNC ? -1", "replication"),
        ("CLIENT REPLY OFF", "CLIENT REPLY"),
    ] {
        let mut client = client();
        let error = format!("-ERR bigfoot: {words}, which this version does not mock\r\n");
        client.exchange(format!("{line}\r\n").as_bytes(), error.as_bytes());
        let told = client.output.malformed.as_ref().map(|it| it.reason.as_str());
        assert_eq!(told, Some(format!("asked for {words}").as_str()));
    }
}
