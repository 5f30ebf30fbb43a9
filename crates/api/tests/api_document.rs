//! docs/api.md lists what the code has.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{env, fmt::Write as _, fs, path::Path};

use peerpool_api::{Code, openapi};
use serde_json::Value;

#[test]
fn the_document_lists_every_resource_event_and_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    let committed = fs::read_to_string(&path).unwrap();
    let [peer, tracker] = [openapi::peer(), openapi::tracker()].map(|api| serde_json::to_value(api).unwrap());
    let mut generated = committed.clone();
    for (name, table) in [
        ("resources of a peer", resources(&peer)),
        ("resources of a tracker", resources(&tracker)),
        ("events of a peer", events(&peer["components"]["schemas"]["Event"])),
        ("events of a tracker", events(&tracker["components"]["schemas"]["PoolEvent"])),
        ("codes", codes()),
    ] {
        generated = with_table(&generated, name, &table);
    }
    if env::var_os("PEERPOOL_WRITE_OPENAPI").is_some() {
        fs::write(&path, &generated).unwrap();
        return;
    }
    assert!(
        committed == generated,
        "docs/api.md is stale: run `PEERPOOL_WRITE_OPENAPI=1 cargo test -p peerpool-api --test api_document`"
    );
}

#[test]
fn every_path_is_described() {
    let descriptions = [openapi::peer(), openapi::tracker()].map(|api| serde_json::to_value(api).unwrap());
    let source = include_str!("../src/paths.rs");
    let paths: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_suffix("\";")?.split_once("= \""))
        .map(|(_, path)| path)
        .collect();
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        assert!(descriptions.iter().any(|api| api["paths"].get(path).is_some()), "{path} is not described");
    }
}

#[test]
fn every_operation_says_how_it_may_refuse() {
    for api in [openapi::peer(), openapi::tracker()].map(|api| serde_json::to_value(api).unwrap()) {
        for (path, methods) in api["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let is_listed = operation["responses"].get("default").is_none();
                assert!(is_listed, "{method} {path} is not listed in src/openapi/refusals.rs");
            }
        }
    }
}

/// The document with this table between the marks of that name.
fn with_table(document: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begin}\n{table}\n{end}{after}")
}

fn resources(api: &Value) -> String {
    let mut table = "| request | takes | answers | refuses with |\n| --- | --- | --- | --- |\n".to_owned();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let (method, summary) = (method.to_uppercase(), operation["summary"].as_str().unwrap());
            let (takes, answers, refuses) = (takes(operation), answers(operation), refuses(operation));
            writeln!(table, "| `{method} {path}`: {summary} | {takes} | {answers} | {refuses} |").unwrap();
        }
    }
    table
}

/// Its query, and its body.
fn takes(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|parameter| parameter["in"] == "query");
    let query = query.map(|parameter| format!("`{}`", parameter["name"].as_str().unwrap()));
    let body = bodies(&operation["requestBody"]).map(|body| format!("body {body}"));
    or_none(query.chain(body).collect())
}

fn answers(operation: &Value) -> String {
    let responses = operation["responses"].as_object().unwrap();
    let good = responses.iter().filter(|(status, _)| status.starts_with('2'));
    or_none(good.flat_map(|(_, response)| bodies(response)).collect())
}

fn refuses(operation: &Value) -> String {
    let responses = operation["responses"].as_object().unwrap();
    let bad = responses.iter().filter(|(status, _)| !status.starts_with('2'));
    or_none(
        bad.map(|(status, response)| format!("{status} {}", response["description"].as_str().unwrap()))
            .collect(),
    )
}

fn bodies(body: &Value) -> impl Iterator<Item = String> {
    let kinds = body["content"].as_object().into_iter().flatten();
    kinds.map(|(kind, content)| {
        let schema = &content["schema"];
        let name = |schema: &Value| Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_owned());
        match (name(schema), name(&schema["items"])) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(name)) => format!("list of `{name}`"),
            (None, None) => kind.clone(),
        }
    })
}

fn or_none(parts: Vec<String>) -> String {
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

fn events(event: &Value) -> String {
    let mut table = "| event | when | members |\n| --- | --- | --- |\n".to_owned();
    for kind in event["oneOf"].as_array().unwrap() {
        let properties = kind["properties"].as_object().unwrap();
        let name = properties["event"]["enum"][0].as_str().or(properties["event"]["const"].as_str()).unwrap();
        let members = properties.keys().filter(|name| *name != "event");
        let members = or_none(members.map(|name| format!("`{name}`")).collect());
        let when = kind["description"].as_str().unwrap_or_default().replace('\n', " ");
        writeln!(table, "| `{name}` | {when} | {members} |").unwrap();
    }
    table
}

/// What the source says of each code, which is not a part of the description.
fn codes() -> String {
    let source = include_str!("../src/error.rs");
    let (_, body) = source.split_once("pub enum Code {\n").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let mut table = "| code | HTTP status | meaning |\n| --- | --- | --- |\n".to_owned();
    let mut meaning = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            meaning += &format!("{text} ");
        } else if let Some(variant) = line.strip_suffix(',') {
            let code: Code = serde_json::from_value(snake_case(variant).into()).unwrap();
            assert_eq!(code.name(), snake_case(variant), "a code goes by the name of its variant");
            let (text, _) = meaning.split_once(" (HTTP ").unwrap();
            writeln!(table, "| `{}` | {} | {text} |", code.name(), code.status().as_u16()).unwrap();
            meaning.clear();
        }
    }
    table
}

fn snake_case(variant: &str) -> String {
    let words =
        variant.char_indices().map(|(index, letter)| match letter.is_ascii_uppercase() && index > 0 {
            true => format!("_{}", letter.to_ascii_lowercase()),
            false => letter.to_ascii_lowercase().to_string(),
        });
    words.collect()
}
