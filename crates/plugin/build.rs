//! Notes which compiler builds the plugin, and for which platform: the manifest names both.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!(
        "cargo::rustc-env=WAZO_AUTH_PLUGIN_RUSTC={}",
        rustc_version().unwrap_or_else(|| "unknown".to_owned())
    );
    println!(
        "cargo::rustc-env=WAZO_AUTH_PLUGIN_TARGET={}",
        env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned())
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "the compiler answers at once, or nothing here is built at all"
)]
/// What the compiler says of itself, such as `rustc 1.85.0 (4d91de4e4 2025-02-17)`.
fn rustc_version() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let version = version.lines().next()?.trim();
    (!version.is_empty()).then(|| version.to_owned())
}
