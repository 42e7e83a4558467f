//! Secrets of every protocol, and what only looks like one.

use proptest::prelude::*;

use super::*;

/// Names of secrets in the ways in which they are usually written, and names that only look so.
#[test]
fn a_name_tells_a_secret() {
    for name in [
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "set-cookie",
        "X-Api-Key",
        "password",
        "DB_PASSWORD",
        "newPassword",
        "passwd",
        "client_secret",
        "secretKey",
        "access_token",
        "accessToken",
        "X-Amz-Security-Token",
        "AWS_ACCESS_KEY_ID",
        "private_key",
        "--token",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in ["max_tokens", "tokenizer", "keyword", "author", "key", "passenger", "", "id"] {
        assert!(!is_secret(name), "{name}");
    }
    assert!(!is_secret(&"token".repeat(100_000)));
}

/// Text of any protocol loses its secrets and nothing else.
#[test]
fn text_loses_its_secrets() {
    for (before, after) in [
        ("https://ada:pw@x.example/a@b", "https://[redacted]@x.example/a@b"),
        ("GET https://x/?a=1&token=abc&b=2 now", "GET https://x/?a=1&token=[redacted]&b=2 now"),
        ("user=ada&password=p%20w", "user=ada&password=[redacted]"),
        (
            r#"{"a": 1, "password": "p\"w", "b": 2}"#,
            r#"{"a": 1, "password": "[redacted]", "b": 2}"#,
        ),
        (r#"{"token":{"value":"x","n":[1]},"b":2}"#, r#"{"token":"[redacted]","b":2}"#),
        (r#"{"secret": null, "token": true}"#, r#"{"secret": null, "token": true}"#),
        (r#"{"token": 123}"#, r#"{"token": "[redacted]"}"#),
        (r#"{"token": "cut of"#, r#"{"token": "[redacted]""#),
        (
            "GET / HTTP/1.1\r\nAuthorization: Bearer x y\r\nA: b\r\n\r\n",
            "GET / HTTP/1.1\r\nAuthorization: [redacted]\r\nA: b\r\n\r\n",
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\npw\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n[redacted]\r\n--b--",
        ),
        ("host=db user=ada password='p w' port=1", "host=db user=ada password=[redacted] port=1"),
        (
            "curl -H 'Authorization: Bearer x y' -H Cookie: a=b; c=d -v http://x",
            "curl -H 'Authorization: [redacted]' -H Cookie: [redacted] -v http://x",
        ),
        ("nothing here: a=b, \"c\": 4", "nothing here: a=b, \"c\": 4"),
    ] {
        assert_eq!(text(before), after);
        assert_eq!(text(&text(before)), after, "twice");
    }
}

/// Each kind of value.
#[test]
fn values_of_each_kind_lose_their_secrets() {
    let pairs = vec![("Cookie".to_owned(), "a=b".to_owned()), ("A".to_owned(), "b".to_owned())];
    let words = ["x", "--password", "pw", "--token=t", "-u", "a:b", "-v"];
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let fields = Fields::new()
        .with("headers", pairs)
        .with("argv", words)
        .with("json", serde_json::json!({ "a": [{ "api_key": "k" }] }))
        .with("password", 1234)
        .with("body", b"\xff token=x".to_vec())
        .with("port", 80);

    let clean = super::fields(&fields);

    let words = ["x", "--password", REDACTED, "--token=[redacted]", "-u", REDACTED, "-v"];
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let pairs = vec![("Cookie".to_owned(), REDACTED.to_owned()), ("A".to_owned(), "b".to_owned())];
    assert_eq!(clean.get("headers"), Some(&Value::Pairs(pairs)));
    assert_eq!(clean.get("argv"), Some(&Value::Words(words)));
    assert_eq!(
        clean.get("json"),
        Some(&Value::Json(serde_json::json!({ "a": [{ "api_key": REDACTED }] })))
    );
    assert_eq!(clean.text("password").as_deref(), Some(REDACTED));
    assert_eq!(clean.number("port"), Some(80));
}

proptest! {
    /// No text makes it fail, and what was clean once stays as it is.
    #[test]
    fn clean_text_stays_as_it_is(text in r#"[ -~\r\n"{}:=&é]{0,80}|.{0,40}"#) {
        let once = super::text(&text).into_owned();

        prop_assert_eq!(super::text(&once).into_owned(), once);
    }

    /// A secret in a document is gone, whatever it is.
    #[test]
    fn a_secret_is_gone(secret in "[a-z0-9\"\\\\{}, ]{1,20}zqx") {
        let document = serde_json::json!({ "a": 1, "password": secret, "b": [2] }).to_string();

        let clean = text(&document).into_owned();

        prop_assert!(!clean.contains("zqx"), "{}", clean);
        let parsed: Json = serde_json::from_str(&clean).unwrap();
        prop_assert_eq!(&parsed["b"], &serde_json::json!([2]));
    }
}
