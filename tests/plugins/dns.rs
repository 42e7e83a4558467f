//! Look-ups by libc and by resolvers of the programs' own: getent, dig, Python, dnspython, Node, Java, hickory.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use bigfoot_tests::scene::built;
use bigfoot_tests::{Finished, Scene, tools};

/// Names of a company that does not exist, each as often as it is asked for.
const MOCKS: &str = r#"
[[mock]]
source = "dns:lookup"
when = { name = "api.example.com" }
reply = { addresses = ["192.0.2.10", "192.0.2.11", "2001:db8::10"], ttl = 300 }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "www.example.com" }
reply = { addresses = ["192.0.2.20"], aliases = ["edge.example.net"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "www.example.com", type = "CNAME" }
reply = { records = ["edge.example.net"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "example.com", type = "MX" }
reply = { records = ["10 a.mail.example.com", "20 b.mail.example.com"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "example.com", type = "TXT" }
reply = { records = ["v=spf1 -all"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "_sip._tcp.example.com", type = "SRV" }
reply = { records = ["10 5 5060 sip.example.com"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "192.0.2.10", type = "PTR" }
reply = { records = ["api.example.com"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "gone.example.com" }
reply = { error = "nxdomain" }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "broken.example.com" }
reply = { error = "servfail" }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "silent.example.com" }
fault = { kind = "timeout" }
times = "any"
"#;

/// Under the strictest guard, with these mocks.
fn scene(mocks: &str) -> Scene {
    Scene::new().guard("error").config(mocks)
}

/// Runs a client that is mocked the names above; it must not be refused anything.
fn hears(program: &[OsString], words: &str) -> Finished {
    let command = program.iter().cloned().chain(words.split_whitespace().map(OsString::from));
    let guest = scene(MOCKS).run(command);
    guest.is_clean();
    guest
}

fn client(name: &str) -> OsString {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plugins/clients").join(name).into()
}

fn libc_python() -> Vec<OsString> {
    vec![tools::python().into(), client("dns_libc.py")]
}

fn dnspython() -> Vec<OsString> {
    vec![tools::python().into(), client("dns_python.py")]
}

fn node() -> Vec<OsString> {
    vec![tools::needed("node", "nodejs").into(), client("dns_client.js")]
}

/// The compiled Java client.
fn java() -> Vec<OsString> {
    static CLASSES: OnceLock<tempfile::TempDir> = OnceLock::new();
    let classes = CLASSES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut compiler =
            std::process::Command::new(tools::needed("javac", "default-jdk-headless"));
        let status = compiler
            .arg("-d")
            .args([folder.path().as_os_str(), &client("DnsClient.java")])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "DnsClient.java does not compile");
        folder
    });
    vec![
        tools::needed("java", "default-jdk-headless").into(),
        "-cp".into(),
        classes.path().into(),
        "DnsClient".into(),
    ]
}

fn dig() -> Vec<OsString> {
    let words = ["+noall", "+answer", "+tries=1", "+timeout=1"].map(OsString::from);
    std::iter::once(tools::needed("dig", "bind9-dnsutils").into()).chain(words).collect()
}

/// libc's calls hear the mocks: both families in the mock's order, one alone, names of addresses.
#[test]
fn python_is_answered_by_libc() {
    let guest = hears(
        &libc_python(),
        "both api.example.com ipv4 api.example.com ipv6 api.example.com old api.example.com \
         name 192.0.2.10",
    );

    guest.prints(
        "both 192.0.2.10 192.0.2.11 2001:db8::10\n\
         ipv4 192.0.2.10 192.0.2.11\n\
         ipv6 2001:db8::10\n\
         old 192.0.2.10 192.0.2.11\n\
         name api.example.com\n",
    );
}

/// Errors are libc's own; a silent server is told at once.
#[test]
fn python_hears_errors_by_libc() {
    let guest = hears(
        &libc_python(),
        "both gone.example.com both broken.example.com both silent.example.com ipv6 www.example.com",
    );

    guest.prints(
        "both Name or service not known\n\
         both Temporary failure in name resolution\n\
         both Temporary failure in name resolution\n\
         ipv6 No address associated with hostname\n",
    );
}

/// getent asks the older calls, too.
#[test]
fn getent_is_answered() {
    let getent = [OsString::from(tools::needed("getent", "libc-bin"))];

    let guest = hears(&getent, "ahostsv4 api.example.com");
    assert!(
        guest.stdout.starts_with("192.0.2.10      STREAM api.example.com\n"),
        "{}",
        guest.stdout
    );
    hears(&getent, "hosts 192.0.2.10").prints("192.0.2.10      api.example.com\n");
}

/// dig speaks the DNS by itself, in datagrams and over TCP: every type, and the chain of names.
#[test]
fn dig_is_answered_in_the_dns_own_form() {
    for (words, answer) in [
        (
            "api.example.com A",
            "api.example.com. 300 IN A 192.0.2.10\napi.example.com. 300 IN A 192.0.2.11\n",
        ),
        ("+tcp api.example.com AAAA", "api.example.com. 300 IN AAAA 2001:db8::10\n"),
        (
            "www.example.com",
            "www.example.com. 60 IN CNAME edge.example.net.\nedge.example.net. 60 IN A 192.0.2.20\n",
        ),
        ("www.example.com CNAME", "www.example.com. 60 IN CNAME edge.example.net.\n"),
        (
            "example.com MX",
            "example.com. 60 IN MX 10 a.mail.example.com.\nexample.com. 60 IN MX 20 b.mail.example.com.\n",
        ),
        ("example.com TXT", "example.com. 60 IN TXT \"v=spf1 -all\"\n"),
        (
            "_sip._tcp.example.com SRV",
            "_sip._tcp.example.com. 60 IN SRV 10 5 5060 sip.example.com.\n",
        ),
        ("-x 192.0.2.10", "10.2.0.192.in-addr.arpa. 60 IN PTR api.example.com.\n"),
    ] {
        let guest = hears(&dig(), words);
        let lines = guest
            .stdout
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n");
        assert_eq!(lines.collect::<String>(), answer, "{words}");
    }
}

/// Errors are the DNS's own response codes; a silent server is silent.
#[test]
fn dig_hears_errors() {
    for (name, status) in [("gone", "NXDOMAIN"), ("broken", "SERVFAIL")] {
        let guest = hears(&dig(), &format!("+comments {name}.example.com"));
        assert!(guest.stdout.contains(&format!("status: {status}")), "{}", guest.stdout);
    }
    let command = dig().into_iter().chain(["silent.example.com".into()]);
    let guest = scene(MOCKS).run(command);
    guest.fails_with(9);
    assert!(guest.stdout.contains("no servers could be reached"), "{}", guest.stdout);
}

/// dnspython, whose sockets are not connected, in datagrams and over TCP.
#[test]
fn dnspython_is_answered() {
    let words = "A api.example.com AAAA api.example.com MX example.com TXT example.com \
                 SRV _sip._tcp.example.com PTR 10.2.0.192.in-addr.arpa A gone.example.com \
                 A broken.example.com AAAA www.example.com";
    let answers = "A | 192.0.2.10 | 192.0.2.11\n\
                   AAAA | 2001:db8::10\n\
                   MX | 10 a.mail.example.com. | 20 b.mail.example.com.\n\
                   TXT | \"v=spf1 -all\"\n\
                   SRV | 10 5 5060 sip.example.com.\n\
                   PTR | api.example.com.\n\
                   A NXDOMAIN\n\
                   A NoNameservers\n\
                   AAAA NoAnswer\n";

    hears(&dnspython(), words).prints(answers);
    hears(&dnspython(), &format!("tcp {words}")).prints(answers);
    hears(&dnspython(), "A silent.example.com").prints("A LifetimeTimeout\n");
}

/// Node looks up by libc in threads of its pool, and resolves by c-ares.
#[test]
fn node_is_answered_by_libc_and_by_c_ares() {
    let guest = hears(
        &node(),
        "lookup api.example.com A api.example.com AAAA api.example.com CNAME www.example.com \
         MX example.com TXT example.com SRV _sip._tcp.example.com PTR 192.0.2.10 \
         lookup gone.example.com A gone.example.com A broken.example.com A silent.example.com",
    );

    guest.prints(
        r#"lookup [{"address":"192.0.2.10","family":4},{"address":"192.0.2.11","family":4},{"address":"2001:db8::10","family":6}]
A ["192.0.2.10","192.0.2.11"]
AAAA ["2001:db8::10"]
CNAME ["edge.example.net"]
MX [{"exchange":"a.mail.example.com","priority":10},{"exchange":"b.mail.example.com","priority":20}]
TXT [["v=spf1 -all"]]
SRV [{"name":"sip.example.com","port":5060,"priority":10,"weight":5}]
PTR ["api.example.com"]
lookup ENOTFOUND
A ENOTFOUND
A ESERVFAIL
A ETIMEOUT
"#,
    );
}

/// Java looks up by libc, and resolves by the JDK's own resolver.
#[test]
fn java_is_answered_by_libc_and_by_its_own_resolver() {
    let guest = hears(
        &java(),
        "lookup api.example.com MX example.com TXT example.com SRV _sip._tcp.example.com \
         PTR 10.2.0.192.in-addr.arpa lookup gone.example.com A gone.example.com \
         A broken.example.com",
    );

    guest.prints(
        "lookup 192.0.2.10 192.0.2.11 2001:db8:0:0:0:0:0:10\n\
         MX 10 a.mail.example.com. 20 b.mail.example.com.\n\
         TXT \"v=spf1 -all\"\n\
         SRV 10 5 5060 sip.example.com.\n\
         PTR api.example.com.\n\
         lookup UnknownHostException\n\
         A NameNotFoundException\n\
         A ServiceUnavailableException\n",
    );
}

/// hickory asks for both families by itself.
#[test]
fn hickory_is_answered() {
    let client = built().join("client");
    assert!(client.exists(), "{} is missing: run cargo build --workspace", client.display());
    let client = [client.into(), "hickory".into()];

    let guest = hears(&client, "api.example.com");
    let mut lines: Vec<&str> = guest.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["192.0.2.10", "192.0.2.11", "2001:db8::10"]);

    let guest = hears(&client, "example.com MX");
    let mut lines: Vec<&str> = guest.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["10 a.mail.example.com.", "20 b.mail.example.com."]);

    let command = client.iter().cloned().chain(["gone.example.com".into()]);
    let guest = scene(MOCKS).run(command);
    guest.fails_with(1).says("no records found");
}

