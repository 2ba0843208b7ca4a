//! The tables, as diesel sees them: columns in the order of the schema.

diesel::table! {
    auth_tenant (uuid) {
        uuid -> Text,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        contact_uuid -> Nullable<Text>,
        parent_uuid -> Text,
        slug -> Text,
        default_authentication_method -> Text,
    }
}
diesel::table! {
    auth_user (uuid) {
        uuid -> Text,
        username -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        password_salt -> Nullable<Binary>,
        firstname -> Nullable<Text>,
        lastname -> Nullable<Text>,
        enabled -> Nullable<Bool>,
        tenant_uuid -> Text,
        purpose -> Text,
        authentication_method -> Text,
    }
}
diesel::table! {
    auth_email (uuid) {
        uuid -> Text,
        address -> Text,
        confirmed -> Bool,
        main -> Bool,
        user_uuid -> Text,
    }
}
diesel::table! {
    auth_group (uuid) {
        uuid -> Text,
        name -> Text,
        tenant_uuid -> Text,
        system_managed -> Bool,
        slug -> Text,
    }
}
diesel::table! {
    auth_policy (uuid) {
        uuid -> Text,
        name -> Text,
        description -> Nullable<Text>,
        tenant_uuid -> Text,
        config_managed -> Nullable<Bool>,
        slug -> Text,
        shared -> Bool,
    }
}
diesel::table! {
    auth_access (id) {
        id -> Integer,
        access -> Text,
    }
}
diesel::table! {
    auth_policy_access (policy_uuid, access_id) {
        policy_uuid -> Text,
        access_id -> Integer,
    }
}
diesel::table! {
    auth_user_group (group_uuid, user_uuid) {
        group_uuid -> Text,
        user_uuid -> Text,
    }
}
diesel::table! {
    auth_user_policy (user_uuid, policy_uuid) {
        user_uuid -> Text,
        policy_uuid -> Text,
    }
}
diesel::table! {
    auth_group_policy (group_uuid, policy_uuid) {
        group_uuid -> Text,
        policy_uuid -> Text,
    }
}
diesel::table! {
    auth_session (uuid) {
        uuid -> Text,
        mobile -> Bool,
        tenant_uuid -> Text,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::types::TextList;

    auth_token (uuid) {
        uuid -> Text,
        auth_id -> Text,
        pbx_user_uuid -> Nullable<Text>,
        xivo_uuid -> Nullable<Text>,
        issued_t -> Nullable<Integer>,
        expire_t -> Nullable<Integer>,
        metadata -> Nullable<Text>,
        session_uuid -> Text,
        user_agent -> Nullable<Text>,
        remote_addr -> Nullable<Text>,
        acl -> TextList,
        refresh_token_uuid -> Nullable<Text>,
    }
}
diesel::table! {
    auth_external_auth_type (uuid) {
        uuid -> Text,
        name -> Text,
        enabled -> Nullable<Bool>,
    }
}
diesel::table! {
    auth_user_external_auth (user_uuid, external_auth_type_uuid) {
        user_uuid -> Text,
        external_auth_type_uuid -> Text,
        data -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    auth_access,
    auth_email,
    auth_external_auth_type,
    auth_group,
    auth_group_policy,
    auth_policy,
    auth_policy_access,
    auth_session,
    auth_tenant,
    auth_token,
    auth_user,
    auth_user_external_auth,
    auth_user_group,
    auth_user_policy,
);
