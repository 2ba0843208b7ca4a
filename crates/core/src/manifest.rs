//! The manifest: what a plugin file says of itself, readable without running it.
//!
//! It lies in an ELF section of its own and in an exported symbol (which survives `strip`). The
//! bytes are [`MAGIC`], then fields `name=value`, each of these ended by a NUL byte. Unknown fields
//! are for newer daemons. `entry` and `needs` may occur several times.

/// Name of the ELF section.
pub const SECTION: &str = ".wazo_auth_plugin";
/// Name of the exported symbol that covers the same bytes.
pub const SYMBOL: &str = "WAZO_AUTH_PLUGIN_MANIFEST";
/// The first field.
pub const MAGIC: &str = "WAZO-AUTH-PLUGIN";

/// Names of the fields.
pub mod field {
    /// Name of the plugin.
    pub const NAME: &str = "name";
    /// Version of the plugin.
    pub const VERSION: &str = "version";
    /// Licence, as the author wrote it.
    pub const LICENSE: &str = "license";
    /// Authors, separated by colons.
    pub const AUTHORS: &str = "authors";
    /// One line on what it is for.
    pub const DESCRIPTION: &str = "description";
    /// Version of the ABI that it was built for.
    pub const ABI: &str = "abi";
    /// The compiler that built it.
    pub const RUSTC: &str = "rustc";
    /// The platform that it was built for.
    pub const TARGET: &str = "target";
    /// `unwind` or `abort`: what a panic in it does.
    pub const PANIC: &str = "panic";
    /// `kind:name`, once for each entry.
    pub const ENTRY: &str = "entry";
    /// An operation of the host that it calls, once for each.
    pub const NEEDS: &str = "needs";
}

/// Names of the kinds of entries.
pub mod kind {
    /// Checks logins.
    pub const BACKEND: &str = "backend";
    /// Credentials of users for an external service.
    pub const EXTERNAL_AUTH: &str = "external_auth";
    /// What tokens say of users. Since 0.2 of the ABI.
    pub const METADATA: &str = "metadata";
}