/// One look-up of a program is one use of a mock, whether libc asks for both families at once or a resolver for
/// each; a second look-up has no answer left, and the run tells.
#[test]
fn a_mock_answers_one_look_up() {
    let once = "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"once.example.com\" }\n\
                reply = { addresses = [\"192.0.2.1\", \"2001:db8::1\"] }\n";

    let both = "both once.example.com both once.example.com";
    let command = libc_python().into_iter().chain(both.split(' ').map(OsString::from));
    let guest = scene(once).run(command);
    guest.is_broken();
    assert!(guest.stdout.starts_with("both 192.0.2.1 2001:db8::1\nboth "), "{}", guest.stdout);
    assert_eq!(guest.findings().len(), 1, "{:#}", guest.report);

    let halves = "A once.example.com AAAA once.example.com A once.example.com";
    let command = node().into_iter().chain(halves.split(' ').map(OsString::from));
    let guest = scene(once).run(command);
    guest.is_broken();
    guest.prints("A [\"192.0.2.1\"]\nAAAA [\"2001:db8::1\"]\nA EREFUSED\n");
}

/// Mocks of one family each answer their halves of one look-up.
#[test]
fn mocks_of_one_family_answer_their_halves() {
    let half = |kind: &str, address: &str| {
        format!(
            "[[mock]]\nsource = \"dns:lookup\"\nwhen = {{ name = \"half.example.com\", type = \"{kind}\" }}\n\
             reply = {{ addresses = [\"{address}\"] }}\n"
        )
    };
    let mocks = half("A", "192.0.2.1") + &half("AAAA", "2001:db8::1");

    let command = libc_python().into_iter().chain(["both".into(), "half.example.com".into()]);
    scene(&mocks).run(command).is_clean().prints("both 192.0.2.1 2001:db8::1\n");
}

