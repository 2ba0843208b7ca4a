//! What a plugin file exports: the manifest and the root module.
//!
//! [`export!`](crate::export) writes two statics and one `match` into the author's crate;
//! everything that can live here does, so that the author's crate needs nothing but this one.

use std::marker::PhantomData;

use wazo_auth_core::{
    self as abi, AbiResult, BackendObject, HostObject, MetadataObject, PluginModule,
    PluginModuleRef, RoutesObject,
    abi_stable::{
        library::{
            __call_root_module_loader, CheckTypeLayout, ROOT_MODULE_LOADER_NAME, RootModuleResult,
        },
        prefix_type::WithMetadata,
        std_types::RStr,
    },
};

pub use wazo_auth_core::abi_stable::library::LibHeader;
use wazo_auth_core::manifest::kind;

use crate::{
    Backend, ExternalAuth, Metadata, PluginError, backend, external_auth, fence, host, logger,
    manifest, metadata,
};

/// What starting an entry answers.
pub type Started<T> = AbiResult<T>;

/// The entries of a plugin file, by name. Only [`export!`](crate::export) implements it.
pub trait Entries: 'static {
    /// Starts a backend.
    fn start_backend(start: Start<'_>) -> Started<BackendObject>;
    /// Starts an external authentication type.
    fn start_external_auth(start: Start<'_>) -> Started<RoutesObject>;
    /// Starts a metadata plugin.
    fn start_metadata(start: Start<'_>) -> Started<MetadataObject> {
        start.unknown(kind::METADATA)
    }
}

/// The daemon's wish to start an entry.
pub struct Start<'a> {
    call: abi::Call,
    name: RStr<'a>,
    config: RStr<'a>,
}

impl Start<'_> {
    /// Whether the entry of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.name.as_str() == name
    }

    /// Starts `T`.
    pub fn backend<T: Backend>(self) -> Started<BackendObject> {
        backend::start::<T>(self.call, self.config)
    }

    /// Starts `T`.
    pub fn external_auth<T: ExternalAuth>(self) -> Started<RoutesObject> {
        external_auth::start::<T>(self.call, self.config)
    }

    /// Starts `T`.
    pub fn metadata<T: Metadata>(self) -> Started<MetadataObject> {
        metadata::start::<T>(self.call, self.config)
    }

    /// Says that there is no such entry.
    pub fn unknown<T>(self, kind: &str) -> Started<T> {
        fence::run(|| {
            Err(PluginError::unsupported(format!(
                "this file has no {kind} named {:?}",
                self.name.as_str()
            )))
        })
    }
}

extern "C" fn init(object: HostObject) -> AbiResult<()> {
    fence::run(|| {
        host::initialise(object);
        fence::install_hook();
        logger::install();
        Ok(())
    })
}

extern "C" fn start_backend<P: Entries>(
    call: abi::Call,
    name: RStr<'_>,
    config: RStr<'_>,
) -> AbiResult<BackendObject> {
    P::start_backend(Start { call, name, config })
}

extern "C" fn start_external_auth<P: Entries>(
    call: abi::Call,
    name: RStr<'_>,
    config: RStr<'_>,
) -> AbiResult<RoutesObject> {
    P::start_external_auth(Start { call, name, config })
}

extern "C" fn start_metadata<P: Entries>(
    call: abi::Call,
    name: RStr<'_>,
    config: RStr<'_>,
) -> AbiResult<MetadataObject> {
    P::start_metadata(Start { call, name, config })
}

struct Module<P>(PhantomData<P>);

impl<P: Entries> Module<P> {
    const MODULE: &'static WithMetadata<PluginModule> = &WithMetadata::new(PluginModule {
        init,
        start_backend: start_backend::<P>,
        start_external_auth: start_external_auth::<P>,
        start_metadata: start_metadata::<P>,
    });
}

fn root_module<P: Entries>() -> PluginModuleRef {
    PluginModuleRef(Module::<P>::MODULE.static_as_prefix())
}

extern "C" fn load<P: Entries>() -> RootModuleResult {
    __call_root_module_loader(root_module::<P>)
}

