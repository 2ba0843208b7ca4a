//! `/groups/{group_uuid}/users` and `/users/{user_uuid}/groups`: who is in a group.

use std::thread;

use serde_json::{Value, json};
use wazo_auth_test_support::{Daemon, http::Response};
use wazo_auth_tests::{
    groups::{assert_forbidden, assert_unknown_group, assert_unknown_user, group_id},
    shapes::{assert_api, assert_json, assert_no_route},
    store::{PASSWORD, Store},
    tenants::{Actor, NOBODY, in_order, sorted, text},
};

/// Makes a user in the tenant that is acted in; answers its id.
fn user_id(actor: &Actor<'_>, name: &str) -> String {
    let made = actor.post("/users", &json!({ "username": name }));
    text(&made.expect(200), "uuid")
}

fn link(group: &str, user: &str) -> String {
    format!("/groups/{group}/users/{user}")
}

fn join(actor: &Actor<'_>, group: &str, user: &str) -> Response {
    actor.request("PUT", &link(group, user)).send()
}

fn leave(actor: &Actor<'_>, group: &str, user: &str) -> Response {
    actor.delete(&link(group, user))
}

fn members(actor: &Actor<'_>, group: &str) -> Vec<String> {
    sorted(
        &actor.get(&format!("/groups/{group}/users")).expect(200),
        "username",
    )
}

fn nothing() -> Value {
    json!({"items": [], "total": 0, "filtered": 0})
}

#[test]
fn users_join_and_leave_a_group() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let group = group_id(&admin, "group");
    let [alice, bob] = ["alice", "bob"].map(|name| user_id(&admin, name));
    assert_eq!(
        admin.get(&format!("/groups/{group}/users")).expect(200),
        nothing()
    );
    for user in [&alice, &bob, &alice] {
        let answer = join(&admin, &group, user);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    assert_eq!(members(&admin, &group), ["alice", "bob"]);
    let upper = link(&group.to_uppercase(), &bob.to_uppercase());
    for _ in 0..2 {
        let answer = admin.delete(&upper);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    assert_eq!(members(&admin, &group), ["alice"]);
    // A member that is deleted is one no longer, and a group that is deleted has none.
    assert_eq!(admin.delete(&format!("/users/{alice}")).status, 204);
    assert!(members(&admin, &group).is_empty());
    assert_eq!(join(&admin, &group, &bob).status, 204);
    assert_eq!(admin.delete(&format!("/groups/{group}")).status, 204);
    assert_eq!(
        admin.get(&format!("/groups/{group}/users")).expect(200),
        nothing()
    );
    assert_eq!(admin.get(&format!("/users/{bob}")).status, 200);
    for method in ["GET", "POST"] {
        let answer = admin.request(method, &link(&group, &bob)).send();
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), Some("DELETE, OPTIONS, PUT"));
    }
    assert_no_route(&admin.get("/groups/group/users"));
}

#[test]
fn what_is_wrong_with_a_link_is_told_in_its_order() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let top = text(
        &admin.get("/tenants?slug=master").expect(200)["items"][0],
        "uuid",
    );
    let alice = user_id(&admin, "alice");
    let there = group_id(&admin.within(&below), "there");
    let system = store.group_of_all_users(&below);
    assert_unknown_user(&join(&admin, NOBODY, NOBODY), NOBODY);
    assert_unknown_group(&join(&admin, NOBODY, &alice), NOBODY);
    for group in [&there, &system] {
        assert_api(
            &join(&admin, group, &alice),
            400,
            ("missmatching-tenant", "groups"),
            "Ressources are not in the same tenant",
            &json!({"user_tenant_uuid": top, "group_tenant_uuid": below}),
        );
    }
    let bob = user_id(&admin.within(&below), "bob");
    assert_forbidden(&join(&admin, &system, &bob), &system);
    assert_unknown_group(&leave(&admin, NOBODY, NOBODY), NOBODY);
    assert_forbidden(&leave(&admin, &system, NOBODY), &system);
    assert_forbidden(&leave(&admin, &system, &bob), &system);
    assert_unknown_user(&leave(&admin, &there, NOBODY), NOBODY);
    assert_eq!(leave(&admin, &there, &alice).status, 204);
    assert_eq!(members(&admin, &system), ["bob"]);
    assert!(members(&admin, &there).is_empty());
}

