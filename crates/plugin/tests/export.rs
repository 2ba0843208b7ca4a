//! What `export!` writes, as a daemon would use it: the manifest and the root module.
#![expect(
    unsafe_code,
    reason = "the exported symbols are reached as a dynamic linker would"
)]

use std::collections::HashMap;

use wazo_auth_core::{
    ABI_VERSION, AbiResult, Call as AbiCall, Host as AbiHost, HostObject, PluginModuleRef,
    abi_stable::{
        library::LibHeader,
        sabi_trait::TD_Opaque,
        std_types::{RArc, RResult, RStr, RString},
    },
    error::code,
    host::Host_TO,
    manifest::{MAGIC, field},
};
use wazo_auth_plugin::{
    Backend, Call, Config, ExternalAuth, Map, Metadata, PluginResult, Request, Response, Route,
    Secret, Verdict,
};

struct Yes;

impl Backend for Yes {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> {
        Ok(Map::new())
    }
}

impl ExternalAuth for Yes {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }

    fn routes(&self) -> Vec<Route> {
        Vec::new()
    }

    fn handle(&self, _: &Call, _: Request) -> PluginResult<Response> {
        Ok(Response::no_content())
    }
}

impl Metadata for Yes {
    fn start(_: &Call, _: Config) -> PluginResult<Self> {
        Ok(Self)
    }
}

wazo_auth_plugin::export! {
    needs "user_service.get_acl", "group_service.get_acl",
    backend "yes" => Yes,
    metadata "yes" => Yes,
    external_auth "yes" => Yes,
    needs "external_auth_service.get",
    backend "also.yes" => Yes,
}

#[expect(improper_ctypes, reason = "both sides are compiled together")]
unsafe extern "C" {
    #[link_name = "_1as_0lib_1header_0root_bmodule_bloader"]
    static HEADER: LibHeader;
    #[link_name = "WAZO_AUTH_PLUGIN_MANIFEST"]
    static MANIFEST: [u8; 64];
}

/// A daemon that can do nothing.
struct Nothing;

impl AbiHost for Nothing {
    fn log_enabled(&self, _: u32, _: RStr<'_>) -> bool {
        false
    }

    fn log(&self, _: u32, _: RStr<'_>, _: RStr<'_>, _: RStr<'_>, _: u32) {}

    fn call(&self, _: RStr<'_>, _: RStr<'_>) -> AbiResult<RString> {
        RResult::ROk(RString::from("null"))
    }
}

fn nothing() -> HostObject {
    Host_TO::from_ptr(RArc::new(Nothing), TD_Opaque)
}

fn call() -> AbiCall {
    AbiCall {
        host: nothing(),
        context: RString::new(),
        args: RString::new(),
        extra: RString::new(),
    }
}

fn code_of<T>(result: AbiResult<T>) -> Option<u32> {
    result.into_result().err().map(|error| error.code)
}

fn module() -> Option<PluginModuleRef> {
    // SAFETY: `export!` has defined the symbol, with this type.
    let header = unsafe { &HEADER };
    header.init_root_module::<PluginModuleRef>().ok()
}

/// The manifest's fields; the values of a name that comes several times are all there.
fn fields() -> HashMap<String, Vec<String>> {
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    let mut rest = (&raw const MANIFEST).cast::<u8>();
    let mut next = || {
        let mut text = Vec::new();
        loop {
            // SAFETY: the manifest ends in a NUL byte, and reading stops at the field `end`,
            // which is its last.
            let byte = unsafe { rest.read() };
            // SAFETY: as above; at most one past the end.
            rest = unsafe { rest.add(1) };
            if byte == 0 {
                return String::from_utf8(text).unwrap_or_default();
            }
            text.push(byte);
        }
    };
    assert_eq!(next(), MAGIC);
    // The last need that is exported above ends the manifest.
    while fields.get(field::NEEDS).is_none_or(|needs| needs.len() < 3) {
        let text = next();
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        fields
            .entry(name.to_owned())
            .or_default()
            .push(value.to_owned());
    }
    fields
}

#[test]
fn the_manifest_says_what_the_file_is() {
    let fields = fields();
    let one = |name: &str| {
        fields
            .get(name)
            .map(|values| values.join("|"))
            .unwrap_or_default()
    };
    assert_eq!(one(field::NAME), "wazo-auth-plugin");
    assert_eq!(one(field::VERSION), env!("CARGO_PKG_VERSION"));
    assert_eq!(one(field::LICENSE), env!("CARGO_PKG_LICENSE"));
    assert_eq!(one(field::AUTHORS), env!("CARGO_PKG_AUTHORS"));
    assert_eq!(one(field::DESCRIPTION), env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(one(field::ABI), ABI_VERSION);
    assert!(one(field::RUSTC).starts_with("rustc 1."), "{fields:?}");
    assert!(one(field::TARGET).contains('-'), "{fields:?}");
    assert_eq!(one(field::PANIC), "unwind");
    assert_eq!(
        one(field::ENTRY),
        "backend:yes|backend:also.yes|external_auth:yes|metadata:yes"
    );
    assert_eq!(
        one(field::NEEDS),
        "user_service.get_acl|group_service.get_acl|external_auth_service.get"
    );
}

#[test]
fn the_root_module_starts_entries_by_name() {
    let module = module();
    assert!(module.is_some(), "the header leads to no module");
    let Some(module) = module else { return };
    assert_eq!(code_of(module.init()(nothing())), None);

    let backend = module.start_backend()(call(), "also.yes".into(), "".into());
    let verdict = backend
        .into_result()
        .map(|backend| backend.verify_password(call(), "a".into(), "b".into()));
    assert!(verdict.is_ok_and(|verdict| code_of(verdict).is_none()));

    let external = module.start_external_auth()(call(), "yes".into(), "null".into());
    assert_eq!(code_of(external), None);

    let start = module.start_metadata();
    assert!(start.is_some(), "this version of the ABI has it");
    let Some(start) = start else { return };
    let metadata = start(call(), "yes".into(), "".into());
    let user = r#"{"uuid": "u", "tenant_uuid": "t", "purpose": "user"}"#;
    let answer = metadata.into_result().map(|metadata| {
        let answer = metadata.get_token_metadata(call(), "a".into(), user.into());
        let nonsense = metadata.get_token_metadata(call(), "a".into(), "{}".into());
        (answer.map(String::from), code_of(nonsense))
    });
    let expected =
        r#"{"uuid":"u","tenant_uuid":"t","auth_id":"u","pbx_user_uuid":null,"xivo_uuid":null}"#;
    assert!(answer.is_ok_and(|(answer, nonsense)| {
        answer.into_result().ok().as_deref() == Some(expected)
            && nonsense == Some(code::INVALID_ARGUMENT)
    }));
    let unknown = start(call(), "also.yes".into(), "".into());
    assert_eq!(code_of(unknown), Some(code::UNSUPPORTED));

    let unknown = module.start_backend()(call(), "no".into(), "".into());
    assert_eq!(code_of(unknown), Some(code::UNSUPPORTED));
    let unknown = module.start_external_auth()(call(), "also.yes".into(), "".into());
    assert_eq!(code_of(unknown), Some(code::UNSUPPORTED));
    let nonsense = module.start_backend()(call(), "yes".into(), "{".into());
    assert_eq!(code_of(nonsense), Some(code::INVALID_ARGUMENT));
}
