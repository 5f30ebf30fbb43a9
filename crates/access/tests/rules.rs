//! What rules come to: twenty cases, and any rules beside a plain table.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use peerpool_access::{
    GroupId, MemberId, Moment, Right, Role, Subject, Subjects,
    rules::{Named, Pattern, Rule, RuleBook, RuleId, Scope},
};
use proptest::prelude::*;
use support::{HOUR, NOW, item};

/// A book that is written rule by rule.
#[derive(Default)]
struct Book {
    rules: RuleBook,
    last: u64,
}

impl Book {
    fn of_a_new_pool() -> Self {
        Self { rules: RuleBook::of_a_new_pool(), last: 2 }
    }

    fn until(
        mut self,
        scope: Scope,
        right: Right,
        subject: impl Into<Subject>,
        until: Option<Moment>,
    ) -> Self {
        self.last += 1;
        self.rules.add(Rule { id: RuleId(self.last), scope, right, subject: subject.into(), until });
        self
    }

    fn allow(self, scope: Scope, right: Right, subject: impl Into<Subject>) -> Self {
        self.until(scope, right, subject, None)
    }

    /// What somebody who counts as these may do with item 1, `name`, of member 90: `sgv` for see, get, give.
    fn says(&self, name: &str, subjects: &[Subject]) -> String {
        self.says_at(NOW, name, subjects)
    }

    fn says_at(&self, now: Moment, name: &str, subjects: &[Subject]) -> String {
        let named = Named { item: item(1), name, owner: Some(MemberId(90)) };
        let audience = self.rules.decide(&named, now).audience;
        let subjects: Subjects = subjects.iter().copied().collect();
        let letters = [(Right::See, 's'), (Right::Get, 'g'), (Right::Give, 'v')];
        letters
            .iter()
            .filter(|(right, _)| audience.allows(*right, &subjects))
            .map(|(_, letter)| letter)
            .collect()
    }
}

fn pattern(text: &str) -> Scope {
    Scope::Name(text.parse().unwrap())
}

fn of(role: Role) -> Subject {
    role.into()
}

const ONE: Scope = Scope::Pool;

#[test]
fn twenty_cases() {
    let (member, reader, guest, admin) =
        (of(Role::Member), of(Role::Reader), of(Role::Guest), of(Role::Admin));
    let lab: Subject = GroupId(1).into();
    let ann: Subject = MemberId(7).into();
    let owner: Subject = MemberId(90).into();
    let this = || Scope::Item(item(1));
    let new = Book::of_a_new_pool;
    let empty = Book::default;

    // 1 to 5: a new pool.
    assert_eq!(new().says("a", &[member]), "sgv");
    assert_eq!(new().says("a", &[reader]), "sg");
    assert_eq!(new().says("a", &[guest]), "");
    assert_eq!(new().says("a", &[admin]), "s", "admins see all, and grant themselves the rest");
    assert_eq!(new().says("a", &[guest, owner]), "sgv", "owners have every right to their own");
    // 6 to 8: a right brings the lesser ones.
    assert_eq!(empty().allow(ONE, Right::Give, lab).says("a", &[lab]), "sgv");
    assert_eq!(empty().allow(ONE, Right::Get, lab).says("a", &[lab]), "sg");
    assert_eq!(empty().allow(ONE, Right::See, lab).says("a", &[lab]), "s");
    // 9 and 10: without a rule nobody but the owner and, to see, admins.
    assert_eq!(empty().says("a", &[member, lab, ann]), "");
    assert_eq!(empty().says("a", &[owner]), "sgv");
    // 11 to 14: the most particular scope decides alone.
    assert_eq!(new().allow(this(), Right::Get, ann).says("a", &[member]), "");
    assert_eq!(new().allow(this(), Right::Get, ann).says("a", &[member, ann]), "sg");
    assert_eq!(new().allow(pattern("a*"), Right::See, lab).says("abc", &[member]), "");
    assert_eq!(new().allow(pattern("b*"), Right::See, lab).says("abc", &[member]), "sgv");
    // 15 and 16: of two patterns, the longer beginning; of two alike, the newer.
    let two = || empty().allow(pattern("ab*"), Right::Get, lab).allow(pattern("a*"), Right::Get, ann);
    assert_eq!(two().says("abc", &[lab]) + "," + &two().says("abc", &[ann]), "sg,");
    let alike = || empty().allow(pattern("a*c"), Right::Get, lab).allow(pattern("a*"), Right::Get, ann);
    assert_eq!(alike().says("abc", &[lab]) + "," + &alike().says("abc", &[ann]), ",sg");
    // 17: an item's rule beats every pattern.
    assert_eq!(two().allow(this(), Right::See, guest).says("abc", &[lab, ann]), "");
    // 18 and 19: a rule ends by itself, and what it had narrowed stays narrow.
    let ends = || new().until(this(), Right::Get, ann, Some(NOW + HOUR));
    assert_eq!(ends().says("a", &[ann]), "sg");
    assert_eq!(ends().says_at(NOW + HOUR, "a", &[ann, member]), "");
    // 20: a rule that is taken out leaves what stood before.
    let mut narrowed = new().allow(this(), Right::See, lab);
    assert!(narrowed.rules.remove(RuleId(3)).is_some());
    assert_eq!(narrowed.says("a", &[member]), "sgv");
}

