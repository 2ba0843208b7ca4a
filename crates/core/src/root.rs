//! What a plugin file exports.

use abi_stable::{
    StableAbi, declare_root_module_statics, library::RootModule, sabi_types::VersionStrings,
    std_types::RStr,
};

use crate::{
    ABI_VERSION, AbiResult, BackendObject, Call, HostObject, MetadataObject, RoutesObject,
};

/// The functions of a plugin file.
///
/// A kind that joins later appends an optional field.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModuleRef, prefix_fields = PluginModulePrefix)))]
#[sabi(missing_field(option))]
pub struct PluginModule {
    /// Called once, before anything else, with the host for background work.
    pub init: extern "C" fn(host: HostObject) -> AbiResult<()>,
    /// Makes and starts the backend `name` with its configuration, a JSON document.
    pub start_backend:
        extern "C" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<BackendObject>,
    /// Makes and starts the external authentication type `name` with its configuration.
    #[sabi(last_prefix_field)]
    pub start_external_auth:
        extern "C" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<RoutesObject>,
    /// Makes and starts the metadata plugin `name` with its configuration. Since 0.2.
    pub start_metadata:
        extern "C" fn(call: Call, name: RStr<'_>, config: RStr<'_>) -> AbiResult<MetadataObject>,
}

impl RootModule for PluginModuleRef {
    declare_root_module_statics! {PluginModuleRef}
    const BASE_NAME: &'static str = "wazo_auth_plugin";
    const NAME: &'static str = "wazo_auth_plugin";
    const VERSION_STRINGS: VersionStrings = VersionStrings::new(ABI_VERSION);
}
