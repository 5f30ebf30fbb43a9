//! What people read.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::path::Path;

use jiff::Timestamp;
use peerpool_api::{
    ApiError, Changed, Code, Download, DownloadState, Error, Invite, Item, ItemKind, Member, MemberState,
    Priority, Role, Source,
};
use peerpool_cli::{
    actions::find,
    args::Column,
    exit::Exit,
    output::{self, explain, size, table::Table, text},
};
use peerpool_wire::id::{InfoHash, PeerId, Sha1Hash, Sha256Hash};

fn item(name: &str, size: u64) -> Item {
    Item {
        hash: InfoHash::v2_only(Sha256Hash([0xab; 32])),
        v1: None,
        v2: Some(Sha256Hash([0xab; 32]).to_string()),
        name: name.to_owned(),
        kind: ItemKind::File,
        size,
        files: 1,
        pieces: 1,
        piece_length: 16384,
        private: false,
        seeds: 2,
        partial: 1,
        content_holders: 2,
        variants: 0,
        added: None,
        completeness: None,
    }
}

fn download(name: &str, digit: u8, state: DownloadState) -> Download {
    let source = |peer: &str, bytes| Source {
        peer_id: PeerId([1; 20]),
        name: peer.to_owned(),
        address: "127.0.0.1:1".parse().unwrap(),
        connected: true,
        pieces: 1,
        bytes,
        rate: 0,
        sent: 0,
        rate_up: 0,
    };
    Download {
        hash: InfoHash::v1_only(Sha1Hash([digit; 20])),
        name: name.to_owned(),
        state,
        priority: Priority::Normal,
        bytes_total: 4096,
        bytes_done: 1024,
        pieces_total: 4,
        pieces_done: 1,
        rate_down: 2048,
        rate_up: 0,
        time_left: Some(2),
        stalled: None,
        sources: vec![source("an", 1024), source("binh", 3072), source("chi", 0)],
        seconds: 1.0,
    }
}

#[test]
fn sizes_have_about_three_digits_and_a_binary_unit() {
    for (bytes, said) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (100 << 10, "100 KiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        (256 << 20, "256 MiB"),
        (u64::MAX, "16.0 EiB"),
    ] {
        assert_eq!(size::bytes(bytes), said);
    }
}

