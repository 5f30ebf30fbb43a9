//! The operations of an API, by their tags.

use serde_json::Value;

use super::{
    html::{Escaped, inline, paragraphs},
    schema::type_of,
};

/// A method at a path.
struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    about: &'a Value,
}

/// A section for each tag, in the order in which they first appear.
pub(super) fn sections(description: &Value) -> String {
    let all = operations(description);
    let mut tags: Vec<&str> = Vec::new();
    for operation in &all {
        if !tags.contains(&operation.tag()) {
            tags.push(operation.tag());
        }
    }
    let section = |tag: &str| {
        let of_tag = all.iter().filter(|operation| operation.tag() == tag);
        let list: String = of_tag.map(Operation::details).collect();
        format!("<h2>{}</h2>\n{list}", Escaped(tag))
    };
    tags.into_iter().map(section).collect()
}

fn operations(description: &Value) -> Vec<Operation<'_>> {
    let paths = description["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(|(method, about)| Operation { path, method, about })
        })
        .collect()
}

impl<'a> Operation<'a> {
    fn tag(&self) -> &'a str {
        self.about["tags"][0].as_str().unwrap_or("other")
    }

    fn details(&self) -> String {
        format!(
            "<details>\n<summary><b>{}</b> <code>{}</code> {}</summary>\n{}{}{}{}</details>\n",
            Escaped(&self.method.to_uppercase()),
            Escaped(self.path),
            inline(self.about["summary"].as_str().unwrap_or_default()),
            paragraphs(&self.about["description"]),
            self.parameters(),
            self.request(),
            self.responses()
        )
    }

    fn parameters(&self) -> String {
        let parameters = self.about["parameters"].as_array().into_iter().flatten();
        let rows: String = parameters
            .map(|parameter| {
                format!(
                    "<tr><td><code>{}</code><td>{}<td>{}{}\n",
                    Escaped::of(&parameter["name"]),
                    Escaped::of(&parameter["in"]),
                    type_of(&parameter["schema"]),
                    cell(&parameter["description"])
                )
            })
            .collect();
        if rows.is_empty() { rows } else { format!("<table>\n{rows}</table>\n") }
    }

    fn request(&self) -> String {
        let body = content(&self.about["requestBody"]);
        if body.is_empty() { body } else { format!("<p>Takes {body}.</p>\n") }
    }

    fn responses(&self) -> String {
        let responses = self.about["responses"].as_object().into_iter().flatten();
        let rows: String = responses
            .map(|(status, response)| {
                let (status, content) = (Escaped(status), content(response));
                format!("<tr><td>{status}<td>{content}{}\n", cell(&response["description"]))
            })
            .collect();
        format!("<table>\n{rows}</table>\n")
    }
}

fn cell(text: &Value) -> String {
    format!("<td>{}", inline(text.as_str().unwrap_or_default()))
}

/// What a body is, and of which kind.
fn content(body: &Value) -> String {
    let kinds = body["content"].as_object().into_iter().flatten();
    let kinds = kinds.map(|(kind, of)| match kind.as_str() {
        "application/json" | "application/problem+json" => type_of(&of["schema"]),
        kind => format!("<code>{}</code>", Escaped(kind)),
    });
    kinds.collect::<Vec<_>>().join(" or ")
}
