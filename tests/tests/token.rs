//! `/token/{token_uuid}`: asking whether a token is good for an access, logging out.

use std::sync::LazyLock;

use serde_json::json;
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response, wait};
use wazo_auth_tests::{
    offline::{daemon_with_alice, offline},
    shapes::{assert_json, assert_no_route, assert_reason},
    store::{PASSWORD, Store},
};

/// For all tests that change nothing which another one sees.
static DAEMON: LazyLock<Daemon> = LazyLock::new(|| Daemon::builder().examples().start());

/// A token id that nobody has.
const NOBODY: &str = "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34";

fn alice() -> Login {
    DAEMON.login("alice", "s3cre7")
}

/// A login as alice with another body.
fn login_with(body: impl Into<Vec<u8>>) -> Response {
    DAEMON
        .client()
        .post("/token")
        .basic("alice", "s3cre7")
        .body(body)
        .send()
}

fn check(token: &str, query: &str) -> Response {
    DAEMON
        .client()
        .get(&format!("/token/{token}{query}"))
        .send()
}

#[test]
fn reading_a_token_shows_what_the_login_gave() {
    let alice = alice();
    let answer = check(&alice.token, "");
    assert_json(&answer);
    let shown = answer.expect(200)["data"].clone();
    for name in [
        "token",
        "auth_id",
        "acl",
        "metadata",
        "session_uuid",
        "xivo_uuid",
    ] {
        assert_eq!(shown[name], alice.data[name], "{name}");
    }
}

#[test]
fn a_token_is_asked_about_an_access_by_its_status() {
    let alice = alice();
    for (query, status) in [
        ("", 204),
        ("?scope=example.alice.read", 204),
        ("?scope=example.bob.read", 403),
        ("?scope=example.alice", 403),
        ("?scope=", 403),
        // Of a key that comes twice, the first one counts.
        ("?scope=example.alice.read&scope=nothing", 204),
        ("?scope=nothing&scope=example.alice.read", 403),
        ("?colour=red", 204),
    ] {
        let path = format!("/token/{}{query}", alice.token);
        let head = DAEMON.client().head(&path).send();
        assert_eq!((head.status, head.body.as_str()), (status, ""), "{query}");
        let get = DAEMON.client().get(&path).send();
        assert_eq!(
            get.status,
            if status == 204 { 200 } else { status },
            "{query}"
        );
    }
    let answer = check(&alice.token, "?scope=example.bob.read");
    assert_reason(&answer, 403, "Unauthorized for example.bob.read");
    let head = DAEMON
        .client()
        .head(&format!("/token/{}", alice.token))
        .send();
    assert_eq!(head.header("content-type"), Some("application/json"));
    assert_eq!(head.header("content-length"), None);
}

#[test]
fn a_refused_access_is_named_in_ascii() {
    let answer = check(&alice().token, "?scope=caf%C3%A9.read");
    assert_reason(&answer, 403, "Unauthorized for cafe.read");
}

#[test]
fn the_administrator_has_every_access_even_the_empty_one() {
    let admin = DAEMON.admin();
    for scope in ["", "a", "auth.users.read", "%20", "%23"] {
        assert_eq!(
            check(&admin.token, &format!("?scope={scope}")).status,
            200,
            "{scope:?}"
        );
    }
}

#[test]
fn an_access_of_more_than_4096_bytes_is_not_understood() {
    let admin = DAEMON.admin();
    let scope = |length: usize| check(&admin.token, &format!("?scope={}", "a".repeat(length)));
    assert_eq!(scope(4096).status, 200);
    assert_eq!(scope(4097).status, 400);
}

#[test]
fn a_token_acts_in_its_tenant_and_in_no_other() {
    for login in [alice(), DAEMON.admin()] {
        let tenant = login.data["metadata"]["tenant_uuid"]
            .as_str()
            .unwrap()
            .to_owned();
        for query in [format!("?tenant={tenant}"), "?tenant=".to_owned()] {
            assert_eq!(check(&login.token, &query).status, 200, "{query}");
        }
        for other in [NOBODY, "master", "x", &tenant.to_uppercase()] {
            let answer = check(&login.token, &format!("?tenant={other}"));
            assert_reason(&answer, 403, &format!("Unauthorized for tenant {other}"));
        }
    }
}

#[test]
fn the_access_is_judged_before_the_tenant() {
    let answer = check(&alice().token, &format!("?scope=nothing&tenant={NOBODY}"));
    assert_reason(&answer, 403, "Unauthorized for nothing");
}

#[test]
fn a_token_that_does_not_exist_is_not_found() {
    assert_reason(&check(NOBODY, ""), 404, "No such token");
    assert_reason(&check(NOBODY, "?scope=a"), 404, "No such token");
    let head = DAEMON.client().head(&format!("/token/{NOBODY}")).send();
    assert_eq!((head.status, head.body.as_str()), (404, ""));
}

