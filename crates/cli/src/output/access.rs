//! Who may do what in a pool for members, who changed it, and who fetched what from whom.

use jiff::{Timestamp, tz::TimeZone};
use peerpool_api::{
    ApiToken, AuditEntry, Group, MemberTransfer, Right, Rule, RuleScope, SignIns, Stock, TokenScope, Why,
};
use peerpool_wire::id::InfoHash;

use super::{size, table::Table, text::safe};
use crate::clock::now;

/// The moment at which a time of so many seconds from now ends, in seconds since 1970.
pub fn end_of(seconds: u64) -> u64 {
    now().saturating_add(seconds)
}

/// How long something lasts still.
fn left(until: Option<u64>) -> String {
    until.map(|until| size::duration(until.saturating_sub(now()))).unwrap_or_default()
}

/// A list of groups, with a line for each member.
pub fn groups(groups: &[Group]) -> String {
    if groups.is_empty() {
        return "there is no group: `peerpool groups add NAME` makes one".to_owned();
    }
    let mut table = Table::new(&["GROUP", "MEMBER", ">LEFT"]);
    for group in groups {
        if group.members.is_empty() {
            table.row([group.name.clone(), String::new(), String::new()]);
        }
        for member in &group.members {
            table.row([group.name.clone(), member.name.clone(), left(member.until)]);
        }
    }
    table.render()
}

/// By what a member signs in on the page.
pub fn sign_ins(ways: &SignIns) -> String {
    let SignIns { password, accounts, passkeys } = ways;
    if !password && accounts.is_empty() && passkeys.is_empty() {
        return "nothing signs in on the page: `peerpool password` sets a password".to_owned();
    }
    let mut table = Table::new(&["=ID", "BY", "NAME", "AT"]);
    if *password {
        table.row(["password", "password", "", ""].map(str::to_owned));
    }
    for passkey in passkeys {
        table.row([passkey.id.clone(), "passkey".to_owned(), passkey.name.clone(), passkey.host.clone()]);
    }
    for account in accounts {
        table.row([account.id.clone(), "account".to_owned(), account.label.clone(), account.issuer.clone()]);
    }
    table.render()
}

/// A list of tokens.
pub fn tokens(tokens: &[ApiToken]) -> String {
    if tokens.is_empty() {
        return "you have no token: `peerpool tokens make NAME` makes one".to_owned();
    }
    let mut table = Table::new(&["=ID", "NAME", "MAY", ">LEFT"]);
    for token in tokens {
        let scope = match token.scope {
            TokenScope::Read => "read",
            TokenScope::Write => "write",
        };
        table.row([token.id.clone(), token.name.clone(), scope.to_owned(), left(Some(token.expires))]);
    }
    table.render()
}

/// What it means that stock clients may fetch an item.
pub const WEAKER: &str = "stock clients are a weaker way: what they fetch of this item is not encrypted, and whoever has \
                          a .torrent file with a key can fetch the item until the key is revoked";

/// Whether stock clients may fetch an item, and by which keys.
pub fn stock(stock: &Stock) -> String {
    let name = safe(&stock.name);
    if !stock.allowed {
        return format!("stock clients may not fetch {name}");
    }
    let mut text = format!("stock clients may fetch {name}\n{WEAKER}");
    if stock.keys.is_empty() {
        return text + "\nno key holds: `peerpool access stock ITEM --torrent FILE` makes one";
    }
    let since = |moment: u64| size::duration(now().saturating_sub(moment));
    let mut table = Table::new(&["=KEY", "MEMBER", ">AGE", ">USED"]);
    for key in &stock.keys {
        let used = key.used.map(|moment| format!("{} ago", since(moment))).unwrap_or_default();
        table.row([key.id.clone(), key.member.clone(), since(key.added), used]);
    }
    text.push('\n');
    text + &table.render()
}

