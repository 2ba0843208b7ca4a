//! Whether a library and the daemon mean the same by the types that cross between them.
//!
//! `abi_stable` records the layout of every type; this compares the records. Its own way of asking
//! is not used: it takes the daemon for the older side whatever it is, and it remembers what it saw,
//! so that its verdict depends on the order of loading.

use abi_stable::{
    StableAbi,
    abi_stability::abi_checking::{CheckingGlobals, check_layout_compatibility_with_globals},
    library::LibHeader,
    type_layout::TLFieldOrFunction,
};
use wazo_auth_core::{ABI_VERSION, PluginModuleRef};

use crate::{
    document::one_line,
    manifest::{check_abi, major_minor},
};

/// How much is said of a difference.
const MAX_REASON: usize = 600;

/// Compares the layouts. The error is one line.
pub(crate) fn check(header: &'static LibHeader) -> Result<(), String> {
    let version = header.version_strings().version.as_str();
    check_abi(version)?;
    let ours = <PluginModuleRef as StableAbi>::LAYOUT;
    let theirs = header
        .layout()
        .ok_or("it carries no layout to compare; export it with wazo_auth_plugin::export!")?;
    // The newer side may have more at the end than the older one knows.
    let (older, newer) = if major_minor(version) >= major_minor(ABI_VERSION) {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    check_layout_compatibility_with_globals(older, newer, &CheckingGlobals::new()).map_err(
        |difference| {
            let places: Vec<String> = difference
                .errors
                .iter()
                .filter(|error| !error.errs.is_empty())
                .map(|error| {
                    let path: Vec<String> = error
                        .stack_trace
                        .iter()
                        .map(|step| name(&step.expected))
                        // Steps into the library's own wrappers say nothing.
                        .filter(|name| !matches!(name.as_str(), "0" | "obj" | "vtable" | "()"))
                        .collect();
                    let what: Vec<String> = error.errs.iter().map(kind_of).collect();
                    format!("{} ({})", path.join("."), what.join(", "))
                })
                .collect();
            let places = one_line(&places.join("; "), MAX_REASON);
            format!(
                "its types have another layout than this daemon's, though it says ABI {version}: {places}; rebuild it with the SDK of this daemon"
            )
        },
    )
}

fn name(step: &TLFieldOrFunction) -> String {
    match step {
        TLFieldOrFunction::Field(field) => field.name().to_owned(),
        TLFieldOrFunction::Function(_) => "()".to_owned(),
    }
}

/// What differs, in a word: the whole record fills pages.
fn kind_of(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}")
        .split(['(', ' ', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}
