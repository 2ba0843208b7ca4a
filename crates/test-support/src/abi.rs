//! Plugins as other versions of the ABI would have built them.
//!
//! A version is a copy of `crates/core`, `crates/plugin` and the example of a backend, with edits. Each
//! edit replaces a text that must be there exactly once, so that it cannot silently miss.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{cargo, home, plugins};

/// What a version copies.
const COPIED: &[&str] = &[
    "crates/core",
    "crates/plugin",
    "plugins/examples/backend-example",
];

/// Replaces `from` by `to` in `file`.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Takes out what 0.2 of the ABI has added: the last field of the root module.
const WITHOUT_METADATA: [Edit; 5] = [
    Edit {
        file: "crates/core/src/root.rs",
        from: "    /// Makes and starts the metadata plugin `name` with its configuration. Since 0.2.\n\
               \x20   pub start_metadata:\n\
               \x20       extern \"C\" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<MetadataObject>,\n",
        to: "",
    },
    Edit {
        file: "crates/core/src/root.rs",
        from: "HostObject, MetadataObject, RoutesObject,",
        to: "HostObject, RoutesObject,",
    },
    Edit {
        file: "crates/plugin/src/export.rs",
        from: "        start_metadata: start_metadata::<P>,\n",
        to: "",
    },
    // The mock of that version loads no such entries from files.
    Edit {
        file: "crates/plugin/src/mock/loaded.rs",
        from: "self.module.start_metadata();",
        to: "None::<extern \"C\" fn(_, RStr<'_>, RStr<'_>) -> AbiResult<MetadataObject>>;",
    },
    Edit {
        file: "crates/plugin/src/mock/loaded.rs",
        from: "use serde_json::Value;\n",
        to: "use serde_json::Value;\n\
             use wazo_auth_core::{AbiResult, MetadataObject, abi_stable::std_types::RStr};\n",
    },
];

/// The example of a backend as 0.1 of the ABI builds it, offering `example_older`.
pub fn older_minor() -> PathBuf {
    build("older", Some("0.1.0"), &WITHOUT_METADATA)
}

/// The same, offering the backend and a metadata plugin `example_odd`: of a kind that 0.1 does not
/// have.
pub fn older_minor_with_metadata() -> PathBuf {
    let [root, names, export, mock, mock_names] = WITHOUT_METADATA;
    build(
        "odd",
        Some("0.1.0"),
        &[
            root,
            names,
            export,
            mock,
            mock_names,
            Edit {
                file: "plugins/examples/backend-example/src/lib.rs",
                from: "wazo_auth_plugin::export! { backend \"example\" => Example }",
                to: "struct Nobody;\n\n\
                     impl wazo_auth_plugin::Metadata for Nobody {\n\
                     \x20   fn start(_call: &Call, _config: Config) -> PluginResult<Self> {\n\
                     \x20       Ok(Self)\n\
                     \x20   }\n}\n\n\
                     wazo_auth_plugin::export! {\n\
                     \x20   backend \"example\" => Example,\n\
                     \x20   metadata \"example_odd\" => Nobody,\n}",
            },
        ],
    )
}

/// The example of a backend as a newer minor of the ABI builds it, offering `example_newer`: a trait
/// has one more method with a default body, the root module one more optional field.
pub fn newer_minor() -> PathBuf {
    build(
        "newer",
        Some("0.7.0"),
        &[
            Edit {
                file: "crates/core/src/backend.rs",
                from: "    fn get_persistent_metadata(&self, call: Call, login: RStr<'_>) -> AbiResult<RString>;\n",
                to: "    fn get_persistent_metadata(&self, call: Call, login: RStr<'_>) -> AbiResult<RString>;\n\
                     \x20   /// Appended by this version.\n\
                     \x20   fn get_groups(&self, _call: Call, _login: RStr<'_>) -> AbiResult<RString> {\n\
                     \x20       abi_stable::std_types::ROk(RString::new())\n\
                     \x20   }\n",
            },
            Edit {
                file: "crates/core/src/root.rs",
                from: "        extern \"C\" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<MetadataObject>,\n}",
                to: "        extern \"C\" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<MetadataObject>,\n\
                     \x20   /// Appended by this version.\n\
                     \x20   pub goodbye: extern \"C\" fn() -> AbiResult<()>,\n}",
            },
            Edit {
                file: "crates/plugin/src/export.rs",
                from: "        start_metadata: start_metadata::<P>,\n",
                to: "        start_metadata: start_metadata::<P>,\n        goodbye,\n",
            },
            Edit {
                file: "crates/plugin/src/export.rs",
                from: "struct Module<P>(PhantomData<P>);",
                to: "extern \"C\" fn goodbye() -> AbiResult<()> {\n    fence::run(|| Ok(()))\n}\n\n\
                     struct Module<P>(PhantomData<P>);",
            },
        ],
    )
}

