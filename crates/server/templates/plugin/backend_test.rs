//! Loads the file that the daemon will load.

use wazo_auth_plugin::{
    PluginResult, Secret, Verdict, json,
    mock::{MockHost, build_plugin},
};

#[test]
fn the_built_file_starts_and_answers() -> PluginResult<()> {
    let daemon = MockHost::new();
    let plugin = daemon.load(&build_plugin()?)?;
    let backend = plugin.backend(
        "@NAME@",
        json!({
            "passwords": { "alice": "wonderland" },
            "uuids": { "alice": "@UUID@" },
        }),
    )?;
    let call = daemon.call();
    let verdict = backend.verify_password(&call, "alice", &Secret::new("wonderland"))?;
    assert_eq!(verdict, Verdict::accepted());
    let metadata = backend.get_metadata(&call, "alice")?;
    assert!(metadata.contains_key("xivo_uuid"));
    backend.stop(&call)
}