#[test]
fn sizes_are_read_as_people_write_them() {
    for (written, bytes) in [("0", 0), ("500", 500), ("64k", 65536), ("1.5G", 3 << 29), ("2 MiB", 2 << 20)] {
        assert_eq!(size::parse(written), Ok(bytes), "{written}");
    }
    for wrong in ["", "k", "-1", "1x", "1e99", "nan", "inf", "9999999T"] {
        assert!(size::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn durations_grow_with_their_unit() {
    let said: Vec<_> = [0, 59, 60, 3_725, 90_000].map(size::duration).into();
    assert_eq!(said, ["0s", "59s", "1m00s", "1h02m", "1d01h"]);
}

#[test]
fn columns_line_up_whatever_the_script() {
    let mut table = Table::new(&["NAME", ">SIZE"]);
    table.row(["Hà Nội".to_owned(), "1 B".to_owned()]);
    table.row(["東京".to_owned(), "1000 B".to_owned()]);
    assert_eq!(table.render(), "NAME      SIZE\nHà Nội     1 B\n東京    1000 B");
}

#[test]
fn nothing_from_elsewhere_commands_the_terminal() {
    let evil = "a\u{1b}[31mb\r\n\u{202e}c\u{7}";
    assert_eq!(text::safe(evil), "a�[31mb���c�");
    // C1, soft hyphen, grapheme joiner, Arabic letter mark, zero width, direction, tags, fillers, selectors.
    for hidden in [
        '\u{80}',
        '\u{9b}',
        '\u{7f}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{180e}',
        '\u{200b}',
        '\u{200d}',
        '\u{200f}',
        '\u{2028}',
        '\u{202a}',
        '\u{2060}',
        '\u{2066}',
        '\u{206f}',
        '\u{3164}',
        '\u{fe00}',
        '\u{feff}',
        '\u{fff9}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0041}',
        '\u{e01ef}',
    ] {
        let name = format!("film{hidden}.mkv");
        assert_eq!(text::safe(&name), "film�.mkv", "{}", hidden.escape_unicode());
        let json = output::json(&name).unwrap();
        assert!(!json.contains(hidden), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name, "JSON keeps it exactly");
    }
    assert_eq!(text::safe("Hà Nội 東京 ❤\u{fe0f} e\u{301}"), "Hà Nội 東京 ❤\u{fe0f} e\u{301}");
    assert!(!output::items(&[item(evil, 1)], false).contains('\u{1b}'));
    assert!(!output::download_line(&download(evil, 1, DownloadState::Complete)).contains('\u{1b}'));
    let error = Error::Refused(ApiError::new(Code::NotFound, evil));
    assert!(!explain(&error.into()).contains('\u{1b}'));
}

#[test]
fn a_long_name_is_cut_to_its_cells() {
    assert_eq!(text::fit("abcdef", 4), "abc…");
    assert_eq!(text::fit("東京都", 4), "東…");
    assert_eq!(text::fit("abc", 3), "abc");
}

#[test]
fn a_list_says_that_it_left_something_out() {
    let list = output::items(&[item("film.mkv", 1 << 20)], true);
    assert!(list.starts_with("NAME"));
    assert!(list.contains("film.mkv  1.0 MiB  file"), "{list}");
    assert!(list.ends_with("… and more: `search` narrows it down"));
    assert!(!output::items(&[item("film.mkv", 1)], false).contains("more"));
}

#[test]
fn a_complete_download_says_who_gave_how_much() {
    let line = output::download_line(&download("film.mkv", 1, DownloadState::Complete));
    assert_eq!(line, "complete film.mkv: 4.0 KiB from binh 3.0 KiB (75 %), an 1.0 KiB (25 %)");
}

#[test]
fn a_failed_download_has_the_exit_code_of_its_cause() {
    let failed = DownloadState::Failed { code: Code::DiskFull, cause: "no space is left".to_owned() };
    let failure = peerpool_cli::exit::Failure::of_download(&download("film.mkv", 1, failed)).unwrap();
    assert_eq!(failure.exit(), Exit::Disk);
    assert_eq!(failure.to_string(), "film.mkv: no space is left");
}

#[test]
fn an_ambiguous_name_is_answered_with_what_to_write() {
    let mut error = ApiError::new(Code::Ambiguous, "there are two items called film.mkv");
    error.variants = vec![item("film.mkv", 1024), item("film.mkv", 2048)];
    let failure = Error::Refused(error).into();
    assert!(explain(&failure).contains("  film.mkv@abababab  1.0 KiB, 2 seeds"));
    assert_eq!(failure.exit(), Exit::Ambiguous);
}

#[test]
fn a_download_is_found_by_name_hash_and_unique_beginning() {
    let downloads = [
        download("film", 0x11, DownloadState::Fetching),
        download("film two", 0x22, DownloadState::Fetching),
        download("music", 0x33, DownloadState::Fetching),
    ];
    let found = |text: &str| {
        find(&downloads, text, Path::new("/srv/share"))
            .map(|found| found.into_iter().map(|download| download.name).collect::<Vec<_>>().join(", "))
            .map_err(|failure| failure.exit())
    };
    assert_eq!(found("film"), Ok("film".to_owned()), "a whole name goes before a beginning");
    assert_eq!(found("film@1111"), Ok("film".to_owned()));
    assert_eq!(found(&"22".repeat(20)), Ok("film two".to_owned()));
    assert_eq!(found("mu"), Ok("music".to_owned()));
    assert_eq!(found("fi"), Err(Exit::Ambiguous));
    assert_eq!(found("fi*"), Ok("film, film two".to_owned()), "a pattern means all that fit");
    assert_eq!(found("film@2222"), Err(Exit::NotFound));
    assert_eq!(found("./music"), Ok("music".to_owned()));
    assert_eq!(found("/srv/share/film two"), Ok("film two".to_owned()));
}

#[test]
fn a_long_list_shows_the_chosen_columns_whole() {
    let long_name = "a".repeat(100);
    let film = item(&long_name, 1 << 20);
    let chosen = output::items_in(
        std::slice::from_ref(&film),
        &[Column::Size, Column::Name, Column::Hash],
        true,
        false,
    );
    let (heading, row) = chosen.split_once('\n').unwrap();
    assert_eq!(heading.split_whitespace().collect::<Vec<_>>(), ["SIZE", "NAME", "HASH"]);
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["1048576", &long_name, &film.hash.to_string()]);
    let all = output::items_in(&[film], &[], true, false);
    assert!(all.lines().next().unwrap().contains("HOLDERS"), "{all}");
}

#[test]
fn members_are_listed_with_what_they_may_do() {
    let member = |name: &str, role, state| Member {
        member: 1,
        name: name.to_owned(),
        role,
        state,
        devices: 2,
        groups: vec!["lab".to_owned(), "\u{1b}[2J".to_owned()],
    };
    let list = output::members(&[
        member("An", Role::Admin, MemberState::Active),
        member("Bình", Role::Reader, MemberState::Suspended),
    ]);
    assert_eq!(
        list,
        "NAME  ROLE    STATE      DEVICES  GROUPS\n\
         An    admin   active           2  lab, �[2J\n\
         Bình  reader  suspended        2  lab, �[2J"
    );
}

#[test]
fn an_invite_says_for_whom_it_is_and_how_long_it_lasts() {
    let invite = Invite {
        id: "0123456789abcdef".to_owned(),
        by: None,
        role: Role::Member,
        groups: vec!["lab".to_owned()],
        device_of: None,
        uses: 1,
        expires: 7200,
    };
    let for_a_device =
        Invite { device_of: Some("An".to_owned()), by: Some("An".to_owned()), ..invite.clone() };
    let list = output::invites(&[invite, for_a_device], Timestamp::from_second(3600).unwrap());
    assert_eq!(
        list,
        "ID                FOR             USES   LEFT  BY\n\
         0123456789abcdef  member, lab        1  1h00m  the tracker\n\
         0123456789abcdef  a device of An     1  1h00m  An"
    );
}

#[test]
fn a_change_says_who_knows_it_and_who_was_silent() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut changed = Changed { epoch: 3, confirmed: names(&[]), silent: names(&[]) };
    assert_eq!(output::changed(&changed), "done");
    changed.confirmed = names(&["An (desk)", "An (phone)"]);
    assert_eq!(output::changed(&changed), "done; 2 devices have confirmed it");
    changed.silent = names(&["Bình (laptop)"]);
    let told = output::changed(&changed);
    assert_eq!(told, "done; 2 devices have confirmed it; disconnected, since silent: Bình (laptop)");
}