#[test]
fn a_path_with_anything_but_a_uuid_is_none() {
    for id in [
        "x",
        "4b1d7c2a9e3f4f608a152c7d9b0e6f34",
        "{4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34}",
        "urn:uuid:4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34",
        "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f3",
        "4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f3g",
    ] {
        assert_no_route(&check(id, ""));
    }
}

#[test]
fn a_uuid_in_a_path_is_good_in_capitals_too() {
    let alice = alice();
    assert_eq!(check(&alice.token.to_uppercase(), "").status, 200);
}

#[test]
fn logging_out_ends_the_token_and_can_be_done_twice() {
    let alice = alice();
    let path = format!("/token/{}", alice.token);
    for _ in 0..2 {
        let answer = DAEMON.client().delete(&path).send();
        assert_eq!(answer.expect(200), json!({"data": {"message": "success"}}));
        assert_json(&answer);
        assert_reason(&check(&alice.token, ""), 404, "No such token");
    }
}

#[test]
fn a_token_ends_with_its_lifetime() {
    let token = Login::read(&login_with("{\"expiration\": 1}")).token;
    wait::until("the end of a token", || {
        (check(&token, "").status == 404).then_some(())
    });
}

#[test]
fn tokens_outlive_a_restart() {
    let daemon = Daemon::builder().examples().start();
    let alice = daemon.login("alice", "s3cre7");
    let (installation, _) = daemon.stop();
    let daemon = installation.start();
    let path = format!("/token/{}?scope=example.alice.read", alice.token);
    daemon.client().get(&path).send().is(200);
}

#[test]
fn many_logins_and_checks_at_once_are_all_answered() {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let alice = alice();
                    for _ in 0..20 {
                        assert_eq!(check(&alice.token, "?scope=example.alice.read").status, 200);
                    }
                    DAEMON
                        .client()
                        .delete(&format!("/token/{}", alice.token))
                        .send()
                        .is(200);
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn a_token_is_shown_with_all_that_its_login_gave_but_for_the_refresh_token() {
    let (daemon, _, _) = daemon_with_alice();
    let login = offline(&daemon, "alice", "web");
    let path = format!("/token/{}", login.token);
    let shown = daemon.client().get(&path).send().expect(200)["data"].clone();
    let mut expected = login.data.clone();
    let members = expected.as_object_mut().unwrap();
    assert!(members.shift_remove("refresh_token").is_some());
    let without = |text: &str| text.split_once('.').unwrap().0.to_owned();
    for (name, fraction) in [
        ("issued_at", ""),
        ("expires_at", ""),
        ("utc_issued_at", ".000000"),
        ("utc_expires_at", ".000000"),
    ] {
        // Of a time that has no fraction, the answer to a login has none to take away either.
        let text = members[name].as_str().unwrap();
        let whole = text.contains('.').then(|| without(text));
        members[name] = json!(whole.unwrap_or(text.to_owned()) + fraction);
    }
    assert_eq!(shown.to_string(), expected.to_string());
}

#[test]
fn a_token_acts_in_the_tenants_below_its_users_too() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let acme = store.tenant(None, "acme");
    let below = store.tenant(Some(&acme), "below");
    let lowest = store.tenant(Some(&below), "lowest");
    let other = store.tenant(None, "other");
    let _ = store.user(Some(&acme), "boss", &["a.b"]);
    let boss = daemon.login("boss", PASSWORD);
    let admin = daemon.admin();
    let top = admin.data["metadata"]["tenant_uuid"].as_str().unwrap();
    for (tenant, good) in [
        (acme.as_str(), true),
        (&below, true),
        (&lowest, true),
        (&other, false),
        (top, false),
        (NOBODY, false),
    ] {
        let path = format!("/token/{}", boss.token);
        // Of a key that comes twice, the first one counts.
        let query = format!("{path}?tenant={tenant}&tenant={NOBODY}&scope=a.b");
        let expected = if good { 204 } else { 403 };
        assert_eq!(
            daemon.client().head(&query).send().status,
            expected,
            "{tenant}"
        );
        let request = daemon.client().post(&format!("{path}/scopes/check"));
        let body = json!({"scopes": ["a.b", "c"], "tenant_uuid": tenant});
        let answer = request.json(&body).send();
        if good {
            assert_eq!(
                answer.expect(200),
                json!({"scopes": {"a.b": true, "c": false}})
            );
        } else {
            let reason = format!("Unauthorized for tenant {tenant}");
            assert_reason(&answer, 403, &reason);
        }
    }
    for tenant in [top, &acme, &lowest, &other] {
        let path = format!("/token/{}?tenant={tenant}", admin.token);
        assert_eq!(daemon.client().head(&path).send().status, 204, "{tenant}");
    }
}
