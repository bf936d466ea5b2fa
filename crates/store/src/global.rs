//! Statements whose first argument is not a tenant, each with its reason. Every other statement must start with the tenant: the registry test reads this list.

/// Name and reason.
pub const WITHOUT_TENANT: &[(&str, &str)] = &[
    (
        "administrator.by_token",
        "a token's digest is unique in the installation and finds its tenant",
    ),
    ("event.append", "the row names its stream first; the tenant is in it"),
    ("event.last_place", "a place in the committer's own stream"),
    ("event.holes", "streams belong to processes, not to tenants"),
    ("installation.one", "a fact of the installation"),
    ("installation.set", "a fact of the installation"),
    ("installation.set_if_absent", "a fact of the installation"),
    ("mark.empty_a", "marks of all tenants end by the same clock"),
    ("mark.empty_b", "marks of all tenants end by the same clock"),
    ("policy_set.advance", "the tenant is the row"),
    ("policy_set.unchanged", "the tenant is the row"),
    ("policy_set.version", "the tenant is the row"),
    ("tenant.all", "the directory of tenants"),
    ("tenant.create", "the tenant is the row"),
    ("tenant.set_disabled", "the tenant is the row"),
    ("tenant.set_issuer", "the tenant is the row"),
    ("tenant.set_name", "the tenant is the row"),
    ("tenant.set_settings", "the tenant is the row"),
];
