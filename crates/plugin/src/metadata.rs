//! The kind `metadata`, as an author writes it and as the daemon calls it.

use serde_json::{Value, json};
use wazo_auth_core::{
    self as abi, AbiResult, MetadataObject,
    abi_stable::{
        sabi_trait::TD_Opaque,
        std_types::{RStr, RString},
    },
    metadata::Metadata_TO,
};

use crate::{
    Call, Config, Map, PluginError, PluginResult, adapter::Adapter, document, fence, services::User,
};

/// What the tokens of users say of them.
///
/// Users have a purpose, and a purpose has metadata plugins in an order. At a login the backend of the
/// user asks the daemon for what all of them answer, put together: of a member that several give, the
/// last one stays.
///
/// One object serves all requests, from several threads at once.
pub trait Metadata: Sized + Send + Sync + 'static {
    /// Makes the plugin. `config` is its own section of the daemon's configuration.
    fn start(call: &Call, config: Config) -> PluginResult<Self>;

    /// What goes into the metadata of the token to be made for `user`, who owns `login`.
    ///
    /// By default who the user is: see [`User::metadata`].
    fn get_token_metadata(&self, call: &Call, login: &str, user: &User) -> PluginResult<Map> {
        let _ = login;
        Ok(user.metadata(call))
    }

    /// What is kept with a refresh token of `user`, and is in all tokens made with it. By default
    /// nothing. Asked for when a client wants to stay logged in.
    fn get_persistent_metadata(&self, call: &Call, login: &str, user: &User) -> PluginResult<Map> {
        let _ = (call, login, user);
        Ok(Map::new())
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
            "this metadata plugin has no method `{method}`"
        )))
    }
}

impl User {
    /// Who the user is, as tokens say it: `uuid`, `tenant_uuid`, `auth_id` (the uuid again),
    /// `pbx_user_uuid` (null) and `xivo_uuid`, in this order.
    pub fn metadata(&self, call: &Call) -> Map {
        Map::from_iter([
            ("uuid".to_owned(), json!(self.uuid)),
            ("tenant_uuid".to_owned(), json!(self.tenant_uuid)),
            ("auth_id".to_owned(), json!(self.uuid)),
            ("pbx_user_uuid".to_owned(), Value::Null),
            ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
        ])
    }
}

impl<T: Metadata> abi::Metadata for Adapter<T> {
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

    fn get_token_metadata(
        &self,
        call: abi::Call,
        login: RStr<'_>,
        user: RStr<'_>,
    ) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let user = document::read("user", user.as_str())?;
            let metadata = plugin.get_token_metadata(call, login.as_str(), &user)?;
            Ok(document::write_map(metadata).into())
        })
    }

    fn get_persistent_metadata(
        &self,
        call: abi::Call,
        login: RStr<'_>,
        user: RStr<'_>,
    ) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let user = document::read("user", user.as_str())?;
            let metadata = plugin.get_persistent_metadata(call, login.as_str(), &user)?;
            Ok(document::write_map(metadata).into())
        })
    }
}

/// Makes and starts a metadata plugin for the daemon.
pub(crate) fn start<T: Metadata>(call: abi::Call, config: RStr<'_>) -> AbiResult<MetadataObject> {
    fence::run(|| {
        let call = Call::from_abi(call)?;
        let plugin = Adapter::new(T::start(&call, Config::parse(config.as_str())?)?);
        Ok(Metadata_TO::from_value(plugin, TD_Opaque))
    })
}