/// The header that the daemon opens the file by.
///
/// This is what the attribute `export_root_module` of abi_stable writes; that one would make every
/// author depend on abi_stable in the right version.
pub const fn lib_header<P: Entries>() -> LibHeader {
    #[expect(unsafe_code, reason = "the only constructor there is")]
    // SAFETY: `load` answers what `root_module` makes, a `PluginModuleRef`.
    unsafe {
        LibHeader::from_constructor::<PluginModuleRef>(load::<P>, CheckTypeLayout::Yes)
    }
}

// The name that `export!` gives to the header must be the one that the daemon looks for.
const _: () = assert!(manifest::same(
    ROOT_MODULE_LOADER_NAME,
    "_1as_0lib_1header_0root_bmodule_bloader"
));

/// Exports the plugin's entries; once per `.so` file, in a crate of the type `cdylib`.
///
/// Any number of entries of any kinds, in any order, and what the plugin needs of the daemon:
///
/// ```text
/// wazo_auth_plugin::export! {
///     backend "example" => Example,
///     external_auth "bar" => Bar,
///     metadata "department" => Department,
///     needs "external_auth_service.get", "external_auth_service.create",
/// }
/// ```
///
/// The names are those of the daemon's configuration. Two entries of the same kind and name do not
/// compile. An operation that is not listed under `needs` is refused when it is called, so that an
/// administrator can read from the file what a plugin may do.
///
/// The manifest takes name, version, licence, authors and description from `Cargo.toml`.
#[macro_export]
macro_rules! export {
    ($($items:tt)*) => {
        $crate::__export! { @items [] [] [] [] $($items)* }
    };
}

