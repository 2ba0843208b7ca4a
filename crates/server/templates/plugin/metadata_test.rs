//! Loads the file that the daemon will load.

use wazo_auth_plugin::{
    PluginResult, json,
    mock::{MockHost, TENANT, build_plugin},
};

#[test]
fn the_built_file_starts_and_answers() -> PluginResult<()> {
    let daemon = MockHost::new();
    let plugin = daemon.load(&build_plugin()?)?;
    let metadata = plugin.metadata("@NAME@", json!({ "of": { "alice": "tea" } }))?;
    let call = daemon.call();
    let alice = json!({
        "uuid": "@UUID@",
        "tenant_uuid": TENANT,
        "purpose": "user",
        "username": "alice",
    });
    let answer = metadata.get_token_metadata(&call, "alice", &alice)?;
    assert_eq!(answer["@NAME@"], "tea");
    metadata.stop(&call)
}