#[test]
fn what_is_not_seen_never_existed() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let below = admin.within(&acme).tenant_id(&json!({"slug": "below"}));
    let _ = store.user(Some(&below), "worker", &["auth.#"]);
    let worker = Actor::new(&daemon, &daemon.login("worker", PASSWORD).token);
    let (alice, foreign) = (
        user_id(&admin.within(&acme), "alice"),
        group_id(&admin.within(&acme), "foreign"),
    );
    let (bob, own) = (user_id(&worker, "bob"), group_id(&worker, "own"));
    assert_eq!(join(&admin, &foreign, &alice).status, 204);
    assert_eq!(join(&worker, &own, &bob).status, 204);

    assert_unknown_user(&join(&worker, &own, &alice), &alice);
    assert_unknown_user(&join(&worker, &foreign, &alice), &alice);
    assert_unknown_group(&join(&worker, &foreign, &bob), &foreign);
    assert_unknown_group(&leave(&worker, &foreign, &alice), &foreign);
    assert_eq!(leave(&worker, &own, &alice).status, 204);
    let path = format!("/users/{alice}/groups");
    assert_unknown_user(&worker.get(&path), &alice);
    let list = worker.get(&format!("/groups/{foreign}/users"));
    assert_eq!(list.expect(200), nothing());
    assert_eq!(members(&admin, &foreign), ["alice"]);
    assert_eq!(members(&admin.within(&acme), &own), ["bob"]);

    // Other programs may link what is of different tenants. Nobody sees more by it.
    store.join(&alice, &own);
    store.join(&bob, &foreign);
    let list = worker.get(&format!("/groups/{own}/users")).expect(200);
    assert_eq!(sorted(&list, "username"), ["bob"]);
    assert_eq!((&list["total"], &list["filtered"]), (&json!(1), &json!(1)));
    let list = worker.get(&format!("/users/{bob}/groups")).expect(200);
    assert!(!sorted(&list, "uuid").contains(&foreign));
    assert_eq!(list["total"], 2);
    assert_eq!(members(&admin, &own), ["alice", "bob"]);
    // And who is in one's own group can be taken out of it.
    assert_eq!(leave(&worker, &own, &alice).status, 204);
    assert_eq!(members(&admin, &own), ["bob"]);
}

