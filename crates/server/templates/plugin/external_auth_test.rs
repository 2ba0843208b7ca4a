//! Loads the file that the daemon will load.

use wazo_auth_plugin::{
    PluginResult, Value, json,
    mock::{MockHost, MockRequest, build_plugin},
};

const USER: &str = "@UUID@";

#[test]
fn the_built_file_starts_and_answers() -> PluginResult<()> {
    let daemon = MockHost::new();
    let plugin = daemon.load(&build_plugin()?)?;
    let external = plugin.external_auth("@NAME@", Value::Null)?;
    let call = daemon.call();
    let path = format!("/users/{USER}/external/@NAME@");
    let request = MockRequest::post(&path, &json!({ "token": "t" }));
    assert_eq!(external.send(&call, request)?.status(), 200);
    assert_eq!(
        daemon.stored(USER, "@NAME@"),
        Some(json!({ "token": "t" }))
    );
    external.stop(&call)
}
