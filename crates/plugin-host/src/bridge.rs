//! The daemon, as plugins hold it: their log records and operations arrive here.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use abi_stable::{
    sabi_trait::TD_Opaque,
    std_types::{RArc, RStr, RString},
};
use log::{Level, Metadata, Record};
use serde_json::{Value, json};
use wazo_auth_core::{self as abi, AbiResult, HostObject, host::Host_TO};

use crate::{
    CallContext, ErrorKind, HostServices, PluginError,
    document::{MAX_DOCUMENT, one_line, value, write_object},
    nesting::{Allowance, Operation},
};

/// A log record of a plugin is cut here.
const MAX_RECORD: usize = 4096;

/// A plugin file, as the daemon knows it while it serves the plugin.
pub(crate) struct Plugin {
    /// The plugin's name.
    pub name: String,
    /// The same as the name of a Rust crate: what targets of log records begin with.
    module: String,
    needs: Vec<String>,
    services: Arc<dyn HostServices>,
}

impl Plugin {
    pub(crate) fn new(name: &str, needs: &[String], services: Arc<dyn HostServices>) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            module: name.replace('-', "_"),
            needs: needs.to_owned(),
            services,
        })
    }

    /// The daemon for work outside of calls. It never ends.
    pub(crate) fn background(self: &Arc<Self>) -> HostObject {
        let line = Line {
            plugin: Arc::clone(self),
            context: self.services.background(),
            deadline: None,
            inner: false,
            over: Arc::default(),
        };
        Host_TO::from_ptr(RArc::new(line), TD_Opaque)
    }

    /// What the plugin is told while no request is on.
    pub(crate) fn background_context(&self) -> CallContext {
        self.services.background()
    }

    /// The first argument of a method that is allowed so much. Setting `over` ends the call: from then
    /// on its operations answer errors.
    pub(crate) fn call(
        self: &Arc<Self>,
        context: &CallContext,
        allowed: Allowance,
        over: &Arc<AtomicBool>,
    ) -> abi::Call {
        let line = Line {
            plugin: Arc::clone(self),
            context: context.clone(),
            deadline: Some(allowed.deadline),
            inner: allowed.inner,
            over: Arc::clone(over),
        };
        let principal = context.principal.as_ref().map(|principal| {
            json!({ "auth_id": principal.auth_id, "session_uuid": principal.session_uuid })
        });
        let left = allowed.deadline.saturating_duration_since(Instant::now());
        let document = json!({
            "tenant_uuid": context.tenant_uuid,
            "top_tenant_uuid": context.top_tenant_uuid,
            "xivo_uuid": context.xivo_uuid,
            "principal": principal,
            "deadline_ms": u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            "trace": context.trace,
        });
        abi::Call {
            host: Host_TO::from_ptr(RArc::new(line), TD_Opaque),
            context: document.to_string().into(),
            args: write_object(&context.args).into(),
            extra: RString::new(),
        }
    }

    fn target(&self, target: &str) -> String {
        if target.starts_with(&self.module) {
            one_line(target, 200)
        } else {
            // A library in the plugin, or a name of the author's choice: say whose it is.
            one_line(&format!("{}::{target}", self.module), 200)
        }
    }
}

/// The connection of one call, or of a plugin's background work.
struct Line {
    plugin: Arc<Plugin>,
    context: CallContext,
    deadline: Option<Instant>,
    inner: bool,
    over: Arc<AtomicBool>,
}

impl Line {
    fn operation(&self, operation: &str, arguments: &str) -> Result<Value, PluginError> {
        if self.over.load(Ordering::SeqCst) {
            return Err(PluginError::new(ErrorKind::CallOver, "the call has ended"));
        }
        if !self.plugin.needs.iter().any(|need| need == operation) {
            return Err(PluginError::new(
                ErrorKind::Undeclared,
                format!(
                    "{:?} is not among the needs that the plugin exports",
                    one_line(operation, 100)
                ),
            ));
        }
        let arguments = value(arguments).map_err(|problem| {
            PluginError::new(
                ErrorKind::InvalidArgument,
                format!("the document of arguments {problem}"),
            )
        })?;
        let place = Operation {
            deadline: self.deadline,
            inner: self.inner,
        };
        place.run(|| {
            self.plugin
                .services
                .call(&self.context, self.deadline, operation, arguments)
        })
    }
}

impl abi::Host for Line {
    fn log_enabled(&self, level: u32, target: RStr<'_>) -> bool {
        level_of(level).is_some_and(|level| {
            level <= log::max_level()
                && log::logger().enabled(
                    &Metadata::builder()
                        .level(level)
                        .target(target.as_str())
                        .build(),
                )
        })
    }

