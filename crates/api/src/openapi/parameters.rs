//! What parameters look like: the shape of an info-hash, and how great a number may be.

use utoipa::openapi::{
    KnownFormat, ObjectBuilder, OpenApi, RefOr, Schema, SchemaFormat,
    path::{Parameter, ParameterIn},
    schema::Type,
};

use super::refusals::operations;

/// v1, v2, or both of a hybrid item.
const HASH: &str = "^([0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{40}:[0-9a-fA-F]{64})$";

/// Gives the shape of an info-hash to each `{hash}`, and its greatest value to each number of 32 bits.
pub(super) fn described(mut api: OpenApi) -> OpenApi {
    let operations = api.paths.paths.values_mut().flat_map(operations);
    let parameters = operations.filter_map(|operation| operation.parameters.as_mut()).flatten();
    for parameter in parameters {
        let RefOr::T(parameter) = parameter else { continue };
        if is_hash(parameter) {
            let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(HASH));
            parameter.schema = Some(RefOr::T(Schema::Object(text.build())));
        }
        bound(parameter);
    }
    api
}

fn bound(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(number))) = &mut parameter.schema
        && number.format == Some(SchemaFormat::KnownFormat(KnownFormat::UInt32))
    {
        number.maximum.get_or_insert(u32::MAX.into());
    }
}

fn is_hash(parameter: &Parameter) -> bool {
    parameter.name == "hash" && parameter.parameter_in == ParameterIn::Path
}
