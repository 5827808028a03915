//! The JSON Schema of documents, generated from the types they are read into.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::API_VERSION;
use crate::document::{
    GatewaySpec, Kind, ModelName, ModelSpec, Name, PriceListSpec, ProviderSpec, RulePackSpec, TenantSpec,
    ThreatPolicySpec,
};

/// The JSON Schema (draft 2020-12) of a document of any kind, as it stands in `policies/schema.json`.
#[must_use]
pub fn json_schema() -> String {
    format!("{:#}\n", schema())
}

/// The schema as a value; `oneOf` has the kinds in the order of [`Kind::ALL`].
pub(crate) fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let kinds: Vec<Value> = Kind::ALL.iter().map(|kind| document(*kind, &mut generator)).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bartizan policy document",
        "oneOf": kinds,
        "$defs": generator.take_definitions(true),
    });
    // Maps keep the order of their entries if any crate of the build asks for that.
    schema.sort_all_objects();
    schema
}

fn document(kind: Kind, generator: &mut SchemaGenerator) -> Value {
    let name = match kind {
        Kind::Model => reference::<ModelName>(generator),
        Kind::Tenant | Kind::ThreatPolicy | Kind::RulePack | Kind::Provider | Kind::PriceList | Kind::Gateway => {
            reference::<Name>(generator)
        }
    };
    let spec = match kind {
        Kind::Tenant => reference::<TenantSpec>(generator),
        Kind::ThreatPolicy => reference::<ThreatPolicySpec>(generator),
        Kind::RulePack => reference::<RulePackSpec>(generator),
        Kind::Provider => reference::<ProviderSpec>(generator),
        Kind::Model => reference::<ModelSpec>(generator),
        Kind::PriceList => reference::<PriceListSpec>(generator),
        Kind::Gateway => reference::<GatewaySpec>(generator),
    };
    json!({
        "title": kind.as_str(),
        "description": kind.description(),
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind.as_str()},
            "metadata": {
                "description": "The name others refer to it by; unique among the documents of its kind.",
                "type": "object",
                "properties": {"name": name},
                "required": ["name"],
                "additionalProperties": false,
            },
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
    })
}

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_is_up_to_date() {
        let file = include_str!("../../../../policies/schema.json");
        assert!(
            file == json_schema(),
            "policies/schema.json is stale; run `make schema`"
        );
    }
}
