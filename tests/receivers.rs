//! What a notifier makes of every answer of its receiver, and what it never says.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

mod fake;

use std::time::Duration;

use courtier::config::{Config, Given};
use courtier::domain::{Alert, Receipt};
use courtier::net::{Client, Settings};
use courtier::notify::status::{Verdict, verdict};
use courtier::notify::{self, Notifier, Outside, SendError};
use fake::{Got, Server, always, answer, serve};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const KEY: &str = "dlv_1J5Q0V8K3MT4D";
const TOKEN: &str = "xoxb-hunter2-token";
const HOOK: &str = "/services/T0HUNTER2/B0/hunter2";
const SIGNING: &str = "whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi";

/// Every notifier that calls a receiver, as a section; `{url}` is the test server.
const SECTIONS: &[(&str, &str)] = &[
    ("slack hook", "type = \"slack\"\nurl = \"env:HOOK\"\n"),
    ("slack bot", "type = \"slack\"\ntoken = \"env:TOKEN\"\nchannel = \"C0123\"\nbase_url = \"{url}/api\"\n"),
    ("webhook", "type = \"webhook\"\nurl = \"{url}/hooks/in\"\nsecret = \"env:SIGNING\"\n"),
];

/// Reads a file with one notifier and builds it, as the program does; or gives the report of its mistakes.
fn try_build(section: &str, secrets: &[(&str, &str)]) -> Result<Box<dyn Notifier>, String> {
    let text = format!(
        "version = 1\n\
         [watches.nomadesk]\nname = \"Nomadesk\"\nterms = [\"nomadesk\"]\n\
         [feeds.blog]\ntype = \"rss\"\nurls = [\"https://blog.example.org/feed\"]\n\
         [notifiers.it]\n{section}"
    );
    let (config, _) =
        Config::parse(&text, "test.toml", &courtier::engine::kinds(), &Given(secrets)).map_err(|wrong| wrong.render(false))?;
    let outside = Outside { client: Client::new(&Settings::default()).unwrap(), zone: TimeZone::UTC };
    let found = &config.notifiers[0];
    let built = (notify::kind(found.kind).unwrap().build)(&found.section, &outside);
    built.map_err(|wrong| config.source.report(wrong, Vec::new()).render(false))
}

/// Builds a notifier that calls `server`.
fn build(section: &str, server: &str) -> Box<dyn Notifier> {
    let hook = format!("{server}{HOOK}");
    let secrets = [("env:HOOK", hook.as_str()), ("env:TOKEN", TOKEN), ("env:SIGNING", SIGNING)];
    try_build(&section.replace("{url}", server), &secrets).unwrap_or_else(|report| panic!("{report}"))
}

fn leaving() -> Alert {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/notify/slack/leaving/alert.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T22:31:13Z".parse().unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn send(section: &str, server: &Server) -> Result<Receipt, SendError> {
    let notifier = build(section, &server.url);
    run(notifier.send(&leaving(), KEY))
}