#[test]
fn the_members_of_a_group_are_listed_as_users_are() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    let group = group_id(&admin, "group");
    for (name, first, last, purpose, address) in [
        ("ann", "Zoé", "Doe", "user", "ann@example.com"),
        ("bob", "Yan", "Roe", "internal", "bob@example.org"),
        ("cid", "Xia", "Doe", "user", "zz@example.com"),
    ] {
        let user = admin.post(
            "/users",
            &json!({
                "username": name, "firstname": first, "lastname": last, "purpose": purpose,
                "email_address": address,
            }),
        );
        let uuid = text(&user.expect(200), "uuid");
        assert_eq!(join(&admin, &group, &uuid).status, 204);
    }
    // Somebody who is in no group, and fits what follows.
    let _ = user_id(&admin, "zoe");
    let path = format!("/groups/{group}/users");
    let answer = admin.get(&path);
    let list = answer.expect(200);
    assert_json(&answer);
    assert_eq!(in_order(&list, "username"), ["ann", "bob", "cid"]);
    assert_eq!((&list["total"], &list["filtered"]), (&json!(3), &json!(3)));
    let ann = &list["items"][0];
    let shown = admin.get(&format!("/users/{}", text(ann, "uuid")));
    assert_eq!(shown.expect(200).to_string(), ann.to_string());
    let uuid = text(ann, "uuid");
    for (query, expected) in [
        (format!("uuid={uuid}"), &["ann"][..]),
        ("uuid=x".to_owned(), &[]),
        ("username=bob".to_owned(), &["bob"]),
        ("username=Bob".to_owned(), &[]),
        ("firstname=Xia".to_owned(), &["cid"]),
        ("lastname=Doe".to_owned(), &["ann", "cid"]),
        ("purpose=internal".to_owned(), &["bob"]),
        ("email_address=zz@example.com".to_owned(), &["cid"]),
        ("search=zo%C3%A9".to_owned(), &["ann"]),
        ("search=zo".to_owned(), &["ann"]),
        ("search=RO".to_owned(), &["bob"]),
        ("search=example.org".to_owned(), &["bob"]),
        ("search=ci".to_owned(), &["cid"]),
        (
            "lastname=Doe&search=example.com".to_owned(),
            &["ann", "cid"],
        ),
        (format!("group_uuid={NOBODY}"), &["ann", "bob", "cid"]),
    ] {
        let list = admin.get(&format!("{path}?{query}")).expect(200);
        assert_eq!(in_order(&list, "username"), expected, "{query}");
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(3), &json!(expected.len())),
            "{query}"
        );
    }
    for (query, expected) in [
        ("order=username&direction=desc", &["cid", "bob", "ann"][..]),
        ("limit=1&offset=1", &["bob"]),
        ("limit=0", &[]),
        ("offset=3", &[]),
    ] {
        let list = admin.get(&format!("{path}?{query}")).expect(200);
        assert_eq!(in_order(&list, "username"), expected, "{query}");
        assert_eq!(list["filtered"], 3);
    }
    for query in ["order=firstname", "order=uuid", "limit=x", "direction=up"] {
        let answer = admin.get(&format!("{path}?{query}"));
        assert_eq!(answer.expect(400)["error_id"], "invalid-list-param");
    }
}

#[test]
fn the_groups_of_a_user_are_listed_with_that_of_all_users() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let below = admin.tenant_id(&json!({"slug": "below"}));
    let within = admin.within(&below);
    let user = user_id(&within, "alice");
    let system = format!("wazo-all-users-tenant-{below}");
    let [beta, _, alpha] = ["beta 50%", "gamma", "Alpha"].map(|name| group_id(&within, name));
    for group in [&beta, &alpha] {
        assert_eq!(join(&within, group, &user).status, 204);
    }
    let path = format!("/users/{user}/groups");
    let answer = admin.get(&path);
    let list = answer.expect(200);
    assert_json(&answer);
    assert_eq!(
        sorted(&list, "name"),
        ["Alpha", "beta 50%", system.as_str()]
    );
    assert_eq!((&list["total"], &list["filtered"]), (&json!(3), &json!(3)));
    for (query, expected) in [
        (format!("uuid={beta}"), &["beta 50%"][..]),
        (
            format!("uuid={}", store.group_of_all_users(&below)),
            &[&system],
        ),
        ("name=Alpha".to_owned(), &["Alpha"]),
        ("name=gamma".to_owned(), &[]),
        ("search=ALPH".to_owned(), &["Alpha"]),
        ("search=beta%2050%25".to_owned(), &["beta 50%"]),
        (format!("user_uuid={NOBODY}&name=Alpha&slug=x"), &["Alpha"]),
    ] {
        let list = admin.get(&format!("{path}?{query}")).expect(200);
        assert_eq!(sorted(&list, "name"), expected, "{query}");
        assert_eq!(
            (&list["total"], &list["filtered"]),
            (&json!(3), &json!(expected.len())),
            "{query}"
        );
    }
    let mut names = in_order(&list, "name");
    let reversed = admin.get(&format!("{path}?order=name&direction=desc"));
    names.reverse();
    assert_eq!(in_order(&reversed.expect(200), "name"), names);
    let list = admin.get(&format!("{path}?order=uuid")).expect(200);
    assert_eq!(in_order(&list, "uuid"), sorted(&list, "uuid"));
    for query in ["order=slug", "order=read_only", "offset=-1"] {
        let answer = admin.get(&format!("{path}?{query}"));
        assert_eq!(answer.expect(400)["error_id"], "invalid-list-param");
    }
    let nobody = format!("/users/{NOBODY}/groups");
    assert_unknown_user(&admin.get(&nobody), NOBODY);
}