/// The example of a backend with a structure of the ABI changed and the version left as it is,
/// offering `example_changed`.
pub fn changed_layout() -> PathBuf {
    build(
        "changed",
        None,
        &[
            Edit {
                file: "crates/core/src/backend.rs",
                from: "    pub code: u32,\n",
                to: "    pub code: u32,\n    /// Out of place.\n    pub spare: u32,\n",
            },
            Edit {
                file: "crates/plugin/src/verdict.rs",
                from: "            code,\n            details: details.into(),\n",
                to: "            code,\n            spare: 0,\n            details: details.into(),\n",
            },
        ],
    )
}

fn build(name: &str, version: Option<&str>, edits: &[Edit]) -> PathBuf {
    plugins::once(&format!("abi-{name}"), |lock| {
        let root = cargo::plugins_target().join("abi").join(name);
        lay_out(&root, name, version, edits)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", root.display()));
        let package = format!("wazo-auth-plugin-backend-{name}");
        let built = cargo::build_foreign(lock, &root, Some(&package));
        plugins::find(&built, &package.replace('-', "_")).to_owned()
    })
}

/// Writes a version into `root`, in a folder of its own below: cargo tells packages of equal names by
/// their place within the workspace, and all versions are built into the same target folder.
fn lay_out(root: &Path, name: &str, version: Option<&str>, edits: &[Edit]) -> io::Result<()> {
    let mut files = Vec::new();
    for folder in COPIED {
        list(&cargo::WORKSPACE.join(folder), &mut files)?;
    }
    let mut unused: Vec<&Edit> = edits.iter().collect();
    for file in files {
        let below = file.strip_prefix(&*cargo::WORKSPACE).unwrap_or(&file);
        let mut text = fs::read_to_string(&file)?;
        unused.retain(|edit| {
            let here = below == Path::new(edit.file);
            if here {
                text = replace_once(&text, edit.from, edit.to, edit.file);
            }
            !here
        });
        if below == Path::new("crates/core/src/lib.rs")
            && let Some(version) = version
        {
            text = with_version(&text, version);
        }
        if below.starts_with("plugins") {
            // Plugins that lie side by side differ in the names of file and backend.
            text = text
                .replace(
                    "wazo-auth-plugin-backend-example",
                    &format!("wazo-auth-plugin-backend-{name}"),
                )
                .replace(
                    "backend \"example\"",
                    &format!("backend \"example_{name}\""),
                );
        }
        write_if_changed(&root.join(name).join(below), &text)?;
    }
    assert!(
        unused.is_empty(),
        "{} is not there",
        unused.first().map_or("", |edit| edit.file)
    );
    let manifest = fs::read_to_string(cargo::WORKSPACE.join("Cargo.toml"))?;
    // Other profiles: these plugins are built quickly, not for speed or for a debugger.
    let manifest = manifest.split("[profile.").next().unwrap_or_default();
    let members = format!("members = [\"{name}/crates/*\", \"{name}/plugins/*/*\"]");
    let manifest = manifest
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("members", _)) => format!("{members}\n"),
            _ => line.replace("path = \"", &format!("path = \"{name}/")) + "\n",
        })
        .collect::<String>();
    let manifest = manifest + "[profile.dev]\ndebug = false\n";
    write_if_changed(&root.join("Cargo.toml"), &manifest)
}

/// The version of the ABI is a constant of its own: that of the package stays, as it has to within a
/// major.
fn with_version(text: &str, version: &str) -> String {
    const START: &str = "pub const ABI_VERSION: &str = \"";
    text.split_once(START)
        .and_then(|(above, behind)| Some((above, behind.split_once('"')?.1)))
        .map(|(above, below)| format!("{above}{START}{version}\"{below}"))
        .expect("crates/core/src/lib.rs has the version of the ABI")
}

fn replace_once(text: &str, from: &str, to: &str, file: &str) -> String {
    assert_eq!(
        text.matches(from).count(),
        1,
        "{file} does not hold once: {from}"
    );
    text.replacen(from, to, 1)
}

/// All files below a folder, but for those that cargo wrote.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Cargo compiles again what has a new time.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    home::write(path, text);
    Ok(())
}
