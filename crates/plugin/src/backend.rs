//! The kind `backend`, as an author writes it and as the daemon calls it.

use serde_json::{Value, json};
use wazo_auth_core::{
    self as abi, AbiResult, BackendObject,
    abi_stable::{
        sabi_trait::TD_Opaque,
        std_types::{RStr, RString, RVec},
    },
    backend::Backend_TO,
};

use crate::{
    Call, Config, Map, PluginError, PluginResult, Secret, Verdict, adapter::Adapter, document,
    fence,
};

/// A source of logins.
///
/// For a login the daemon asks, in this order: [`verify_password`](Self::verify_password),
/// [`get_metadata`](Self::get_metadata), [`get_acl`](Self::get_acl) and, when the client wants a
/// refresh token, [`get_persistent_metadata`](Self::get_persistent_metadata).
///
/// One object serves all requests, from several threads at once.
pub trait Backend: Sized + Send + Sync + 'static {
    /// Makes the backend. `config` is its own section of the daemon's configuration.
    fn start(call: &Call, config: Config) -> PluginResult<Self>;

    /// Whether login and password belong together.
    fn verify_password(&self, call: &Call, login: &str, password: &Secret)
    -> PluginResult<Verdict>;

    /// The metadata of the token to be made.
    ///
    /// `auth_id` (who this is: a UUID, always the same for the same person) and `xivo_uuid` (that of
    /// [`Call::xivo_uuid`]) are needed; everything else is up to the backend. For a login that
    /// belongs to a user whom the daemon keeps, the daemon puts that user's ids in their place.
    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map>;

    /// The accesses of the token to be made. By default there are none.
    fn get_acl(&self, call: &Call, login: &str) -> PluginResult<Vec<String>> {
        let _ = (call, login);
        Ok(Vec::new())
    }

    /// What is kept with a refresh token. By default nothing. Asked for by daemons that issue
    /// refresh tokens.
    fn get_persistent_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        let _ = (call, login);
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
            "this backend has no method `{method}`"
        )))
    }
}

impl<T: Backend> abi::Backend for Adapter<T> {
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

    fn verify_password(
        &self,
        call: abi::Call,
        login: RStr<'_>,
        password: RStr<'_>,
    ) -> AbiResult<abi::Verdict> {
        self.enter(call, |plugin, call| {
            let password = Secret::new(password.as_str());
            plugin
                .verify_password(call, login.as_str(), &password)
                .map(Verdict::into_abi)
        })
    }

    fn get_metadata(&self, call: abi::Call, login: RStr<'_>) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            Ok(document::write_map(plugin.get_metadata(call, login.as_str())?).into())
        })
    }

    fn get_acl(&self, call: abi::Call, login: RStr<'_>) -> AbiResult<RVec<RString>> {
        self.enter(call, |plugin, call| {
            let acl = plugin.get_acl(call, login.as_str())?;
            Ok(acl.into_iter().map(RString::from).collect())
        })
    }

    fn get_persistent_metadata(&self, call: abi::Call, login: RStr<'_>) -> AbiResult<RString> {
        self.enter(call, |plugin, call| {
            let metadata = plugin.get_persistent_metadata(call, login.as_str())?;
            Ok(document::write_map(metadata).into())
        })
    }
}

/// Makes and starts a backend for the daemon.
pub(crate) fn start<T: Backend>(call: abi::Call, config: RStr<'_>) -> AbiResult<BackendObject> {
    fence::run(|| {
        let call = Call::from_abi(call)?;
        let backend = Adapter::new(T::start(&call, Config::parse(config.as_str())?)?);
        Ok(Backend_TO::from_value(backend, TD_Opaque))
    })
}
