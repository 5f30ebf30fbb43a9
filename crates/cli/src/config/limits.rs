//! Limits of rates in the file: a table, or one for each part of the day.

use std::fmt;

use peerpool_api::{Between, Day, LOWEST, LimitRates, Limits, Schedule};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::args::{Rate, rate};

/// A table `limits`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// When it applies; always when left out.
    between: Option<Between>,
    /// On which days that begins; on all when none is named.
    days: Vec<Day>,
    up: Written,
    down: Written,
    item_up: Written,
    item_down: Written,
    peer_up: Written,
    peer_down: Written,
}

/// A rate: none where nothing is said, or `off`.
#[derive(Debug, Default, PartialEq)]
struct Written(Option<Rate>);

impl Table {
    fn rates(&self) -> LimitRates {
        let of = |written: &Written| written.0.and_then(|Rate(rate)| rate);
        LimitRates {
            up: of(&self.up),
            down: of(&self.down),
            per_item_up: of(&self.item_up),
            per_item_down: of(&self.item_down),
            per_peer_up: of(&self.peer_up),
            per_peer_down: of(&self.peer_down),
        }
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneRate)
    }
}

struct OneRate;

impl Visitor<'_> for OneRate {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a rate as in "2M", "10Mbit" or "off""#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Written, E> {
        let rate = rate(text).map_err(E::custom)?;
        match rate {
            Rate(Some(bytes)) if bytes < LOWEST => Err(E::custom(format!(
                "`{text}` is too low: the lowest limit is {LOWEST} bytes a second; \"off\" lifts a limit"
            ))),
            rate => Ok(Written(Some(rate))),
        }
    }
}

/// Reads a table, or one for each part of the day. Tables that say nothing are none.
pub(super) fn limits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limits>, D::Error> {
    deserializer.deserialize_any(OneOrMore)
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Option<Limits>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table [limits], or a table [[limits]] for each part of the day")
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(table))?;
        joined(vec![table])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tables: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(table) = tables.next_element()? {
            all.push(table);
        }
        joined(all)
    }
}

fn joined<E: Error>(tables: Vec<Table>) -> Result<Option<Limits>, E> {
    let mut limits = Limits::default();
    let (mut always, mut says_nothing) = (0, true);
    for table in tables {
        let rates = table.rates();
        says_nothing &= table == Table::default();
        match table.between {
            Some(between) => limits.schedules.push(Schedule { between, days: table.days, rates }),
            None if !table.days.is_empty() => {
                return Err(E::custom(
                    "`days` go with `between`: write `between = \"00:00-00:00\"` for whole days",
                ));
            }
            None => {
                always += 1;
                limits.rates = rates;
            }
        }
    }
    if always > 1 {
        return Err(E::custom("two tables of limits apply at all times: give one of them `between`"));
    }
    limits.check().map_err(E::custom)?;
    Ok(Some(limits).filter(|_| !says_nothing))
}
