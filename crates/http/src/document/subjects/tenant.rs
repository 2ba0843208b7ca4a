//! Tenants, and the tree that they are.

use crate::{
    document::{
        Api,
        operation::{Failure, Operation},
        schema::{integer, list, named, object, page, text, uuid},
    },
    resources::tenant,
};

pub fn describe(api: &mut Api) {
    api.tag("tenants", "Tenants, and the tree that they are.");
    let part = || text().nullable();
    api.schema(
        "Tenant",
        object([
            ("uuid", uuid()),
            (
                "parent_uuid",
                uuid().says("The tenant above it; of the one above all others, itself."),
            ),
            ("name", text().nullable()),
            ("slug", text().says("A short name, which stays.")),
            ("contact", uuid().nullable().says("A user to ask.")),
            ("phone", text().nullable()),
            (
                "default_authentication_method",
                text().says("Who checks the passwords of users that have no method of their own."),
            ),
            ("domain_names", list(text())),
            (
                "address",
                object([
                    ("line_1", part()),
                    ("line_2", part()),
                    ("city", part()),
                    ("state", part()),
                    ("country", part()),
                    ("zip_code", part()),
                ]),
            ),
        ]),
    );
    api.operation(
        "GET",
        "/tenants",
        "listTenants",
        "Lists the tenant and those below it",
    )
    .list(&tenant::LIST, Some("names, slugs and domain names"))
    .answers(200, "The tenants", page(named("Tenant")));
    api.operation(
        "POST",
        "/tenants",
        "createTenant",
        "Makes a tenant below the tenant",
    )
    .body(
        &[tenant::IDENTITY, tenant::SLUG, tenant::PROFILE],
        "What is said of the tenant.",
    )
    .answers(200, "The tenant", named("Tenant"))
    .fails(
        403,
        Failure::Error,
        "the UUID is that of the tenant that it would be below",
    )
    .profiled();
    api.operation(
        "GET",
        "/tenants/{tenant_uuid}",
        "getTenant",
        "Shows a tenant",
    )
    .answers(200, "The tenant", named("Tenant"))
    .of_tenant();
    api.operation(
        "PUT",
        "/tenants/{tenant_uuid}",
        "updateTenant",
        "Replaces what is said of a tenant",
    )
    .body(
        &[tenant::IDENTITY, tenant::PROFILE],
        "What is said of the tenant. `uuid` changes nothing.",
    )
    .answers(200, "The tenant", named("Tenant"))
    .of_tenant()
    .profiled();
    api.operation(
        "DELETE",
        "/tenants/{tenant_uuid}",
        "delete_tenant",
        "Deletes a tenant with everything in it",
    )
    .answers_nothing(204, "The tenant is gone")
    .of_tenant()
    .fails(400, Failure::Shifted, "there are tenants below it")
    .fails(403, Failure::Error, "it is the caller's own");
    api.operation(
        "GET",
        "/tenants/{tenant_uuid}/domains",
        "listTenantDomains",
        "Lists the domains of a tenant",
    )
    .answers(
        200,
        "The domains",
        object([
            ("items", list(object([("name", text()), ("uuid", uuid())]))),
            ("total", integer()),
        ]),
    )
    .of_tenant();
    api.operation(
        "PUT",
        "/tenants/{tenant_uuid}/parent/{parent_tenant_uuid}",
        "updateTenantParent",
        "Moves a tenant below another one",
    )
    .answers_nothing(204, "The tenant is below the other one")
    .of_tenant()
    .fails(
        409,
        Failure::Error,
        "the other tenant is the same one, or below it",
    );
}

impl Operation {
    fn profiled(&mut self) -> &mut Self {
        self.fails(400, Failure::Error, "a member of the body is wrong")
            .fails(
                404,
                Failure::Error,
                "the contact is no user that the caller sees",
            )
            .fails(
                409,
                Failure::Error,
                "another tenant has the UUID, the slug or one of the domains",
            )
    }
}