#[test]
fn a_decision_names_the_rule_and_when_it_ends() {
    let book = Book::of_a_new_pool().until(Scope::Item(item(1)), Right::Get, MemberId(7), Some(NOW + HOUR));
    let named = Named { item: item(1), name: "a", owner: None };
    let decision = book.rules.decide(&named, NOW);
    let ann: Subjects = [Subject::from(MemberId(7))].into_iter().collect();
    assert_eq!(decision.why(Right::See, &ann), Some(RuleId(3)));
    assert_eq!(decision.why(Right::Give, &ann), None);
    assert_eq!(decision.ends, Some(NOW + HOUR));
}

#[test]
fn a_pattern_matches_whole_names() {
    let matches = |text: &str, name| text.parse::<Pattern>().unwrap().matches(name);
    assert!(matches("*", "") && matches("*", "any") && matches("a*z", "abcz") && matches("a*b*c", "axbxbxc"));
    assert!(matches("bài ?.pdf", "bài 1.pdf") && matches("?", "ả"));
    assert!(!matches("a*z", "abc") && !matches("a", "ab") && !matches("?", "") && !matches("A*", "abc"));
    assert!("".parse::<Pattern>().is_err());
}

#[test]
fn a_long_pattern_does_not_take_exponential_time() {
    let pattern: Pattern = "*a".repeat(400).parse().unwrap();
    assert!(!pattern.matches(&"a".repeat(399)));
    assert!(!pattern.matches(&("a".repeat(1000) + "b")));
}

fn any_rule() -> impl Strategy<Value = (Scope, Right, Subject, Option<Moment>)> {
    let scope = prop_oneof![
        Just(Scope::Pool),
        (1..3u8).prop_map(|number| Scope::Item(item(number))),
        prop::sample::select(vec!["a*", "ab*", "a?", "*b", "ab"]).prop_map(pattern),
    ];
    let right = prop::sample::select(vec![Right::See, Right::Get, Right::Give]);
    let until = prop::option::of((0..4u64).prop_map(|hour| NOW + HOUR * hour as u32));
    (scope, right, any_subject(), until)
}

fn any_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        prop::sample::select(vec![Role::Member, Role::Reader, Role::Guest]).prop_map(Subject::from),
        (1..4u32).prop_map(|group| GroupId(group).into()),
        (1..4u32).prop_map(|member| MemberId(member).into()),
    ]
}

/// The three rules of the module's documentation, word for word, over a plain list.
fn plain(
    rules: &[Rule],
    number: u8,
    name: &str,
    owner: MemberId,
    now: Moment,
    right: Right,
    asks: &[Subject],
) -> bool {
    let of_scope =
        |wanted: &dyn Fn(&Scope) -> bool| rules.iter().filter(|rule| wanted(&rule.scope)).collect::<Vec<_>>();
    let mut deciding = of_scope(&|scope| *scope == Scope::Item(item(number)));
    if deciding.is_empty() {
        let matching = rules.iter().filter_map(|rule| match &rule.scope {
            Scope::Name(pattern) if pattern.matches(name) => Some((pattern.literal(), rule.id, pattern)),
            _ => None,
        });
        if let Some((_, _, best)) = matching.max_by_key(|&(literal, id, _)| (literal, id)) {
            deciding = of_scope(&|scope| *scope == Scope::Name(best.clone()));
        } else {
            deciding = of_scope(&|scope| *scope == Scope::Pool);
        }
    }
    let owns = asks.contains(&owner.into());
    let sees_all = right == Right::See && asks.contains(&Role::Admin.into());
    let allowed = deciding.iter().any(|rule| {
        rule.until.is_none_or(|until| now < until) && rule.right >= right && asks.contains(&rule.subject)
    });
    owns || sees_all || allowed
}

proptest! {
    #[test]
    fn any_rules_say_what_a_plain_table_says(
        said in prop::collection::vec(any_rule(), 0..12),
        removed in prop::collection::vec(1..12u64, 0..4),
        name in "[ab]{1,3}",
        asks in prop::collection::vec(any_subject(), 0..3),
        hours in 0..5u32,
    ) {
        let mut book = RuleBook::default();
        let mut list = Vec::new();
        for (number, (scope, right, subject, until)) in (1..).zip(said) {
            let rule = Rule { id: RuleId(number), scope, right, subject, until };
            list.push(rule.clone());
            book.add(rule);
        }
        for id in removed.into_iter().map(RuleId) {
            let known = list.iter().position(|rule| rule.id == id).map(|at| list.remove(at));
            prop_assert_eq!(book.remove(id), known);
        }
        prop_assert_eq!(book.iter().count(), list.len());
        let (now, owner) = (NOW + HOUR * hours, MemberId(1));
        let named = Named { item: item(1), name: &name, owner: Some(owner) };
        let audience = book.decide(&named, now).audience;
        let subjects: Subjects = asks.iter().copied().collect();
        for right in [Right::See, Right::Get, Right::Give] {
            let expected = plain(&list, 1, &name, owner, now, right, &asks);
            prop_assert_eq!(audience.allows(right, &subjects), expected, "{:?}", right);
        }
    }
}
