//! Passwords of users who log in by what another system says of them.

use serde_json::json;
use wazo_auth_test_support::Daemon;
use wazo_auth_tests::{
    shapes::{assert_api, assert_reason},
    store::{PASSWORD, Store},
    tenants::{Actor, path},
};

#[test]
fn a_tenant_says_where_the_passwords_of_its_users_are_kept_unless_they_say_so_themselves() {
    let daemon = Daemon::builder()
        .config("idp_plugins: {ldap: {enabled: true}, saml: {enabled: true}}\n")
        .start();
    let store = Store::of(daemon.installation());
    let admin = Actor::admin(&daemon);
    let acme = admin.tenant_id(&json!({"slug": "acme"}));
    let alice = store.user(Some(&acme), "alice", &[]);
    let change = |old: &str| {
        let body = json!({"old_password": old, "new_password": PASSWORD});
        admin.put(&format!("/users/{alice}/password"), &body)
    };
    let reset = || {
        let path = format!("/users/password/reset?user_uuid={alice}");
        admin.post(&path, &json!({"password": PASSWORD}))
    };
    for method in ["ldap", "saml"] {
        let body = json!({"default_authentication_method": method});
        let _ = admin.put(&path(&acme), &body).is(200);
        for answer in [change(PASSWORD), reset()] {
            assert_api(
                &answer,
                405,
                ("password-managed-externally", "users"),
                format!("Unable to update externally managed password for user : \"{alice}\""),
                &json!({"uuid": alice}),
            );
            // It is no method that the path does not have.
            assert_eq!(answer.header("allow"), None);
        }
        assert_reason(&change("wrong"), 401, "Authentication Failed");
        store.set_method(&alice, "native");
        assert_eq!(change(PASSWORD).status, 204);
        assert_eq!(reset().status, 204);
        store.set_method(&alice, "default");
    }
    let body = json!({"default_authentication_method": "native"});
    let _ = admin.put(&path(&acme), &body).is(200);
    assert_eq!(change(PASSWORD).status, 204);
    assert_eq!(reset().status, 204);
    assert_eq!(daemon.login("alice", PASSWORD).auth_id, alice);
}
