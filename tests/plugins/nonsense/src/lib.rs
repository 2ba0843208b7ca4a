//! A plugin that answers what no plugin may answer, below the crate that keeps authors from it.
//!
//! For the backend `nonsense` the login says what: see [`Nonsense`]. For the external authentication
//! type `nonsense` the query parameter `how` does: see [`handle`].

use wazo_auth_core::{
    AbiError, AbiResult, Backend, BackendObject, Call, Header, Request, Response, Route, Routes,
    RoutesObject, Verdict,
    abi_stable::{
        sabi_trait::TD_Opaque,
        std_types::{RErr, ROk, RStr, RString, RVec},
    },
    backend::{Backend_TO, verdict},
    routes::{Routes_TO, auth},
};
use wazo_auth_plugin::__private::{self as plugin, Field, Start, Started};

/// Who everybody is that logs in.
const AUTH_ID: &str = "f7e3d9b1-0c64-4a85-92d7-8b1f5e6a3c20";

/// Longer than any document may be.
const HUGE: usize = 3 * 1024 * 1024;

struct Nonsense;

impl Backend for Nonsense {
    fn stop(&self, _call: Call) -> AbiResult<()> {
        RErr(strange_error())
    }

    fn check(&self, _call: Call) -> AbiResult<RString> {
        ROk("]".into())
    }

    fn call(&self, _: Call, _: RStr<'_>, _: RStr<'_>) -> AbiResult<RString> {
        RErr(strange_error())
    }

    fn verify_password(&self, _: Call, login: RStr<'_>, _: RStr<'_>) -> AbiResult<Verdict> {
        let (code, details) = match login.as_str() {
            "code_77" => (77, ""),
            "code_max" => (u32::MAX, ""),
            "details_broken" => (verdict::ACCEPTED, "{\"args_patch\": "),
            "details_list" => (verdict::ACCEPTED, "[]"),
            "patch_text" => (verdict::ACCEPTED, "{\"args_patch\": \"all\"}"),
            "refused_with_patch" => (verdict::REFUSED, "{\"args_patch\": {\"login\": \"alice\"}}"),
            "strange_error" => return RErr(strange_error()),
            _ => (verdict::ACCEPTED, ""),
        };
        ROk(Verdict {
            code,
            details: details.into(),
            extra: "null and void".into(),
        })
    }

    fn get_metadata(&self, _call: Call, login: RStr<'_>) -> AbiResult<RString> {
        let document = match login.as_str() {
            "metadata_broken" => "{\"auth_id\": ".to_owned(),
            "metadata_list" => "[]".to_owned(),
            "metadata_nothing" => String::new(),
            "metadata_huge" => format!("{{\"auth_id\": \"{}\"}}", "a".repeat(HUGE)),
            "metadata_deep" => {
                format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000))
            }
            "auth_id_text" => "{\"auth_id\": \"everybody\", \"xivo_uuid\": null}".to_owned(),
            "auth_id_number" => "{\"auth_id\": 1, \"xivo_uuid\": null}".to_owned(),
            _ => format!("{{\"auth_id\": \"{AUTH_ID}\", \"xivo_uuid\": null}}"),
        };
        ROk(document.into())
    }

    fn get_acl(&self, _call: Call, login: RStr<'_>) -> AbiResult<RVec<RString>> {
        let access = match login.as_str() {
            "acl_nul" => "a\0b".to_owned(),
            "acl_huge" => "a".repeat(HUGE),
            _ => "nonsense.read".to_owned(),
        };
        ROk(RVec::from(vec![RString::from(access)]))
    }

    fn get_persistent_metadata(&self, _: Call, _: RStr<'_>) -> AbiResult<RString> {
        ROk("0".into())
    }
}

fn strange_error() -> AbiError {
    AbiError {
        code: 4711,
        message: "a line\nand another, with \x1b[31mcolour".into(),
        extra: "[1, 2".into(),
    }
}