/// Sorts the items of `export!` into backends, external authentication types, metadata plugins and
/// needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (@items [$($b:tt)*] $e:tt $m:tt $n:tt backend $name:literal => $entry:ty $(, $($rest:tt)*)?) => {
        $crate::__export! { @items [$($b)* ($name, $entry)] $e $m $n $($($rest)*)? }
    };
    (@items $b:tt [$($e:tt)*] $m:tt $n:tt external_auth $name:literal => $entry:ty $(, $($rest:tt)*)?) => {
        $crate::__export! { @items $b [$($e)* ($name, $entry)] $m $n $($($rest)*)? }
    };
    (@items $b:tt $e:tt [$($m:tt)*] $n:tt metadata $name:literal => $entry:ty $(, $($rest:tt)*)?) => {
        $crate::__export! { @items $b $e [$($m)* ($name, $entry)] $n $($($rest)*)? }
    };
    (@items $b:tt $e:tt $m:tt [$($n:tt)*] needs $operation:literal $(, $($rest:tt)*)?) => {
        $crate::__export! { @needs $b $e $m [$($n)* $operation] $($($rest)*)? }
    };
    // After one need, more of them may follow without the word.
    (@needs $b:tt $e:tt $m:tt [$($n:tt)*] $operation:literal $(, $($rest:tt)*)?) => {
        $crate::__export! { @needs $b $e $m [$($n)* $operation] $($($rest)*)? }
    };
    (@needs $b:tt $e:tt $m:tt $n:tt $($rest:tt)*) => {
        $crate::__export! { @items $b $e $m $n $($rest)* }
    };
    (@items [] [] [] $n:tt) => {
        ::core::compile_error! { "a plugin exports at least one entry, such as `backend \"example\" => Example`" }
    };
    (@items
        [$(($backend:literal, $backend_type:ty))*]
        [$(($external:literal, $external_type:ty))*]
        [$(($metadata:literal, $metadata_type:ty))*]
        [$($need:literal)*]
    ) => {
        const _: () = {
            // Names that no type of an author's has: they are in sight of the types that it names.
            use $crate::__private as __wazo_auth_plugin;

            const BACKENDS: &[&str] = &[$($backend),*];
            const EXTERNAL_AUTH: &[&str] = &[$($external),*];
            const METADATA: &[&str] = &[$($metadata),*];
            ::core::assert!(__wazo_auth_plugin::unique(BACKENDS), "two backends have the same name");
            ::core::assert!(
                __wazo_auth_plugin::unique(EXTERNAL_AUTH),
                "two external authentication types have the same name"
            );
            ::core::assert!(
                __wazo_auth_plugin::unique(METADATA),
                "two metadata plugins have the same name"
            );
            $(::core::assert!(
                __wazo_auth_plugin::is_name($backend),
                "the name of an entry consists of letters, digits, `_`, `-` and `.`"
            );)*
            $(::core::assert!(
                __wazo_auth_plugin::is_name($external),
                "the name of an entry consists of letters, digits, `_`, `-` and `.`"
            );)*
            $(::core::assert!(
                __wazo_auth_plugin::is_name($metadata),
                "the name of an entry consists of letters, digits, `_`, `-` and `.`"
            );)*
            $(::core::assert!(
                __wazo_auth_plugin::is_operation($need),
                "a need is the name of an operation, such as `user_service.get_acl`"
            );)*

            const FIELDS: &[__wazo_auth_plugin::Field] = &[
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::NAME, ::core::env!("CARGO_PKG_NAME")),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::VERSION, ::core::env!("CARGO_PKG_VERSION")),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::LICENSE, ::core::env!("CARGO_PKG_LICENSE")),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::AUTHORS, ::core::env!("CARGO_PKG_AUTHORS")),
                __wazo_auth_plugin::Field::new(
                    __wazo_auth_plugin::field::DESCRIPTION,
                    ::core::env!("CARGO_PKG_DESCRIPTION"),
                ),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::ABI, __wazo_auth_plugin::ABI_VERSION),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::RUSTC, __wazo_auth_plugin::RUSTC),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::TARGET, __wazo_auth_plugin::TARGET),
                __wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::PANIC, __wazo_auth_plugin::PANIC),
                $(__wazo_auth_plugin::Field::entry(__wazo_auth_plugin::kind::BACKEND, $backend),)*
                $(__wazo_auth_plugin::Field::entry(__wazo_auth_plugin::kind::EXTERNAL_AUTH, $external),)*
                $(__wazo_auth_plugin::Field::entry(__wazo_auth_plugin::kind::METADATA, $metadata),)*
                $(__wazo_auth_plugin::Field::new(__wazo_auth_plugin::field::NEEDS, $need),)*
            ];

            // A section of its own can be found in the file without running it; an exported symbol
            // keeps the linker and `strip` from throwing it away.
            #[used]
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".wazo_auth_plugin")]
            pub static WAZO_AUTH_PLUGIN_MANIFEST: [u8; __wazo_auth_plugin::length(FIELDS)] =
                __wazo_auth_plugin::write(FIELDS);

            struct __WazoAuthPluginEntries;

            impl __wazo_auth_plugin::Entries for __WazoAuthPluginEntries {
                fn start_backend(
                    start: __wazo_auth_plugin::Start<'_>,
                ) -> __wazo_auth_plugin::Started<__wazo_auth_plugin::BackendObject> {
                    $(if start.wants($backend) {
                        return start.backend::<$backend_type>();
                    })*
                    start.unknown(__wazo_auth_plugin::kind::BACKEND)
                }

                fn start_external_auth(
                    start: __wazo_auth_plugin::Start<'_>,
                ) -> __wazo_auth_plugin::Started<__wazo_auth_plugin::RoutesObject> {
                    $(if start.wants($external) {
                        return start.external_auth::<$external_type>();
                    })*
                    start.unknown(__wazo_auth_plugin::kind::EXTERNAL_AUTH)
                }

                fn start_metadata(
                    start: __wazo_auth_plugin::Start<'_>,
                ) -> __wazo_auth_plugin::Started<__wazo_auth_plugin::MetadataObject> {
                    $(if start.wants($metadata) {
                        return start.metadata::<$metadata_type>();
                    })*
                    start.unknown(__wazo_auth_plugin::kind::METADATA)
                }
            }

            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            pub static WAZO_AUTH_PLUGIN_HEADER: __wazo_auth_plugin::LibHeader =
                __wazo_auth_plugin::lib_header::<__WazoAuthPluginEntries>();
        };
    };
    (@items $b:tt $e:tt $m:tt $n:tt $($rest:tt)+) => {
        ::core::compile_error! { ::core::concat!(
            "expected `backend \"name\" => Type`, `external_auth \"name\" => Type`, `metadata \"name\" => Type` or `needs \"service.operation\"`, found `",
            ::core::stringify!($($rest)+),
            "`"
        ) }
    };
}