/// What a good receiver says to this notifier.
fn yes(name: &str) -> Vec<u8> {
    match name {
        "slack hook" => answer("200 OK", &[], "ok"),
        "slack bot" => answer("200 OK", &[], r#"{"ok":true,"channel":"C0123","ts":"1795300273.000100","team":"Nomadesk"}"#),
        _ => answer("204 No Content", &[], ""),
    }
}

fn sort(result: &Result<Receipt, SendError>) -> Verdict {
    match result {
        Ok(_) => Verdict::Delivered,
        Err(SendError::Retry { .. }) => Verdict::Retry,
        Err(SendError::Refused { .. }) => Verdict::Refused,
        Err(SendError::Gone { .. }) => Verdict::Gone,
    }
}

#[test]
fn a_good_receiver_has_it() {
    for (name, section) in SECTIONS {
        let server = always(yes(name));
        let receipt = send(section, &server).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(receipt.note.starts_with("20"), "{name}: {receipt:?}");
        let expected = (*name == "slack bot").then(|| "C0123:1795300273.000100".to_owned());
        assert_eq!(receipt.remote_id, expected, "{name}");
        let calls = server.calls();
        assert_eq!(calls.len(), 1, "{name}");
        assert_eq!(calls[0].header("content-type"), Some("application/json"), "{name}");
        assert!(calls[0].header("user-agent").is_some_and(|agent| agent.starts_with("courtier/")), "{name}");
    }
}

#[test]
fn every_status_means_the_same_everywhere() {
    let statuses = [301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 410, 413, 422, 425, 429, 500, 502, 503, 504, 529];
    for (name, section) in SECTIONS {
        for status in statuses {
            let result = send(section, &always(answer(&format!("{status} X"), &[("location", "/elsewhere")], "")));
            assert_eq!(sort(&result), verdict(status), "{name} {status}: {result:?}");
            let why = result.unwrap_err().to_string();
            assert!(why.contains(&status.to_string()), "{name}: {why}");
            assert!(status >= 400 || why.contains("redirects are not followed"), "{name}: {why}");
        }
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for (name, section) in SECTIONS {
        let server = always(answer("307 Temporary Redirect", &[("location", "/elsewhere")], ""));
        assert_eq!(sort(&send(section, &server)), Verdict::Refused, "{name}");
        assert_eq!(server.calls().len(), 1, "{name}");
    }
}

#[test]
fn a_receiver_says_how_long_to_wait() {
    for (name, section) in SECTIONS {
        for (headers, wanted) in [
            (vec![("retry-after", "7")], Duration::from_secs(7)),
            (vec![("date", "Sat, 21 Nov 2026 22:31:12 GMT"), ("retry-after", "Sat, 21 Nov 2026 22:33:12 GMT")], Duration::from_mins(2)),
        ] {
            let result = send(section, &always(answer("429 Too Many Requests", &headers, "")));
            let Err(SendError::Retry { after, .. }) = result else { panic!("{name}: {result:?}") };
            assert_eq!(after, Some(wanted), "{name}");
        }
    }
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    for (name, section) in SECTIONS {
        let cut = serve(|_, _| {});
        assert_eq!(sort(&send(section, &cut)), Verdict::Retry, "{name}: closed without a word");
        let half = always("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok");
        assert_eq!(sort(&send(section, &half)), Verdict::Retry, "{name}: cut in the middle");
        let notifier = build(section, "http://127.0.0.1:9");
        assert_eq!(sort(&run(notifier.send(&leaving(), KEY))), Verdict::Retry, "{name}: nobody listens");
    }
}

#[test]
fn an_endless_answer_is_not_read() {
    for (name, section) in SECTIONS {
        let flood = answer("200 OK", &[], vec![b'x'; 3 << 20]);
        let result = send(section, &always(flood));
        assert!(matches!(result, Err(SendError::Refused { .. })), "{name}: {result:?}");
    }
}

#[test]
fn slack_words_decide_before_the_status() {
    let hook = SECTIONS[0].1;
    for (status, word, wanted) in [
        (400, "invalid_payload", Verdict::Refused),
        (400, "invalid_blocks", Verdict::Refused),
        (403, "action_prohibited", Verdict::Gone),
        (404, "channel_not_found", Verdict::Gone),
        (404, "no_service", Verdict::Gone),
        (403, "invalid_token", Verdict::Gone),
        (410, "channel_is_archived", Verdict::Gone),
        (500, "rollup_error", Verdict::Retry),
        (429, "rate_limited", Verdict::Retry),
    ] {
        let result = send(hook, &always(answer(&format!("{status} X"), &[], word)));
        assert_eq!(sort(&result), wanted, "{word}: {result:?}");
        assert!(result.unwrap_err().to_string().contains(word), "{word}");
    }
    let bot = SECTIONS[1].1;
    for (word, wanted) in [
        ("ratelimited", Verdict::Retry),
        ("internal_error", Verdict::Retry),
        ("invalid_auth", Verdict::Gone),
        ("channel_not_found", Verdict::Gone),
        ("not_in_channel", Verdict::Gone),
        ("is_archived", Verdict::Gone),
        ("msg_too_long", Verdict::Refused),
        ("msg_blocks_too_long", Verdict::Refused),
        ("invalid_blocks", Verdict::Refused),
    ] {
        let result = send(bot, &always(answer("200 OK", &[("retry-after", "3")], format!(r#"{{"ok":false,"error":"{word}"}}"#))));
        assert_eq!(sort(&result), wanted, "{word}: {result:?}");
    }
    let page = send(bot, &always(answer("200 OK", &[], "<html>maintenance</html>")));
    assert_eq!(sort(&page), Verdict::Retry, "{page:?}");
}

#[test]
fn a_bot_posts_to_its_channel_with_its_token() {
    let server = always(yes("slack bot"));
    send(SECTIONS[1].1, &server).unwrap();
    let call = &server.calls()[0];
    assert_eq!(call.path, "/api/chat.postMessage");
    assert_eq!(call.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!((&body["channel"], &body["parse"], &body["link_names"]), (&"C0123".into(), &"none".into(), &false.into()));
}

#[test]
fn a_webhook_is_signed_over_what_was_sent_and_keeps_its_id() {
    let server = always(yes("webhook"));
    let notifier = build(SECTIONS[2].1, &server.url);
    let mut alert = leaving();
    run(notifier.send(&alert, KEY)).unwrap();
    alert.sent_at(now() + Duration::from_secs(90));
    run(notifier.send(&alert, KEY)).unwrap();
    run(notifier.probe(now())).unwrap();
    let calls = server.calls();
    let verify = |call: &Got| {
        let (id, at) = (call.header("webhook-id").unwrap(), call.header("webhook-timestamp").unwrap());
        let body = String::from_utf8(call.body.clone()).unwrap();
        let key = courtier::notify::webhook::Key::read(SIGNING).unwrap();
        assert_eq!(call.header("webhook-signature").unwrap(), key.sign(id, at.parse().unwrap(), &body));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let said: Timestamp = body["timestamp"].as_str().unwrap().parse().unwrap();
        assert_eq!(said.as_second().to_string(), at, "the body and the header speak of the same moment");
        (id.to_owned(), at.to_owned(), body["type"].as_str().unwrap().to_owned())
    };
    let (first, second, probe) = (verify(&calls[0]), verify(&calls[1]), verify(&calls[2]));
    assert_eq!((first.0.as_str(), second.0.as_str()), (KEY, KEY));
    assert_ne!(first.1, second.1, "each attempt is signed anew");
    assert_eq!((first.2.as_str(), probe.2.as_str()), ("mention.matched", "channel.test"));
}

#[test]
fn a_probe_shows_nobody_anything() {
    let hook = always(answer("400 Bad Request", &[], "invalid_payload"));
    assert!(run(build(SECTIONS[0].1, &hook.url).probe(now())).is_ok());
    assert_eq!(hook.calls()[0].body, b"{}", "an empty message is refused by Slack");
    let dead = always(answer("404 Not Found", &[], "no_service"));
    assert!(matches!(run(build(SECTIONS[0].1, &dead.url).probe(now())), Err(SendError::Gone { .. })));
    let bot = always(yes("slack bot"));
    let said = run(build(SECTIONS[1].1, &bot.url).probe(now())).unwrap();
    assert_eq!(bot.calls()[0].path, "/api/auth.test");
    assert!(said.contains("Nomadesk") && said.contains("C0123"), "{said}");
}

#[test]
fn nothing_secret_is_ever_said() {
    let echo = |got: &Got| {
        let headers: Vec<_> = got.headers.iter().map(|(name, value)| [name.as_str(), value].join(": ")).collect();
        format!("{}\n{}\n\n{}", got.path, headers.join("\n"), String::from_utf8_lossy(&got.body))
    };
    for (name, section) in SECTIONS {
        let mut said = Vec::new();
        for status in ["200 OK", "302 Found", "400 Bad Request", "404 Not Found", "410 Gone", "429 Slow down", "500 Oops"] {
            let server = serve(move |got, stream| {
                let location = format!("https://elsewhere.example{}?token={TOKEN}", got.path);
                fake::send(stream, &answer(status, &[("location", &location)], echo(got)));
            });
            let notifier = build(section, &server.url);
            said.push(format!("{:?}", run(notifier.send(&leaving(), KEY))));
            said.push(run(notifier.send(&leaving(), KEY)).map_or_else(|error| error.to_string(), |receipt| receipt.note));
            said.push(format!("{:?}", run(notifier.probe(now()))));
        }
        said.push(format!("{:?}", run(build(section, "http://127.0.0.1:9").send(&leaving(), KEY))));
        for text in &said {
            for secret in ["hunter2", "HUNTER2", "ZGVtby1", "demo-key", "Bearer"] {
                assert!(!text.contains(secret), "{name} says {secret}: {text}");
            }
        }
    }
}

#[test]
fn a_wrong_section_says_what_is_wrong_and_shows_no_value() {
    for (section, wanted) in [
        ("type = \"slack\"\n", "neither `url` nor `token`"),
        ("type = \"slack\"\ntoken = \"env:TOKEN\"\n", "needs a channel"),
        ("type = \"slack\"\nurl = \"env:HOOK\"\ntoken = \"env:TOKEN\"\n", "exclude each other"),
        ("type = \"slack\"\nurl = \"env:TOKEN\"\n", "no URL"),
        ("type = \"slack\"\nurl = \"env:PLAIN\"\n", "plain http"),
        ("type = \"webhook\"\nurl = \"https://crm.example.org/\"\nsecret = \"env:TOKEN\"\n", "whsec_"),
    ] {
        let secrets = [
            ("env:HOOK", "https://hooks.slack.com/services/hunter2"),
            ("env:TOKEN", TOKEN),
            ("env:PLAIN", "http://hooks.example.org/hunter2"),
        ];
        let Err(report) = try_build(section, &secrets) else { panic!("{section}") };
        assert!(report.contains(wanted), "{report}");
        assert!(!report.contains("hunter2") && report.contains("test.toml"), "{report}");
    }
}