/// A list of rules.
pub fn rules(rules: &[Rule]) -> String {
    if rules.is_empty() {
        return "no rule is about it".to_owned();
    }
    let mut table = Table::new(&[">RULE", "ABOUT", "RIGHT", "TO", ">LEFT"]);
    for rule in rules {
        table.row([
            rule.id.to_string(),
            about(rule),
            right(rule.right).to_owned(),
            rule.subject.clone(),
            left(rule.until),
        ]);
    }
    table.render()
}

/// What a rule is about.
fn about(rule: &Rule) -> String {
    match (rule.item, &rule.pattern) {
        (Some(hash), _) => item(hash, rule.name.as_deref()),
        (None, Some(pattern)) => format!("names {pattern}"),
        (None, None) => "everything".to_owned(),
    }
}

/// An item as commands take it.
fn item(hash: InfoHash, name: Option<&str>) -> String {
    name.map_or_else(|| hash.short(), |name| format!("{name}@{}", hash.short()))
}

fn right(right: Right) -> &'static str {
    match right {
        Right::See => "see",
        Right::Get => "get",
        Right::Give => "give",
    }
}

/// What somebody may do with an item, and why.
pub fn why(why: &Why) -> String {
    let allowed = [("see", why.allowed.see), ("get", why.allowed.get), ("give", why.allowed.give)];
    let may = allowed.iter().filter(|(_, allowed)| *allowed).map(|(right, _)| *right);
    let may = match may.collect::<Vec<_>>().join(", ") {
        nothing if nothing.is_empty() => "may neither see nor get nor give".to_owned(),
        rights => format!("may {rights}"),
    };
    let mut text = format!("{} {may} {}", safe(&why.member), safe(&why.name));
    if why.owner {
        text += "\nbecause it is the owner, who brought it in";
    }
    let scope = match why.scope {
        RuleScope::Item => "those about this item",
        RuleScope::Name => "those about names like this one",
        RuleScope::Pool => "those about everything",
    };
    text += &match why.rules.is_empty() {
        true => format!("\nthe rules that decide are {scope}, and none of them names {}", safe(&why.member)),
        false => format!(
            "\nthe rules that decide are {scope}; these name {}:\n{}",
            safe(&why.member),
            rules(&why.rules)
        ),
    };
    text
}

