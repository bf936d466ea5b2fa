//! The description of the admin API says what is done.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use server::Body;
use testkit::World;

use crate::{
    admin_bodies::{administrator, description, request_schema, right_body, site},
    sites::{administration, call, name},
};

#[tokio::test]
async fn the_description_has_every_call_with_its_body_and_its_answers() {
    let world = World::new().await;
    let site = site(&world).await;
    let description = description(&world).await;
    assert!(
        description["openapi"].as_str().unwrap().starts_with("3.1."),
        "{}",
        description["openapi"]
    );
    assert_eq!(description["servers"], json!([{ "url": world.issuer }]));
    let mut described = 0;
    let mut ids = BTreeSet::new();
    for route in administration() {
        let operation = &description["paths"][route.path][route.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{}", name(route));
        described += 1;
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "an id stands once"
        );
        let schema = request_schema(&description, route);
        assert_eq!(
            schema.is_object(),
            route.body == Body::Json,
            "{}: {schema}",
            name(route)
        );
        if schema.is_object() {
            assert_eq!(
                (&schema["type"], &schema["additionalProperties"]),
                (&json!("object"), &json!(false)),
                "{}",
                name(route)
            );
            assert!(
                schema["properties"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|of| of["description"].is_string()),
                "{}: every member says what it is",
                name(route)
            );
            let right = right_body(route, &site);
            assert!(
                right
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|member| schema["properties"].get(member).is_some()),
                "{}",
                name(route)
            );
        }
        let answer = call(&world, route, &site, &site, &administrator(&world)).await;
        let response = &operation["responses"][answer.status.to_string()]["content"]["application/json"]["schema"];
        conforms(&answer.body, response, &name(route));
    }
    let all = description["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum::<usize>();
    assert_eq!(all, described, "nothing is described that is not there");
    let problem = &description["components"]["schemas"]["Problem"];
    conforms(
        &world.admin("GET", "/admin/v1/clients/nobody", None).await.body,
        problem,
        "a problem",
    );
    conforms(
        &world.admin("POST", "/admin/v1/clients", Some(&json!({}))).await.body,
        problem,
        "a problem with detail",
    );
}

/// The part of JSON Schema that the description uses: type, required, properties, additionalProperties, items.
fn conforms(value: &Value, schema: &Value, what: &str) {
    assert!(schema.is_object(), "{what}: no schema for this status");
    let of = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::Null => "null",
    };
    assert_eq!(schema["type"], of, "{what}: {value}");
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(
            value.get(required.as_str().unwrap()).is_some(),
            "{what}: {required} is missing in {value}"
        );
    }
    for (member, inner) in value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|_| schema.get("properties").is_some())
    {
        let property = &schema["properties"][member];
        assert!(property.is_object(), "{what}: {member} is not described");
        conforms(inner, property, &format!("{what}.{member}"));
    }
    for item in value
        .as_array()
        .into_iter()
        .flatten()
        .filter(|_| schema.get("items").is_some())
    {
        conforms(item, &schema["items"], &format!("{what}[]"));
    }
}
