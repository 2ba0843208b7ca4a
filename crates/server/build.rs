//! Embeds what `wazo-auth plugin new` writes beside a plugin: the sources of the SDK, as they are here.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The crates that a plugin is built with.
const CRATES: &[&str] = &["core", "plugin"];
/// What holds for both.
const COMMON: &[&str] = &["LICENSE", "clippy.toml"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let mut files: Vec<PathBuf> = COMMON.iter().map(PathBuf::from).collect();
    let mut manifests = String::new();
    for name in CRATES {
        let folder = Path::new("crates").join(name);
        let manifest = fs::read_to_string(root.join(&folder).join("Cargo.toml"))?;
        manifests.push_str(&manifest);
        files.push(folder.join("Cargo.toml"));
        collect(&root, &folder.join("src"), &mut files)?;
        let build = folder.join("build.rs");
        if root.join(&build).exists() {
            files.push(build);
        }
        println!("cargo::rerun-if-changed={}", root.join(&folder).display());
    }
    files.sort();
    let workspace = root.join("Cargo.toml");
    println!("cargo::rerun-if-changed={}", workspace.display());
    let workspace = sdk_workspace(&fs::read_to_string(workspace)?, &manifests);
    let mut list = format!("&[\n(\"Cargo.toml\", {workspace:?}),\n");
    for file in files {
        let from = root.join(&file);
        println!("cargo::rerun-if-changed={}", from.display());
        writeln!(
            list,
            "({:?}, include_str!({:?})),",
            file.display().to_string(),
            from.display().to_string()
        )?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("sdk.rs"), list)?;
    Ok(())
}

/// The files below a folder, by their paths below the root.
fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The workspace that the SDK's crates inherit from: ours, with these members and what they name.
fn sdk_workspace(workspace: &str, manifests: &str) -> String {
    let mut kept = String::from("# What the two crates of the SDK have in common.\n");
    let mut section = "";
    for line in workspace.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let wanted = match section {
            "[workspace]" => !line.starts_with("exclude"),
            "[workspace.package]" => true,
            "[workspace.dependencies]" => {
                let name = line.split([' ', '=']).next().unwrap_or_default();
                line.is_empty()
                    || line.starts_with('[')
                    || manifests.contains(&format!("\n{name}.workspace"))
                    || manifests.contains(&format!("\n{name} = {{ workspace"))
            }
            lints => lints.starts_with("[workspace.lints"),
        };
        if !wanted {
            continue;
        }
        if section == "[workspace]" && line.starts_with("members") {
            kept.push_str("members = [\"crates/*\"]");
        } else {
            kept.push_str(line);
        }
        kept.push('\n');
        if line.is_empty() && kept.ends_with("\n\n\n") {
            kept.pop();
        }
    }
    kept
}