/// Changes, the latest first.
pub fn audit(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "nothing has changed yet".to_owned();
    }
    let mut table = Table::new(&["=WHEN", "WHO", "DID", "TO", "DETAIL"]);
    for entry in entries {
        table.row([
            when(entry.at),
            entry.actor.clone(),
            entry.action.replace('_', " "),
            entry.target.clone(),
            entry.detail.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

/// The same as CSV, with moments in UTC. Every cell is quoted (RFC 4180).
pub fn audit_csv(entries: &[AuditEntry]) -> String {
    let mut text = "seq,at,actor,action,target,detail\n".to_owned();
    for entry in entries {
        let cells = [
            entry.seq.to_string(),
            moment(entry.at).to_string(),
            entry.actor.clone(),
            entry.action.clone(),
            entry.target.clone(),
            entry.detail.clone().unwrap_or_default(),
        ];
        text += &line_of(&cells);
    }
    text
}

/// What passed from whom to whom, a line for each day, the latest first.
pub fn transfers(transfers: &[MemberTransfer]) -> String {
    if transfers.is_empty() {
        return "nothing has been fetched yet".to_owned();
    }
    let mut table = Table::new(&["=WHEN", "TAKER", "ITEM", "GIVER", ">GIVEN", ">TAKEN", "=STOCK KEY"]);
    for transfer in transfers {
        table.row([
            when(transfer.last),
            transfer.taker.clone(),
            item(transfer.item, transfer.name.as_deref()),
            transfer.giver.clone(),
            size::bytes(transfer.given),
            transfer.taken.map(size::bytes).unwrap_or_default(),
            transfer.stock.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

/// The same as CSV, as [`audit_csv`] writes it, with sizes in bytes.
pub fn transfers_csv(transfers: &[MemberTransfer]) -> String {
    let mut text = "seq,day,last,item,name,giver,taker,stock,given,taken\n".to_owned();
    for transfer in transfers {
        let cells = [
            transfer.seq.to_string(),
            moment(transfer.day).to_string(),
            moment(transfer.last).to_string(),
            transfer.item.whole(),
            transfer.name.clone().unwrap_or_default(),
            transfer.giver.clone(),
            transfer.taker.clone(),
            transfer.stock.clone().unwrap_or_default(),
            transfer.given.to_string(),
            transfer.taken.map(|taken| taken.to_string()).unwrap_or_default(),
        ];
        text += &line_of(&cells);
    }
    text
}

fn line_of(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell_of(cell)).collect();
    cells.join(",") + "\n"
}

/// A cell. Spreadsheets compute what begins like a formula, and names come from others: an apostrophe makes it text.
fn cell_of(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.replace('"', "\"\"");
    format!("\"{}{quoted}\"", if formula { "'" } else { "" })
}

/// A moment in the time zone of this machine.
fn when(seconds: u64) -> String {
    moment(seconds).to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn moment(seconds: u64) -> Timestamp {
    i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::Sha256Hash;

    use super::*;

    fn transfer(taker: &str) -> MemberTransfer {
        MemberTransfer {
            seq: 7,
            day: 1_800_000_000 - 8 * 3600,
            last: 1_800_000_000,
            item: InfoHash::v2_only(Sha256Hash([0xab; 32])),
            name: Some("film.mkv".to_owned()),
            giver: "An".to_owned(),
            taker: taker.to_owned(),
            stock: None,
            given: 2048,
            taken: Some(1536),
        }
    }

    #[test]
    fn a_transfer_says_what_both_sides_tell_and_by_which_key_a_stock_client_fetched() {
        let stock = Some("3fa9c1d2".to_owned());
        let by_stock = MemberTransfer { stock, taken: None, name: None, ..transfer("Chi") };
        let text = transfers(&[transfer("Bình"), by_stock]);
        let cells = |line: &str| line.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<_> = text.lines().skip(1).map(cells).collect();
        let both = ["Bình", "film.mkv@abababab", "An", "2.0", "KiB", "1.5", "KiB"];
        let one = ["Chi", "abababab", "An", "2.0", "KiB", "3fa9c1d2"];
        assert_eq!(lines, [&both[..], &one[..]], "{text}");
    }

    #[test]
    fn transfers_are_saved_in_bytes_and_without_formulas() {
        let hash = "ab".repeat(32);
        let by_stock = MemberTransfer { stock: Some("3f".to_owned()), taken: None, ..transfer("=1+1") };
        let text = transfers_csv(&[transfer("Bình"), by_stock]);
        let days = "\"7\",\"2027-01-15T00:00:00Z\",\"2027-01-15T08:00:00Z\"";
        let expected = format!(
            "seq,day,last,item,name,giver,taker,stock,given,taken\n\
             {days},\"{hash}\",\"film.mkv\",\"An\",\"Bình\",\"\",\"2048\",\"1536\"\n\
             {days},\"{hash}\",\"film.mkv\",\"An\",\"'=1+1\",\"3f\",\"2048\",\"\"\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn no_cell_is_a_formula_and_no_name_ends_one() {
        let entry = |target: &str| AuditEntry {
            seq: 1,
            at: 1_800_000_000,
            actor: "An".to_owned(),
            action: "member_removed".to_owned(),
            target: target.to_owned(),
            detail: None,
        };
        for (name, cell) in [
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("-1", "\"'-1\""),
            ("a\",\"b\nc", "\"a\"\",\"\"b\nc\""),
        ] {
            let text = audit_csv(&[entry(name)]);
            let expected = format!("\"1\",\"2027-01-15T08:00:00Z\",\"An\",\"member_removed\",{cell},\"\"\n");
            assert!(text.ends_with(&expected), "{text}");
        }
    }
}
