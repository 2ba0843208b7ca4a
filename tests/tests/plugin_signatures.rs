//! Daemons that load nothing without a signature they trust.
#![expect(
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    ffi::OsStr, fs, os::unix::fs::PermissionsExt, path::Path, process::Command, time::Duration,
};

use wazo_auth_test_support::{
    Daemon, Home,
    command::{self, Output},
    daemon::program,
    home, plugins,
};
use wazo_auth_tests::shapes::assert_reason;

/// Runs `wazo-auth plugin …`.
fn plugin<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    let mut plugin = Command::new(program());
    plugin.arg("plugin").args(arguments);
    command::run(plugin, Duration::from_secs(60))
}

/// A new key in a file, and the configuration that trusts it.
fn key(file: &Path) -> String {
    let told = plugin([OsStr::new("keygen"), file.as_os_str()]).ok();
    let (_, configuration) = told.split_once("\n\nplugins:\n").unwrap();
    format!("plugins:\n{configuration}")
}

fn sign(key: &Path, file: &Path) -> Output {
    plugin([
        OsStr::new("sign"),
        OsStr::new("--key"),
        key.as_os_str(),
        file.as_os_str(),
    ])
}

#[test]
fn only_what_a_trusted_key_has_signed_is_loaded() {
    let place = Home::new();
    let (ours, theirs) = (place.join("ours.key"), place.join("theirs.key"));
    let configuration = key(&ours);
    let _ = key(&theirs);
    let installation = Daemon::builder()
        .config(&configuration)
        .plugin(plugins::backend_example())
        .plugin(plugins::external_bar())
        .config("enabled_backend_plugins: {example: true}\nenabled_external_auth_plugins: {bar: true}\n")
        .install();
    let folder = installation.path("plugins");
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // One is signed by somebody else.
        let key = if name.contains("bar") { &theirs } else { &ours };
        let told = sign(key, &path).ok();
        assert!(told.contains(&format!("{name}.sig")), "{told}");
    }
    // One was changed behind its signature, and one has none.
    let example = folder.join(plugins::backend_example().file_name().unwrap());
    let mut bytes = fs::read(&example).unwrap();
    bytes.push(0);
    home::write(&example, bytes);
    let _ = home::place(plugins::backend_example(), &folder.join("unsigned.so"));

    let daemon = installation.start();
    assert!(!daemon.admin().token.is_empty());
    let listed = daemon.installation().plugin_list();
    for (file, reason) in [
        (
            "external_bar.so",
            "is no signature of this file by a key of plugins.trusted_keys",
        ),
        (
            "backend_example.so",
            "is no signature of this file by a key of plugins.trusted_keys",
        ),
        ("unsigned.so", "its signature"),
    ] {
        let line = listed
            .lines()
            .find(|line| line.contains(file) && line.contains(" refused: "))
            .unwrap_or_default();
        assert!(line.contains(reason), "{file}: {listed}");
    }
    assert_reason(
        &daemon.try_login("alice", "alice"),
        401,
        "Authentication Failed",
    );
}

#[test]
fn keys_and_signatures_are_handled_with_care() {
    let place = Home::new();
    let secret = place.join("secret.key");
    let configuration = key(&secret);
    let mode = fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = fs::read(&secret).unwrap();
    let refused = plugin([OsStr::new("keygen"), secret.as_os_str()]).failed(1);
    assert!(refused.contains("no key is written over"), "{refused}");
    assert_eq!(fs::read(&secret).unwrap(), before);

    let text = place.join("text.so");
    home::write(&text, "no plugin");
    let refused = sign(&secret, &text).failed(1);
    assert!(refused.contains("it is no shared library"), "{refused}");
    let file = home::place(plugins::backend_example(), &place.join("example.so"));
    let refused = sign(&text, &file).failed(1);
    assert!(refused.contains("it holds no secret key"), "{refused}");

    let trusted = configuration.split('"').nth(1).unwrap();
    let verify = || {
        plugin([
            OsStr::new("verify"),
            OsStr::new("--trusted-key"),
            OsStr::new(trusted),
            file.as_os_str(),
        ])
    };
    let output = verify();
    assert!(
        !output.status.success() && output.stdout.contains("cannot be had"),
        "{output:#?}"
    );
    let _ = sign(&secret, &file).ok();
    let _ = verify().ok();
    let bad = plugin(["verify", "--trusted-key", "AAAA", "x.so"]).failed(2);
    assert!(bad.contains("it is no public key"), "{bad}");
}