    fn log(&self, level: u32, target: RStr<'_>, message: RStr<'_>, file: RStr<'_>, line: u32) {
        let Some(level) = level_of(level).filter(|level| *level <= log::max_level()) else {
            return;
        };
        log::logger().log(
            &Record::builder()
                .level(level)
                .target(&self.plugin.target(target.as_str()))
                .file(Some(file.as_str()))
                .line(Some(line))
                .args(format_args!("{}", one_line(message.as_str(), MAX_RECORD)))
                .build(),
        );
    }

    fn call(&self, operation: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString> {
        // A panic of ours must not reach the plugin either: it would abort the process.
        let answer = catch_unwind(AssertUnwindSafe(|| {
            self.operation(operation.as_str(), arguments.as_str())
        }))
        .unwrap_or_else(|_| {
            Err(PluginError::new(
                ErrorKind::Internal,
                "the operation failed inside the daemon",
            ))
        });
        match answer {
            Ok(Value::Null) => AbiResult::ROk(RString::new()),
            Ok(document) => AbiResult::ROk(document.to_string().into()),
            Err(error) => AbiResult::RErr(error.into_abi()),
        }
    }
}

fn level_of(level: u32) -> Option<Level> {
    Level::iter().find(|known| u32::try_from(*known as usize) == Ok(level))
}

/// Checks how many bytes a plugin's list of texts has.
pub(crate) fn within_bounds(texts: &[RString]) -> bool {
    texts
        .iter()
        .try_fold(0_usize, |sum, text| sum.checked_add(text.len() + 1))
        .is_some_and(|sum| sum <= MAX_DOCUMENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Map;
    use abi_stable::std_types::RResult;
    use wazo_auth_core::error::code;

    struct Services;

    impl HostServices for Services {
        fn operations(&self) -> &'static [&'static str] {
            &["a.echo", "a.panic"]
        }

        fn background(&self) -> CallContext {
            CallContext::default()
        }

        fn call(
            &self,
            context: &CallContext,
            _: Option<Instant>,
            operation: &str,
            arguments: Value,
        ) -> Result<Value, PluginError> {
            match operation {
                "a.echo" => Ok(json!([context.tenant_uuid, arguments])),
                _ => panic!("on purpose"),
            }
        }
    }

    fn call(over: &Arc<AtomicBool>) -> abi::Call {
        let needs = ["a.echo".to_owned(), "a.panic".to_owned()];
        let context = CallContext {
            tenant_uuid: Some("t".to_owned()),
            args: Map::from_iter([("login".to_owned(), json!("alice"))]),
            ..CallContext::default()
        };
        let allowed = Allowance {
            deadline: Instant::now(),
            inner: false,
        };
        Plugin::new("demo-plugin", &needs, Arc::new(Services)).call(&context, allowed, over)
    }

    fn ask(call: &abi::Call, operation: &str, arguments: &str) -> Result<String, u32> {
        match call.host.call(operation.into(), arguments.into()) {
            RResult::ROk(text) => Ok(text.into()),
            RResult::RErr(error) => Err(error.code),
        }
    }

    #[test]
    fn operations_run_for_the_request_until_its_call_is_over() {
        let over = Arc::default();
        let call = call(&over);
        assert_eq!(ask(&call, "a.echo", "{}"), Ok(r#"["t",{}]"#.to_owned()));
        assert_eq!(ask(&call, "a.echo", "{"), Err(code::INVALID_ARGUMENT));
        assert_eq!(ask(&call, "a.panic", ""), Err(code::INTERNAL));
        assert_eq!(ask(&call, "a.other", ""), Err(code::UNDECLARED));
        over.store(true, Ordering::SeqCst);
        assert_eq!(ask(&call, "a.echo", "{}"), Err(code::CALL_OVER));
    }

    #[test]
    fn the_context_says_for_whom_and_how_long() {
        let call = call(&Arc::default());
        let context: Value = serde_json::from_str(call.context.as_str()).unwrap();
        assert_eq!(
            context,
            json!({
                "tenant_uuid": "t", "top_tenant_uuid": null, "xivo_uuid": null, "principal": null,
                "deadline_ms": 0, "trace": "",
            })
        );
        assert_eq!(call.args.as_str(), r#"{"login":"alice"}"#);
    }

    #[test]
    fn log_records_say_whose_they_are() {
        let plugin = Plugin::new("demo-plugin", &[], Arc::new(Services));
        assert_eq!(plugin.target("demo_plugin::ldap"), "demo_plugin::ldap");
        assert_eq!(plugin.target("actix_http"), "demo_plugin::actix_http");
    }
}
