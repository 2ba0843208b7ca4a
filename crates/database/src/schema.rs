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
    auth_tenant_domain (uuid) {
        uuid -> Text,
        tenant_uuid -> Text,
        name -> Text,
    }
}
diesel::table! {
    auth_address (id) {
        id -> Integer,
        line_1 -> Nullable<Text>,
        line_2 -> Nullable<Text>,
        city -> Nullable<Text>,
        state -> Nullable<Text>,
        zip_code -> Nullable<Text>,
        country -> Nullable<Text>,
        tenant_uuid -> Text,
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
    use crate::types::{Json, Moment};

    auth_refresh_token (uuid) {
        uuid -> Text,
        client_id -> Nullable<Text>,
        user_uuid -> Nullable<Text>,
        backend -> Nullable<Text>,
        login -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        remote_addr -> Nullable<Text>,
        created_at -> Nullable<Moment>,
        mobile -> Bool,
        metadata -> Json,
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

diesel::table! {
    auth_external_auth_config (type_uuid, tenant_uuid) {
        type_uuid -> Text,
        tenant_uuid -> Text,
        data -> Text,
    }
}
diesel::table! {
    auth_ldap_config (tenant_uuid) {
        tenant_uuid -> Text,
        host -> Text,
        port -> Integer,
        protocol_version -> Nullable<SmallInt>,
        protocol_security -> Nullable<Text>,
        bind_dn -> Nullable<Text>,
        bind_password -> Nullable<Text>,
        user_base_dn -> Text,
        user_login_attribute -> Nullable<Text>,
        user_email_attribute -> Nullable<Text>,
        search_filters -> Nullable<Text>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Xml;

    auth_saml_config (tenant_uuid, domain_uuid) {
        tenant_uuid -> Text,
        domain_uuid -> Text,
        entity_id -> Text,
        idp_metadata -> Xml,
        acs_url -> Text,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Moment;

    auth_saml_session (request_id, session_id) {
        request_id -> Text,
        session_id -> Text,
        redirect_url -> Text,
        domain -> Text,
        relay_state -> Text,
        login -> Nullable<Text>,
        start_time -> Nullable<Moment>,
        saml_name_id -> Nullable<Text>,
        refresh_token_uuid -> Nullable<Text>,
    }
}
diesel::table! {
    auth_saml_pysaml2_cache (name_id, entity_id) {
        name_id -> Text,
        entity_id -> Text,
        info -> Text,
        not_on_or_after -> Integer,
    }
}

diesel::table! {
    wazo_auth_rs_installation (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Json, Moment};

    wazo_auth_rs_event (id) {
        id -> BigInt,
        created_at -> Moment,
        object -> Text,
        name -> Text,
        tenant_uuid -> Nullable<Text>,
        user_uuid -> Nullable<Text>,
        payload -> Json,
        routing_key -> Nullable<Text>,
        session_uuid -> Nullable<Text>,
        set_aside -> Nullable<Text>,
    }
}

diesel::table! {
    wazo_auth_rs_expire_soon (session_uuid) {
        session_uuid -> Text,
        expire_t -> Integer,
    }
}

diesel::table! {
    wazo_auth_rs_user_text (uuid) {
        uuid -> Text,
        tenant_uuid -> Text,
        username -> Nullable<Text>,
        firstname -> Nullable<Text>,
        lastname -> Nullable<Text>,
        folded -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    auth_access,
    auth_address,
    auth_email,
    auth_external_auth_config,
    auth_external_auth_type,
    auth_group,
    auth_group_policy,
    auth_ldap_config,
    auth_policy,
    auth_policy_access,
    auth_refresh_token,
    auth_saml_config,
    auth_saml_pysaml2_cache,
    auth_saml_session,
    auth_session,
    auth_tenant,
    auth_tenant_domain,
    auth_token,
    auth_user,
    auth_user_external_auth,
    auth_user_group,
    auth_user_policy,
    wazo_auth_rs_expire_soon,
    wazo_auth_rs_user_text,
);
