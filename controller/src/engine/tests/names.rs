//! Look-ups, stand-ins, and connections by name.

use super::*;

/// The stand-in addresses that a look-up was answered with.
fn stand_in(scene: &mut Scene, name: &str) -> (IpAddr, IpAddr) {
    match scene.verdict(COMMAND, look_up(name)) {
        Verdict::Answer { v4, v6 } => (v4.into(), v6.into()),
        verdict => panic!("{name}: {verdict:?}"),
    }
}

fn at(address: IpAddr, port: u16) -> Asked {
    connect(&SocketAddr::from((address, port)).to_string())
}

/// An address is known by the name that it was looked up by, in this process or another.
#[test]
fn a_connection_is_known_by_its_name() {
    let frames = vec![allow(&["http://shop.example"])];
    let mut scene = Scene::new(Level::Error, frames).command("python3");
    scene.hello(101, COMMAND, 0);

    assert_eq!(scene.verdict(COMMAND, look_up("shop.example")), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:80")), REFUSED);
    scene.ask(COMMAND, resolved("shop.example", "::ffff:192.0.2.1"));
    scene.ask(COMMAND, resolved("other.example", "192.0.2.2"));

    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:80")), Verdict::Allow);
    assert_eq!(scene.verdict(101, connect("192.0.2.1:80")), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:6379")), REFUSED);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.2:80")), REFUSED);
}

/// A denied name is never asked for; the connection that follows is refused by that name.
#[test]
fn a_denied_name_gets_a_stand_in() {
    let frames = vec![deny(&["http://*.production.example"])];
    let mut scene = Scene::new(Level::Off, frames).command("python3");

    let (v4, v6) = stand_in(&mut scene, "db.production.example");

    assert_eq!(stand_in(&mut scene, "db.production.example"), (v4, v6), "each time the same");
    assert_eq!(scene.verdict(COMMAND, look_up("shop.example")), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, at(v4, 80)), REFUSED);
    assert_eq!(scene.verdict(COMMAND, at(v6, 80)), REFUSED);
    let found = scene.findings();
    assert_eq!(found.len(), 2, "the look-up is not one");
    for finding in found {
        let Call::Connect(connect) = finding.call else { panic!("a connection") };
        assert_eq!(
            (finding.code, &connect.names[..]),
            (Code::Denied, &["db.production.example".to_owned()][..])
        );
    }
}

/// What may be called after all goes to the real address, which is looked up then.
#[test]
fn a_stand_in_that_may_be_used_leads_to_the_real_address() {
    let frames = vec![deny(&["http://db.example"])];
    let mut scene = Scene::new(Level::Warn, frames).command("python3");
    let (v4, v6) = stand_in(&mut scene, "db.example");

    let warned = scene.ask(COMMAND, at(v4, 5432));
    let wide = scene.ask(COMMAND, at(v6, 5433));
    let refused = scene.ask(COMMAND, at(v4, 80));

    assert_eq!(
        (&warned.verdict, warned.real),
        (&Verdict::Allow, Some(("db.example".into(), 5432)))
    );
    assert!(warned.undescribed.is_some());
    assert_eq!(wide.real, Some(("db.example".into(), 5433)));
    assert_eq!((refused.verdict, refused.real), (REFUSED, None));
}

/// A real address needs no other one.
#[test]
fn a_real_address_stays() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["http://db.example"])]).command("python3");

    assert_eq!(scene.ask(COMMAND, connect("198.18.0.1:5432")).real, None, "nobody's stand-in yet");
    stand_in(&mut scene, "db.example");

    assert!(scene.ask(COMMAND, connect("198.18.0.1:5432")).real.is_some());
    assert_eq!(scene.ask(COMMAND, connect("198.18.0.2:5432")).real, None);
}

/// A stand-in would be no answer to a question for records.
#[test]
fn records_of_a_denied_name_are_refused() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["http://db.example"])]).command("dig");

    assert_eq!(scene.verdict(COMMAND, records("db.example")), REFUSED);
    assert_eq!(scene.verdict(COMMAND, records("shop.example")), Verdict::Allow);

    assert_eq!(scene.findings()[0].code, Code::Denied);
}

/// A name in the rules' own words is a look-up's rule: no connection is meant.
#[test]
fn a_denied_look_up_is_refused() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["dns:db.example"])]).command("python3");

    assert_eq!(scene.verdict(COMMAND, look_up("db.example")), REFUSED);

    let finding = &scene.findings()[0];
    assert_eq!(finding.rule.as_ref().map(|(rule, _)| rule.as_str()), Some("dns:db.example"));
}

/// There are not endlessly many stand-ins; what gets none is refused, and not in silence.
#[test]
fn names_without_a_stand_in_are_refused_and_noted() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["http://*.example"])]).command("python3");
    let mut names = (0..).map(|number: u32| number.to_string());
    while names.next().and_then(|name| scene.engine.names.stand_in_for(&name)).is_some() {}

    assert_eq!(scene.verdict(COMMAND, look_up("one.too.many.example")), REFUSED);

    assert_eq!(scene.findings().len(), 1);
}

/// A warned look-up is part of the connection that it was made for.
#[test]
fn the_look_up_of_a_reported_connection_is_not_reported() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("python3");

    scene.ask(COMMAND, look_up("shop.example"));
    scene.ask(COMMAND, resolved("shop.example", "192.0.2.1"));
    scene.ask(COMMAND, connect("192.0.2.1:80"));
    scene.ask(COMMAND, look_up("unused.example"));

    let found = scene.findings();
    assert_eq!(found.len(), 2);
    assert!(matches!(&found[0].call, Call::Connect(connect) if connect.names == ["shop.example"]));
    assert!(matches!(&found[1].call, Call::Lookup(_)));
}

/// A refused look-up is a finding of its own, and so is another test's.
#[test]
fn a_refused_look_up_and_another_tests_are_reported() {
    let levels = BTreeMap::from([("dns", Level::Error)]);
    let levels = Levels::new(Level::Warn, levels);
    let mut refused = Scene::of(Policy::new(vec![], levels)).command("python3");
    refused.ask(COMMAND, resolved("shop.example", "192.0.2.1"));
    refused.ask(COMMAND, look_up("shop.example"));
    refused.ask(COMMAND, connect("192.0.2.1:80"));
    assert_eq!(refused.findings().len(), 2);

    let mut tests = Scene::new(Level::Warn, vec![]).command("python3");
    tests.ask(COMMAND, resolved("shop.example", "192.0.2.1"));
    tests.engine.ask(&tester(COMMAND, "a"), look_up("shop.example"));
    tests.engine.ask(&tester(COMMAND, "b"), connect("192.0.2.1:80"));
    assert_eq!(tests.findings().len(), 2);
}
