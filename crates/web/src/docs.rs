//! The description of an API, for programs and, as a page, for people.
//!
//! The page is made of the description alone. It needs no script and nothing of another site, and folds by `<details>`.

mod html;
mod operation;
mod schema;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderName, header},
    response::{Html, IntoResponse},
    routing::get,
};
use peerpool_api::paths;
use serde::Serialize;
use serde_json::Value;

use self::html::Escaped;

const STYLE: &str = include_str!("docs/style.css");
const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");
const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Serves a description (OpenAPI 3.1) as JSON, and as a page with its style. It is made when it is asked for first: few
/// servers ever are, and making it takes megabytes for a while.
pub fn routes<S: Clone + Send + Sync + 'static, D: Serialize + 'static>(describe: fn() -> D) -> Router<S> {
    let texts: [Arc<OnceLock<Bytes>>; 2] = Default::default();
    let [for_programs, for_people] = texts;
    let as_json = move || async move {
        let text = for_programs.get_or_init(|| json(&description(describe))).clone();
        ([JSON], text)
    };
    let as_page = move || async move {
        let text = for_people.get_or_init(|| page(&description(describe)).into()).clone();
        ([POLICY], Html(text))
    };
    Router::new()
        .route(paths::OPENAPI, get(as_json))
        .route(paths::DOCS, get(as_page))
        .route(paths::DOCS_STYLE, get(style))
}

/// A description is made of texts and maps, which are always JSON.
fn description<D: Serialize>(describe: fn() -> D) -> Value {
    serde_json::to_value(describe()).unwrap_or_default()
}

fn json(description: &Value) -> Bytes {
    serde_json::to_vec(description).unwrap_or_default().into()
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// The page. It names its style by an absolute path, so it may stand at any.
fn page(description: &Value) -> String {
    let info = &description["info"];
    let (title, style, json) = (Escaped::of(&info["title"]), paths::DOCS_STYLE, paths::OPENAPI);
    let (version, about) = (Escaped::of(&info["version"]), html::paragraphs(&info["description"]));
    let (operations, schemas) = (operation::sections(description), schema::section(description));
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"{style}\">\n\
         <main>\n\
         <h1>{title} <small>{version}</small></h1>\n\
         {about}\
         <p>For programs: <a href=\"{json}\">{json}</a> (OpenAPI 3.1).</p>\n\
         {operations}{schemas}\
         </main>\n\
         </html>\n"
    )
}

#[cfg(test)]
mod tests {
    use peerpool_api::openapi;

    use super::*;

    fn described() -> [Value; 2] {
        [openapi::peer(), openapi::tracker()].map(|api| serde_json::to_value(api).unwrap())
    }

    #[test]
    fn the_page_has_every_operation_and_every_shape() {
        for description in described() {
            let page = page(&description);
            for (path, operations) in description["paths"].as_object().unwrap() {
                for (method, operation) in operations.as_object().unwrap() {
                    let heading = format!("<b>{}</b> <code>{path}</code>", method.to_uppercase());
                    assert!(page.contains(&heading), "{heading}");
                    assert!(page.contains(&html::inline(operation["summary"].as_str().unwrap())), "{path}");
                }
            }
            for name in description["components"]["schemas"].as_object().unwrap().keys() {
                assert!(page.contains(&format!("<details id=\"shape-{name}\">")), "{name}");
            }
        }
    }

    #[test]
    fn every_link_of_the_page_leads_into_it_or_to_the_server() {
        for description in described() {
            let page = page(&description);
            let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            for link in links {
                let leads = match link.strip_prefix('#') {
                    Some(id) => page.contains(&format!("id=\"{id}\"")),
                    None => [paths::DOCS_STYLE, paths::OPENAPI].contains(&link),
                };
                assert!(leads, "{link}");
            }
            for forbidden in ["<script", "style=\"", "<style", " src=", "http://", "https://", "javascript:"]
            {
                assert!(!page.contains(forbidden), "{forbidden}");
            }
        }
    }

    #[test]
    fn what_a_description_says_is_text_and_no_markup() {
        let description = serde_json::json!({
            "info": {"title": "<script>", "version": "&", "description": "a `b<c`\n\nd"},
            "paths": {"/<x>": {"get": {"tags": ["\"t\""], "summary": "<b>", "responses": {}}}},
        });
        let page = page(&description);
        assert!(page.contains("<title>&lt;script&gt;</title>") && page.contains("<small>&amp;</small>"));
        assert!(page.contains("<p>a <code>b&lt;c</code></p>\n<p>d</p>"), "{page}");
        assert!(page.contains("<code>/&lt;x&gt;</code>") && !page.contains("<script>"));
    }
}