/// Which of the entries it is.
struct NonsenseRoutes(&'static str);

impl Routes for NonsenseRoutes {
    fn stop(&self, _call: Call) -> AbiResult<()> {
        ROk(())
    }

    fn check(&self, _call: Call) -> AbiResult<RString> {
        ROk("".into())
    }

    fn call(&self, _: Call, _: RStr<'_>, _: RStr<'_>) -> AbiResult<RString> {
        RErr(strange_error())
    }

    fn describe(&self, _call: Call) -> AbiResult<RString> {
        let document = match self.0 {
            "nonsense_description" => "{\"plugin_info\": [",
            _ => "{}",
        };
        ROk(document.into())
    }

    fn routes(&self, _call: Call) -> AbiResult<RVec<Route>> {
        let route = Route {
            method: "GET".into(),
            path: format!("/users/{{user_uuid}}/external/{}", self.0).into(),
            access: format!("auth.users.{{user_uuid}}.external.{}.read", self.0).into(),
            auth: if self.0 == "nonsense_auth" {
                77
            } else {
                auth::TOKEN
            },
            handler: 0,
            extra: "}{".into(),
        };
        ROk(RVec::from(vec![route]))
    }

    fn handle(&self, _call: Call, request: Request) -> AbiResult<Response> {
        let how = request.query.iter().find(|pair| pair.name == "how");
        handle(how.map(|pair| pair.value.as_str()).unwrap_or_default())
    }

    fn filter_safe(&self, _call: Call, _data: RStr<'_>) -> AbiResult<RString> {
        ROk("[1, 2]".into())
    }

    fn on_message(&self, _call: Call, _message: RStr<'_>) -> AbiResult<()> {
        ROk(())
    }
}

fn handle(how: &str) -> AbiResult<Response> {
    let status = match how {
        "status_0" => 0,
        "status_101" => 101,
        "status_999" => 999,
        _ => 200,
    };
    let header = match how {
        "header_name" => Some(("x y\r\nx-injected", "1")),
        "header_value" => Some(("x-harmless", "1\r\nX-Injected: 1")),
        "header_length" => Some(("content-length", "100000")),
        "header_chunked" => Some(("transfer-encoding", "chunked")),
        "header_connection" => Some(("connection", "upgrade")),
        "strange_error" => return RErr(strange_error()),
        "api_200" => return RErr(api_error("{\"status\": 200, \"error_id\": \"fine\"}")),
        "api_nothing" => return RErr(api_error("")),
        "api_huge" => return RErr(api_error("{\"status\": 65537, \"error_id\": \"x\"}")),
        _ => None,
    };
    let headers: Vec<Header> = header
        .into_iter()
        .map(|(name, value)| Header {
            name: name.into(),
            value: value.as_bytes().to_vec().into(),
        })
        .collect();
    ROk(Response {
        status,
        headers: headers.into(),
        body: b"{}".to_vec().into(),
        extra: "?".into(),
    })
}

fn api_error(extra: &str) -> AbiError {
    AbiError {
        code: wazo_auth_core::error::code::API,
        message: "so there".into(),
        extra: extra.into(),
    }
}

/// The external authentication types, which differ in what is wrong with them.
const TYPES: [&str; 3] = ["nonsense", "nonsense_auth", "nonsense_description"];

struct Plugin;

impl plugin::Entries for Plugin {
    fn start_backend(_start: Start<'_>) -> Started<BackendObject> {
        ROk(Backend_TO::from_value(Nonsense, TD_Opaque))
    }

    fn start_external_auth(start: Start<'_>) -> Started<RoutesObject> {
        match TYPES.into_iter().find(|name| start.wants(name)) {
            Some(name) => ROk(Routes_TO::from_value(NonsenseRoutes(name), TD_Opaque)),
            None => start.unknown(plugin::kind::EXTERNAL_AUTH),
        }
    }
}

const FIELDS: &[Field] = &[
    Field::new(plugin::field::NAME, env!("CARGO_PKG_NAME")),
    Field::new(plugin::field::VERSION, env!("CARGO_PKG_VERSION")),
    Field::new(plugin::field::ABI, plugin::ABI_VERSION),
    Field::new(plugin::field::PANIC, plugin::PANIC),
    Field::entry(plugin::kind::BACKEND, "nonsense"),
    Field::entry(plugin::kind::EXTERNAL_AUTH, TYPES[0]),
    Field::entry(plugin::kind::EXTERNAL_AUTH, TYPES[1]),
    Field::entry(plugin::kind::EXTERNAL_AUTH, TYPES[2]),
];

// What `export!` writes, by hand: the macro takes well-behaved types alone.

#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".wazo_auth_plugin")]
pub static WAZO_AUTH_PLUGIN_MANIFEST: [u8; plugin::length(FIELDS)] = plugin::write(FIELDS);

#[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
pub static WAZO_AUTH_PLUGIN_HEADER: plugin::LibHeader = plugin::lib_header::<Plugin>();
