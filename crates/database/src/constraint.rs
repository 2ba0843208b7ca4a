//! The rules of the schema by name, the same for both engines.

use diesel::result::DatabaseErrorInformation;

macro_rules! constraints {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $(on $columns:literal)?;)*) => {
        /// A rule of the schema that a statement can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Constraint { $($(#[$doc])* $variant,)* }

        impl Constraint {
            /// Its name in the schema.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn named(wanted: &str) -> Option<Self> {
                match wanted { $($name => Some(Self::$variant),)* _ => None }
            }

            /// SQLite names the columns of a key or unique constraint, not the constraint.
            fn on(columns: &str) -> Option<Self> {
                match columns { $($($columns => Some(Self::$variant),)?)* _ => None }
            }
        }
    };
}

constraints! {
    /// The id of a tenant is taken.
    Tenant = "auth_tenant_pkey" on "auth_tenant.uuid";
    /// The slug of a tenant is taken, in this case of letters.
    TenantSlug = "auth_tenant_slug_key" on "auth_tenant.slug";
    /// The contact of a tenant is no user.
    TenantContact = "auth_tenant_contact_uuid_fkey";
    /// The parent of a tenant is none.
    TenantParent = "auth_tenant_parent_uuid_fkey";
    /// A tenant has a domain of this name.
    TenantDomainName = "auth_tenant_domain_name_key" on "auth_tenant_domain.name";
    /// The user of a refresh token is none.
    RefreshTokenUser = "auth_refresh_token_user_uuid_fkey";
    /// A user has data for this type of external authentication already.
    ExternalAuthData = "auth_external_user_type_auth_constraint" on "auth_user_external_auth.user_uuid, auth_user_external_auth.external_auth_type_uuid";
    /// Whose data for a type of external authentication it was is no user.
    ExternalAuthDataUser = "auth_user_external_auth_user_uuid_fkey";
    /// What a type of external authentication was configured for is no tenant.
    ExternalAuthConfigTenant = "auth_external_auth_config_tenant_uuid_fkey";
    /// A tenant has a SAML configuration for this domain already.
    SamlConfig = "auth_saml_config_pkey" on "auth_saml_config.tenant_uuid, auth_saml_config.domain_uuid";
    /// What a SAML configuration is for is no domain.
    SamlConfigDomain = "auth_saml_config_domain_uuid_fkey";
    /// The id of a user is taken.
    User = "auth_user_pkey" on "auth_user.uuid";
    /// The name of a user is taken, in whatever case of letters.
    UserName = "auth_user_username_key";
    /// A user has none of the known purposes.
    UserPurpose = "auth_user_purpose_check";
    /// The tenant of a user is none.
    UserTenant = "auth_user_tenant_uuid_fkey";
    /// The id of an e-mail address is taken.
    Email = "auth_email_pkey" on "auth_email.uuid";
    /// An e-mail address is taken, in whatever case of letters.
    EmailAddress = "auth_email_address_key";
    /// The user of an e-mail address is none.
    EmailUser = "auth_email_user_uuid_fkey";
    /// The id of a group is taken.
    Group = "auth_group_pkey" on "auth_group.uuid";
    /// The tenant has a group of this name.
    GroupName = "auth_group_name_tenant" on "auth_group.name, auth_group.tenant_uuid";
    /// The tenant has a group of this slug, in whatever case of letters.
    GroupSlug = "auth_group__idx__slug";
    /// The tenant of a group is none.
    GroupTenant = "auth_group_tenant_uuid_fkey";
    /// An access is too long for PostgreSQL's index of them, which holds about 2,700 bytes after
    /// compression.
    Access = "auth_access_access";
    /// The id of a policy is taken.
    Policy = "auth_policy_pkey" on "auth_policy.uuid";
    /// The tenant has a policy of this name.
    PolicyName = "auth_policy_name_tenant" on "auth_policy.name, auth_policy.tenant_uuid";
    /// The tenant has a policy of this slug, in whatever case of letters.
    PolicySlug = "auth_policy__idx__slug";
    /// The tenant of a policy is none.
    PolicyTenant = "auth_policy_tenant_uuid_fkey";
    /// What an access was to be given to is no policy.
    PolicyAccessPolicy = "auth_policy_access_policy_uuid_fkey";
    /// What was to join a group is no user.
    UserGroupUser = "auth_user_group_user_uuid_fkey";
    /// What a user was to join is no group.
    UserGroupGroup = "auth_user_group_group_uuid_fkey";
    /// What was to get a policy is no user.
    UserPolicyUser = "auth_user_policy_user_uuid_fkey";
    /// What a user was to get is no policy.
    UserPolicyPolicy = "auth_user_policy_policy_uuid_fkey";
    /// What was to get a policy is no group.
    GroupPolicyGroup = "auth_group_policy_group_uuid_fkey";
    /// What a group was to get is no policy.
    GroupPolicyPolicy = "auth_group_policy_policy_uuid_fkey";
}

impl Constraint {
    /// The constraint that an engine's message is about. Only PostgreSQL names foreign keys; for SQLite
    /// [`name_missing`](crate::queries::parent::name_missing) looks which one it was.
    pub(crate) fn in_message(information: &dyn DatabaseErrorInformation) -> Option<Self> {
        if let Some(name) = information.constraint_name() {
            return Self::named(name);
        }
        let (kind, what) = information.message().split_once(" constraint failed: ")?;
        match kind {
            "UNIQUE" => match what.strip_prefix("index '") {
                Some(index) => Self::named(index.strip_suffix('\'')?),
                None => Self::on(what),
            },
            "CHECK" => Self::named(what),
            _ => None,
        }
    }
}