/// Wrong uses of [`export!`](crate::export) that must not compile.
///
/// This one is right, and shows that the ones below fail for the reason that is meant:
///
/// ```standalone_crate
/// # struct A;
/// # impl wazo_auth_plugin::Backend for A {
/// #     fn start(_: &wazo_auth_plugin::Call, _: wazo_auth_plugin::Config) -> wazo_auth_plugin::PluginResult<Self> { Ok(Self) }
/// #     fn verify_password(&self, _: &wazo_auth_plugin::Call, _: &str, _: &wazo_auth_plugin::Secret) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Verdict> { Ok(wazo_auth_plugin::Verdict::Refused) }
/// #     fn get_metadata(&self, _: &wazo_auth_plugin::Call, _: &str) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Map> { Ok(wazo_auth_plugin::Map::new()) }
/// # }
/// wazo_auth_plugin::export! { needs "a.b", backend "a" => A, backend "b" => A, needs "a.c", "a.d" }
/// # fn main() {}
/// ```
///
/// Neither does it matter how the types are called:
///
/// ```standalone_crate
/// mod plugin {
/// #     use wazo_auth_plugin::{Backend, Call, Config, Map, PluginResult, Secret, Verdict};
///     pub struct Plugin;
/// #     impl Backend for Plugin {
/// #         fn start(_: &Call, _: Config) -> PluginResult<Self> { Ok(Self) }
/// #         fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> { Ok(Verdict::Refused) }
/// #         fn get_metadata(&self, _: &Call, _: &str) -> PluginResult<Map> { Ok(Map::new()) }
/// #     }
/// }
/// use plugin::Plugin;
/// wazo_auth_plugin::export! { backend "a" => Plugin, backend "b" => plugin::Plugin }
/// # fn main() {}
/// ```
///
/// The same name twice:
///
/// ```compile_fail
/// # struct A;
/// # impl wazo_auth_plugin::Backend for A {
/// #     fn start(_: &wazo_auth_plugin::Call, _: wazo_auth_plugin::Config) -> wazo_auth_plugin::PluginResult<Self> { Ok(Self) }
/// #     fn verify_password(&self, _: &wazo_auth_plugin::Call, _: &str, _: &wazo_auth_plugin::Secret) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Verdict> { Ok(wazo_auth_plugin::Verdict::Refused) }
/// #     fn get_metadata(&self, _: &wazo_auth_plugin::Call, _: &str) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Map> { Ok(wazo_auth_plugin::Map::new()) }
/// # }
/// wazo_auth_plugin::export! { backend "a" => A, backend "b" => A, backend "a" => A }
/// # fn main() {}
/// ```
///
/// A name, or a need, that is none:
///
/// ```compile_fail
/// # struct A;
/// # impl wazo_auth_plugin::Backend for A {
/// #     fn start(_: &wazo_auth_plugin::Call, _: wazo_auth_plugin::Config) -> wazo_auth_plugin::PluginResult<Self> { Ok(Self) }
/// #     fn verify_password(&self, _: &wazo_auth_plugin::Call, _: &str, _: &wazo_auth_plugin::Secret) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Verdict> { Ok(wazo_auth_plugin::Verdict::Refused) }
/// #     fn get_metadata(&self, _: &wazo_auth_plugin::Call, _: &str) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Map> { Ok(wazo_auth_plugin::Map::new()) }
/// # }
/// wazo_auth_plugin::export! { backend "a b" => A }
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// # struct A;
/// # impl wazo_auth_plugin::Backend for A {
/// #     fn start(_: &wazo_auth_plugin::Call, _: wazo_auth_plugin::Config) -> wazo_auth_plugin::PluginResult<Self> { Ok(Self) }
/// #     fn verify_password(&self, _: &wazo_auth_plugin::Call, _: &str, _: &wazo_auth_plugin::Secret) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Verdict> { Ok(wazo_auth_plugin::Verdict::Refused) }
/// #     fn get_metadata(&self, _: &wazo_auth_plugin::Call, _: &str) -> wazo_auth_plugin::PluginResult<wazo_auth_plugin::Map> { Ok(wazo_auth_plugin::Map::new()) }
/// # }
/// wazo_auth_plugin::export! { backend "a" => A, needs "get_acl" }
/// # fn main() {}
/// ```
///
/// Nothing, and something that is no entry:
///
/// ```compile_fail
/// wazo_auth_plugin::export! {}
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// wazo_auth_plugin::export! { frontend "a" => A }
/// # fn main() {}
/// ```
#[cfg(doctest)]
struct WrongUses;
