//! The shapes of an API.

use serde_json::Value;

use super::html::{Escaped, inline, paragraphs};

/// All shapes, each with its members.
pub(super) fn section(description: &Value) -> String {
    let schemas = description["components"]["schemas"].as_object().into_iter().flatten();
    let list: String = schemas
        .map(|(name, schema)| {
            let (name, about) = (Escaped(name), paragraphs(&schema["description"]));
            format!(
                "<details id=\"shape-{name}\">\n<summary><code>{name}</code></summary>\n{about}{}</details>\n",
                members(schema)
            )
        })
        .collect();
    format!("<h2>shapes</h2>\n{list}")
}

/// What a value may be, in a few words; a shape by its name, as a link.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", Escaped(name));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[choice].as_array() {
            return joined(choices.iter().map(type_of));
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return joined(values.iter().map(|value| format!("<code>{}</code>", Escaped(&value.to_string()))));
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_of(&schema["items"])),
        Value::String(kind) => Escaped(kind).to_string(),
        Value::Array(kinds) => joined(kinds.iter().map(|kind| Escaped::of(kind).to_string())),
        _ => "anything".to_owned(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" or ")
}

/// A table of an object's members, or of the objects that it may be, or what else it is.
fn members(schema: &Value) -> String {
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[choice].as_array() {
            return choices.iter().map(one_of_several).collect();
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        return format!("<p>{}</p>\n", type_of(schema));
    };
    let required = schema["required"].as_array();
    let rows: String = properties
        .iter()
        .map(|(name, of)| {
            let always = required.is_some_and(|names| names.iter().any(|required| required == name));
            format!(
                "<tr><td><code>{}</code><td>{}<td>{}<td>{}\n",
                Escaped(name),
                type_of(of),
                if always { "always" } else { "" },
                inline(of["description"].as_str().unwrap_or_default())
            )
        })
        .collect();
    format!("<table>\n{rows}</table>\n")
}

fn one_of_several(schema: &Value) -> String {
    paragraphs(&schema["description"]) + &members(schema)
}