#[test]
fn nobody_hands_out_by_a_group_what_they_do_not_have() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let alice = user_id(&admin, "alice");
    let [strong, weak] = ["strong", "weak"].map(|name| group_id(&admin, name));
    for (group, slug, acl) in [
        (&strong, "first", &["foo.bar", "!foo.baz"][..]),
        (&strong, "second", &["foo.secret"]),
        (&weak, "third", &["foo.bar", "!anything"]),
    ] {
        store.give(group, &store.policy(None, slug, acl));
    }
    let _ = store.user(None, "boss", &["auth.#", "foo.*", "!foo.secret"]);
    let token = daemon.login("boss", PASSWORD).token;
    let boss = Actor::new(&daemon, &token);
    assert_api(
        &join(&boss, &strong, &alice),
        401,
        ("unauthorized", ""),
        "Unauthorized",
        &json!({"invalid_token": token, "required_access": "foo.secret"}),
    );
    assert!(members(&admin, &strong).is_empty());
    assert_eq!(join(&boss, &weak, &alice).status, 204);
    assert_eq!(join(&admin, &strong, &alice).status, 204);
    // What the user has already is not handed out.
    assert_eq!(join(&boss, &strong, &alice).status, 204);
    assert_eq!(leave(&boss, &strong, &alice).status, 204);
    assert_eq!(join(&boss, &strong, &alice).status, 401);
}

#[test]
fn a_member_gets_what_the_policies_of_the_group_grant_at_the_next_login() {
    let daemon = Daemon::builder().start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let alice = store.user(None, "alice", &["own.access"]);
    let group = group_id(&admin, "group");
    store.give(&group, &store.policy(None, "policy", &["auth.groups.read"]));
    let list = || Actor::new(&daemon, &daemon.login("alice", PASSWORD).token).get("/groups");
    assert_eq!(list().status, 401);
    assert_eq!(join(&admin, &group, &alice).status, 204);
    assert_eq!(list().status, 200);
    assert_eq!(leave(&admin, &group, &alice).status, 204);
    assert_eq!(list().status, 401);
    assert_eq!(join(&admin, &group, &alice).status, 204);
    assert_eq!(admin.delete(&format!("/groups/{group}")).status, 204);
    assert_eq!(list().status, 401);
}

#[test]
fn whoever_joins_a_group_while_it_or_they_go_away_is_answered_all_the_same() {
    let daemon = Daemon::builder().start();
    let admin = Actor::admin(&daemon);
    for round in 0..8 {
        let group = group_id(&admin, &format!("group {round}"));
        let users: Vec<String> = (0..4)
            .map(|number| user_id(&admin, &format!("user {round} {number}")))
            .collect();
        let statuses: Vec<u16> = thread::scope(|scope| {
            let mut asked = Vec::new();
            for user in &users {
                for _ in 0..2 {
                    asked.push(scope.spawn(|| join(&admin, &group, user).status));
                }
            }
            asked.push(scope.spawn(|| admin.delete(&format!("/groups/{group}")).status));
            asked.push(scope.spawn(|| admin.delete(&format!("/users/{}", users[0])).status));
            asked.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let (joined, deleted) = statuses.split_at(8);
        assert_eq!(deleted, [204, 204]);
        assert!(
            joined.iter().all(|status| [204, 404].contains(status)),
            "{statuses:?}"
        );
        for user in &users[1..] {
            let list = admin.get(&format!("/users/{user}/groups")).expect(200);
            assert!(!sorted(&list, "uuid").contains(&group));
        }
    }
}
