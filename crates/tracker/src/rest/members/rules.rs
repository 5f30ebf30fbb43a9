//! Rules, and why a member may do what.

use axum::{
    Router,
    extract::{Query, rejection::QueryRejection},
    routing::{delete, get},
};
use peerpool_access::{
    Members, Moment, Right, Role,
    members::{Command, CommandError, Member},
    rules::{Deciding, ParsePatternError, Rule, RuleId, Scope},
};
use peerpool_api::{self as api, AccessQuery, Allow, Allowed, Changed, RuleScope, Why, WhyQuery, paths};
use peerpool_wire::id::InfoHash;

use super::{Answer, Asking, Body, Named, given, member_named, path};
use crate::{
    app::App,
    members::{Items, Known, KnownItem, MembersError},
    request_error::RequestError,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::ACCESS, get(rules).post(allow))
        .route(paths::ACCESS_WHY, get(why))
        .route(paths::ACCESS_RULE, delete(deny))
}

type Asked<T> = Result<Query<T>, QueryRejection>;

async fn rules(asking: Asking, query: Asked<AccessQuery>) -> Answer<Vec<api::Rule>> {
    let AccessQuery { item } = asked(query)?;
    asking
        .look(move |known, member| {
            let about = item.map(|hash| seen(&known, hash)).transpose()?;
            if about.is_some_and(|item| !keeps(&known, member, item)) {
                return Err(CommandError::NotAllowed.into());
            }
            let Known { members, items, .. } = known;
            let is_shown = |rule: &&Rule| match (&rule.scope, about) {
                (Scope::Item(hash), Some(item)) => *hash == item.info_hash,
                (_, Some(_)) => false,
                (Scope::Item(hash), None) => {
                    member.role == Role::Admin
                        || items.find(*hash).is_some_and(|item| keeps(&known, member, item))
                }
                (_, None) => member.role == Role::Admin,
            };
            let mut shown: Vec<&Rule> = members.rules().iter().filter(is_shown).collect();
            shown.sort_by_key(|rule| rule.id);
            Ok(shown.into_iter().map(|rule| told(members, items, rule)).collect())
        })
        .await
}

async fn allow(asking: Asking, body: Body<Allow>) -> Answer<Changed> {
    let Allow { item, pattern, right, subject, until } = given(body)?;
    if item.is_some() && pattern.is_some() {
        return Err(RequestError::BadQuery("a rule is about an `item` or a `pattern`, not both".to_owned()));
    }
    let pattern = pattern.map(|pattern| pattern.parse()).transpose();
    let pattern = pattern.map_err(|error: ParsePatternError| RequestError::BadQuery(error.to_string()))?;
    asking
        .command(move |known| {
            let about = item.map(|hash| seen(&known, hash)).transpose()?;
            let scope = match (about, pattern) {
                (Some(item), _) => Scope::Item(item.info_hash),
                (None, Some(pattern)) => Scope::Name(pattern),
                (None, None) => Scope::Pool,
            };
            let unknown = || MembersError::Unknown { kind: "subject", name: subject.clone() };
            Ok(vec![Command::Allow {
                scope,
                right: access_right(right),
                subject: known.members.subject_named(&subject).ok_or_else(unknown)?,
                until: until.map(Moment),
                owner: about.and_then(|item| item.named().owner),
            }])
        })
        .await
}

async fn deny(asking: Asking, id: Named) -> Answer<Changed> {
    let id = path(id)?;
    let rule = id.parse().map(RuleId);
    let rule = rule.map_err(|_| RequestError::BadQuery(format!("`{id}` is not the number of a rule")))?;
    asking
        .command(move |Known { members, items, .. }| {
            let unknown = || MembersError::Unknown { kind: "rule", name: id };
            let known = members.rules().iter().find(|known| known.id == rule).ok_or_else(unknown)?;
            let about = match known.scope {
                Scope::Item(hash) => items.find(hash),
                _ => None,
            };
            Ok(vec![Command::Deny { rule, owner: about.and_then(|item| item.named().owner) }])
        })
        .await
}

async fn why(asking: Asking, query: Asked<WhyQuery>) -> Answer<Why> {
    let WhyQuery { item, member: of } = asked(query)?;
    asking
        .look(move |known, asker| {
            let item = seen(&known, item)?;
            let Known { members, items, by, now, .. } = known;
            let of = of.map_or(Ok(by), |name| member_named(members, &name))?;
            if of != by && !keeps(&known, asker, item) {
                return Err(CommandError::NotAllowed.into());
            }
            let subjects = members.subjects(of, now);
            let named = item.named();
            let decision = members.rules().decide(&named, now);
            let is_allowed = |right| decision.audience.allows(right, &subjects);
            let rules = decision.rules.iter().filter(|rule| subjects.contains(rule.subject));
            Ok(Why {
                item: item.info_hash,
                name: item.name.clone(),
                member: super::name_of(members, of),
                allowed: Allowed {
                    see: is_allowed(Right::See),
                    get: is_allowed(Right::Get),
                    give: is_allowed(Right::Give),
                },
                owner: named.owner == Some(of),
                scope: match decision.scope {
                    Deciding::Item => RuleScope::Item,
                    Deciding::Name => RuleScope::Name,
                    Deciding::Pool => RuleScope::Pool,
                },
                rules: rules.map(|rule| told(members, items, rule)).collect(),
            })
        })
        .await
}

pub(super) fn asked<T>(query: Asked<T>) -> Result<T, RequestError> {
    let Query(query) = query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(query)
}

/// The item with this hash, if the member may see it. One that is not there and one that is hidden are the same.
pub(super) fn seen<'a>(known: &Known<'a>, hash: InfoHash) -> Result<&'a KnownItem, MembersError> {
    let is_seen = |item: &&KnownItem| {
        let audience = known.members.rules().decide(&item.named(), known.now).audience;
        audience.allows(Right::See, &known.members.subjects(known.by, known.now))
    };
    let item = known.items.find(hash).filter(is_seen);
    item.ok_or_else(|| MembersError::Unknown { kind: "item", name: hash.to_string() })
}

/// Whether the member decides about the item.
pub(super) fn keeps(known: &Known<'_>, member: &Member, item: &KnownItem) -> bool {
    member.role == Role::Admin || item.named().owner == Some(known.by)
}

fn told(members: &Members, items: &Items, rule: &Rule) -> api::Rule {
    let (item, pattern) = match &rule.scope {
        Scope::Item(item) => (Some(*item), None),
        Scope::Name(pattern) => (None, Some(pattern.to_string())),
        Scope::Pool => (None, None),
    };
    api::Rule {
        id: rule.id.0,
        item,
        name: item.and_then(|item| items.find(item)).map(|item| item.name.clone()),
        pattern,
        right: match rule.right {
            Right::See => api::Right::See,
            Right::Get => api::Right::Get,
            Right::Give => api::Right::Give,
        },
        subject: members.subject_name(rule.subject),
        until: rule.until.map(|until| until.0),
    }
}

fn access_right(right: api::Right) -> Right {
    match right {
        api::Right::See => Right::See,
        api::Right::Get => Right::Get,
        api::Right::Give => Right::Give,
    }
}
