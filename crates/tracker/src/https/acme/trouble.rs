//! Why there is no certificate, in words for whoever runs the tracker.

use std::io;

use instant_acme::{Error, Problem};

use crate::{https::certificate::CertificateError, outgoing::shown};

/// What the types of an authority's problems begin with (RFC 8555, 6.7).
const ACME: &str = "urn:ietf:params:acme:error:";

/// Why an order brought no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The authority says no.
    #[error("{}", explained(name.as_deref(), problem))]
    Refused { name: Option<String>, problem: Problem },
    #[error(
        "the authority does not look at {name} over TLS (tls-alpn-01), and the tracker answers no other way"
    )]
    NoChallenge { name: String },
    #[error("the authority takes too long")]
    Slow,
    #[error("the authority's answers make no sense")]
    Broken,
    #[error("the authority cannot be asked: {0}")]
    Asking(Error),
    #[error("the account at the authority cannot be kept: {0}")]
    Account(io::Error),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("no key or request can be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("no key or request can be made: {0}")]
    Key(#[from] rustls::Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::Refused { name: None, problem },
            Error::Timeout(_) => Self::Slow,
            other => Self::Asking(other),
        }
    }
}

impl Trouble {
    /// Whether the authority was asked too often.
    pub(super) fn is_limit(&self) -> bool {
        self.kind() == Some("rateLimited")
    }

    /// Whether the authority does not know the account.
    pub(super) fn is_about_the_account(&self) -> bool {
        self.kind() == Some("accountDoesNotExist")
    }

    fn kind(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => kind(problem),
            _ => None,
        }
    }
}

fn kind(problem: &Problem) -> Option<&str> {
    problem.r#type.as_deref()?.strip_prefix(ACME)
}

/// What to do, and what the authority says.
fn explained(name: Option<&str>, problem: &Problem) -> String {
    let name = name.unwrap_or("the name");
    let advice = match kind(problem).unwrap_or_default() {
        "dns" => {
            format!("{name} leads nowhere: let it lead to this tracker (its A or AAAA record)")
        }
        "connection" => format!(
            "{name} is not reached at port 443: have the tracker listen there, or port 443 lead to its port"
        ),
        "tls" | "unauthorized" | "incorrectResponse" => {
            format!("it is not this tracker that answers at port 443 of {name}")
        }
        "rateLimited" => "it was asked too often: wait".to_owned(),
        "caa" => format!("the CAA record of {name} names other authorities"),
        "rejectedIdentifier" => format!("it does not vouch for {name}"),
        "invalidContact" | "unsupportedContact" => {
            "it takes no such mail address (--acme-contact)".to_owned()
        }
        "externalAccountRequired" => "it takes those alone who have registered with it elsewhere".to_owned(),
        "userActionRequired" => "its terms have changed: read them".to_owned(),
        _ => "the authority refuses".to_owned(),
    };
    let mut said: Vec<&str> = problem.detail.as_deref().into_iter().collect();
    said.extend(problem.subproblems.iter().filter_map(|problem| problem.detail.as_deref()));
    match said.is_empty() {
        true => advice,
        false => format!("{advice} (it says: {})", shown(&said.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: &str, detail: &str) -> Trouble {
        let problem = serde_json::json!({ "type": format!("{ACME}{kind}"), "detail": detail });
        let problem = serde_json::from_value(problem).unwrap();
        Trouble::Refused { name: Some("pool.example".to_owned()), problem }
    }

    #[test]
    fn a_refusal_says_what_to_do_about_what() {
        for (kind, what) in [
            ("dns", "pool.example leads nowhere"),
            ("connection", "pool.example is not reached at port 443"),
            ("unauthorized", "not this tracker that answers"),
            ("rateLimited", "too often"),
            ("serverInternal", "the authority refuses"),
        ] {
            let said = refused(kind, "No\nway\u{7}").to_string();
            assert!(said.contains(what) && said.ends_with("(it says: Noway)"), "{said}");
        }
    }

    #[test]
    fn a_limit_and_an_unknown_account_are_told_from_the_rest() {
        assert!(refused("rateLimited", "").is_limit() && !refused("dns", "").is_limit());
        assert!(
            refused("accountDoesNotExist", "").is_about_the_account()
                && !Trouble::Slow.is_about_the_account()
        );
    }
}
