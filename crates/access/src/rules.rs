//! Rules, and the audience that they give an item.
//!
//! Rules only allow; what none allows is denied. Of three scopes the most particular one that has a rule for an item decides
//! alone: the item itself, else the name pattern with the longest literal beginning (of two, the one whose newest rule is
//! newer), else the pool. A scope decides by its rules that have not expired. It goes on deciding when all of them have: that a
//! rule ends must not give anybody more than before.

mod pattern;

use std::collections::BTreeMap;

pub use pattern::{ParsePatternError, Pattern};
use peerpool_wire::id::InfoHash;

use crate::{
    audience::{Audience, Right},
    moment::Moment,
    subject::{MemberId, Role, Subject, Subjects},
};

/// The number of a rule; later ones have higher numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u64);

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One item.
    Item(InfoHash),
    /// All items whose name matches.
    Name(Pattern),
    /// Every item of the pool.
    Pool,
}

/// That a subject has a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// What it is about.
    pub scope: Scope,
    /// What it allows.
    pub right: Right,
    /// To whom.
    pub subject: Subject,
    /// Until when, if it ends.
    pub until: Option<Moment>,
}

impl Rule {
    fn holds(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// An item, as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// What identifies it.
    pub item: InfoHash,
    /// Its name.
    pub name: &'a str,
    /// Who brought it in. An owner has every right to what is its own.
    pub owner: Option<MemberId>,
}

/// The kind of scope that decides of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deciding {
    /// The item itself has rules.
    Item,
    /// A pattern that its name matches has.
    Name,
    /// What is for all items.
    Pool,
}

/// What the rules say of an item.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// Who may do what.
    pub audience: Audience,
    /// The scope that decides.
    pub scope: Deciding,
    /// The rules of the deciding scope that hold.
    pub rules: Vec<&'a Rule>,
    /// When the next of them ends.
    pub ends: Option<Moment>,
}

impl Decision<'_> {
    /// The oldest rule by which somebody who counts as these has the right.
    pub fn why(&self, right: Right, subjects: &Subjects) -> Option<RuleId> {
        let gives = |rule: &&&Rule| rule.right >= right && subjects.contains(rule.subject);
        self.rules.iter().find(gives).map(|rule| rule.id)
    }
}

/// All rules of a pool.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    items: BTreeMap<InfoHash, Vec<Rule>>,
    names: Vec<(Pattern, Vec<Rule>)>,
    pool: Vec<Rule>,
}

impl RuleBook {
    /// What a new pool begins with: members see, get and give everything, readers see and get it, guests nothing.
    pub fn of_a_new_pool() -> Self {
        let allow = |(id, right, role)| Rule {
            id: RuleId(id),
            scope: Scope::Pool,
            right,
            subject: Subject::from(role),
            until: None,
        };
        let rules = [(1, Right::Give, Role::Member), (2, Right::Get, Role::Reader)];
        Self { pool: rules.map(allow).into(), ..Self::default() }
    }

    /// Adds a rule; its number is higher than those of the rules that are there.
    pub fn add(&mut self, rule: Rule) {
        match &rule.scope {
            Scope::Item(item) => self.items.entry(*item).or_default().push(rule),
            Scope::Pool => self.pool.push(rule),
            Scope::Name(pattern) => match self.names.iter_mut().find(|(known, _)| known == pattern) {
                Some((_, rules)) => rules.push(rule),
                None => self.names.push((pattern.clone(), vec![rule])),
            },
        }
    }

    /// Takes a rule out.
    pub fn remove(&mut self, id: RuleId) -> Option<Rule> {
        let take = |rules: &mut Vec<Rule>| {
            rules.iter().position(|rule| rule.id == id).map(|position| rules.remove(position))
        };
        let removed = take(&mut self.pool)
            .or_else(|| self.items.values_mut().find_map(take))
            .or_else(|| self.names.iter_mut().find_map(|(_, rules)| take(rules)));
        self.items.retain(|_, rules| !rules.is_empty());
        self.names.retain(|(_, rules)| !rules.is_empty());
        removed
    }

    /// Every rule, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        let names = self.names.iter().flat_map(|(_, rules)| rules);
        self.pool.iter().chain(self.items.values().flatten()).chain(names)
    }

    /// What the rules say of an item at this moment.
    pub fn decide(&self, item: &Named<'_>, now: Moment) -> Decision<'_> {
        let (scope, rules) = self.deciding(item);
        let rules: Vec<&Rule> = rules.iter().filter(|rule| rule.holds(now)).collect();
        let with = |right| rules.iter().filter(move |rule| rule.right == right).map(|rule| rule.subject);
        let owner = item.owner.map(Subject::from);
        let audience = Audience::new(
            with(Right::See).chain([Role::Admin.into()]).collect(),
            with(Right::Get).collect(),
            with(Right::Give).chain(owner).collect(),
        );
        let ends = rules.iter().filter_map(|rule| rule.until).min();
        Decision { audience, scope, rules, ends }
    }

    fn deciding(&self, item: &Named<'_>) -> (Deciding, &[Rule]) {
        if let Some(rules) = self.items.get(&item.item) {
            return (Deciding::Item, rules);
        }
        let matching = self.names.iter().filter(|(pattern, _)| pattern.matches(item.name));
        let rank =
            |(pattern, rules): &&(Pattern, Vec<Rule>)| (pattern.literal(), rules.last().map(|rule| rule.id));
        match matching.max_by_key(rank) {
            Some((_, rules)) => (Deciding::Name, rules),
            None => (Deciding::Pool, &self.pool),
        }
    }
}
