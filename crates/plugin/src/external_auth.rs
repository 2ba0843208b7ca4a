//! The kind `external_auth`, as an author writes it and as the daemon calls it.

use serde_json::{Value, json};
use wazo_auth_core::{
    self as abi, AbiResult, RoutesObject,
    abi_stable::{
        sabi_trait::TD_Opaque,
        std_types::{RStr, RString, RVec},
    },
    routes::Routes_TO,
};

use crate::{
    Call, Config, Map, PluginError, PluginResult, Request, Response, Route, adapter::Adapter,
    document, fence,
};

/// Credentials of users for an external service: routes to manage them, and what of them may be
/// shown.
///
/// The name that it is exported under is the `type` that its data is stored under.
///
/// One object serves all requests, from several threads at once.
pub trait ExternalAuth: Sized + Send + Sync + 'static {
    /// Makes the plugin. `config` is its own section of the daemon's configuration.
    fn start(call: &Call, config: Config) -> PluginResult<Self>;

    /// What clients are told of the plugin, asked for once after the start. By default nothing.
    fn describe(&self, call: &Call) -> PluginResult<Description> {
        let _ = call;
        Ok(Description::default())
    }

    /// The routes, asked for once after the start.
    fn routes(&self) -> Vec<Route>;

    /// Answers a request to one of the routes; [`Request::handler`] says which.
    fn handle(&self, call: &Call, request: Request) -> PluginResult<Response>;

    /// The part of a user's stored data that may be listed, a JSON object. By default nothing.
    ///
    /// The data is any JSON document: older versions of the plugin may have written it.
    fn filter_safe(&self, call: &Call, data: &Value) -> PluginResult<Value> {
        let _ = (call, data);
        Ok(json!({}))
    }

    /// A message that the plugin waited for has come. For daemons that can wait for messages.
    fn on_message(&self, call: &Call, message: &Value) -> PluginResult<()> {
        let _ = (call, message);
        Err(PluginError::unsupported("this plugin waits for no message"))
    }

    /// Says goodbye: the last call, for saying farewell to servers and ending threads. There is less
    /// than a second for it, and the object is not dropped afterwards.
    fn stop(&self, call: &Call) -> PluginResult<()> {
        let _ = call;
        Ok(())
    }

    /// Tests the plugin itself, say whether its server can be reached. Answers a JSON object. For
    /// tools that examine plugins; the daemon does not call it.
    fn check(&self, call: &Call) -> PluginResult<Value> {
        let _ = call;
        Ok(json!({}))
    }

    /// A method that this trait does not have, for daemons newer than it.
    fn call(&self, call: &Call, method: &str, args: Value) -> PluginResult<Value> {
        let _ = (call, args);
        Err(PluginError::unsupported(format!(
            "this plugin has no method `{method}`"
        )))
    }
}

/// What clients are told of a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    plugin_info: Value,
}

impl Description {
    /// Shows `plugin_info`, a JSON object, as it is to whoever lists external services.
    pub fn new(plugin_info: Value) -> Self {
        Self { plugin_info }
    }

    /// What is shown.
    pub fn plugin_info(&self) -> &Value {
        &self.plugin_info
    }
}

impl Default for Description {
    fn default() -> Self {
        Self::new(json!({}))
    }
}

impl<T: ExternalAuth> abi::Routes for Adapter<T> {
    fn stop(&self, call: abi::Call) -> AbiResult<()> {
        self.enter(call, |plugin, call| plugin.stop(call))
    }

    fn check(&self, call: abi::Call) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            Ok(document::write_object("check", &plugin.check(call)?)?.into())
        })
    }

    fn call(&self, call: abi::Call, method: RStr<'_>, arguments: RStr<'_>) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let arguments = document::read("arguments of the method", arguments.as_str())?;
            Ok(plugin
                .call(call, method.as_str(), arguments)?
                .to_string()
                .into())
        })
    }

    fn describe(&self, call: abi::Call) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let mut description = Map::new();
            description.insert("plugin_info".to_owned(), plugin.describe(call)?.plugin_info);
            Ok(document::write_map(description).into())
        })
    }

    fn routes(&self, call: abi::Call) -> AbiResult<RVec<abi::Route>> {
        self.enter(call, |plugin, _call| {
            let routes = plugin.routes();
            Ok(routes.into_iter().map(Route::into_abi).collect())
        })
    }

    fn handle(&self, call: abi::Call, request: abi::Request) -> AbiResult<abi::Response> {
        self.enter(call, |plugin, call| {
            let request = Request::from_abi(request)?;
            plugin.handle(call, request).map(Response::into_abi)
        })
    }

    fn filter_safe(&self, call: abi::Call, data: RStr<'_>) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let data = document::read("stored data", data.as_str())?;
            let shown = plugin.filter_safe(call, &data)?;
            Ok(document::write_object("filter_safe", &shown)?.into())
        })
    }

    fn on_message(&self, call: abi::Call, message: RStr<'_>) -> AbiResult<()> {
        self.enter(call, |plugin, call| {
            plugin.on_message(call, &document::read("message", message.as_str())?)
        })
    }
}

/// Makes and starts an external authentication type for the daemon.
pub(crate) fn start<T: ExternalAuth>(call: abi::Call, config: RStr<'_>) -> AbiResult<RoutesObject> {
    fence::run(|| {
        let call = Call::from_abi(call)?;
        let plugin = Adapter::new(T::start(&call, Config::parse(config.as_str())?)?);
        Ok(Routes_TO::from_value(plugin, TD_Opaque))
    })
}