/// A look-up that no mock answers is refused by its name, though another type of it is mocked.
#[test]
fn a_type_that_is_not_mocked_is_refused() {
    let mx = "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"example.com\", type = \"MX\" }\n\
              reply = { records = [\"10 mail.example.com\"] }\n";

    let command = dig().into_iter().chain(["+comments", "example.com", "TXT"].map(OsString::from));
    let guest = scene(mx).run(command);

    guest.is_broken();
    assert!(guest.stdout.contains("status: REFUSED"), "{}", guest.stdout);
    assert!(guest.report.to_string().contains("look-up of example.com"), "{:#}", guest.report);
}

/// What no mock answers and a rule allows is left to the machine's name server: it may know nothing or not be
/// there, and it is not us who refuse.
#[test]
fn an_allowed_look_up_is_not_refused() {
    let scene = scene(MOCKS).allow("dns:*.elsewhere.example");

    let command = dig().into_iter().chain(["+comments", "a.elsewhere.example"].map(OsString::from));
    let guest = scene.run(command);

    assert!(guest.findings().is_empty(), "{:#}", guest.report);
    assert!(!guest.stdout.contains("REFUSED"), "{}", guest.stdout);
}

/// A mock that cannot be is told with its place.
#[test]
fn a_wrong_mock_is_told_with_its_key() {
    for (mock, words) in [
        (
            "when = { name = \"a.example\", type = \"MX\" }\nreply = { addresses = [\"192.0.2.1\"] }",
            "an answer of type MX has no addresses",
        ),
        (
            "when = { name = \"a.example\", type = \"MX\" }\nreply = { records = [\"mail.example\"] }",
            "`mail.example` is no MX record",
        ),
        (
            "when = { name = \"a.example\" }\nreply = { error = \"refused\" }",
            "`refused` is no error of a look-up",
        ),
        (
            "when = { name = \"a.example\" }\nreply = { addresses = [\"a.b.c.d\"] }",
            "`a.b.c.d` is no address",
        ),
        (
            "when = { name = \"192.0.2.1\" }\nreply = { records = [\"a.example\"] }",
            "`192.0.2.1` is an address",
        ),
    ] {
        let mock = format!("[[mock]]\nsource = \"dns:lookup\"\n{mock}\n");
        Scene::new().config(&mock).tell(["true"]).fails_with(2).says(words);
    }
}
