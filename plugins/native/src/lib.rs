//! What the daemon's own users need: the backend `wazo_user`, and what their tokens say of them.

mod defaults;
mod user_admin_status;
mod wazo_user;

use defaults::{DefaultExternalApi, DefaultInternal, DefaultUser};
use user_admin_status::UserAdminStatus;
use wazo_user::WazoUser;

wazo_auth_plugin::export! {
    backend "wazo_user" => WazoUser,
    metadata "default_user" => DefaultUser,
    metadata "default_internal" => DefaultInternal,
    metadata "default_external_api" => DefaultExternalApi,
    metadata "user_admin_status" => UserAdminStatus,
    needs "user_service.verify_password",
        "user_service.get_user_by_login",
        "user_service.get_acl",
        "user_service.list_policies",
        "user_service.list_groups",
        "group_service.get_acl",
        "purposes.get_token_metadata",
        "purposes.get_persistent_metadata",
}
