//! How a download is shown while it goes, or does not.

use std::time::{Duration, Instant};

use peerpool_api::{Download, DownloadState, Priority, Reason, Source, Stalled};
use peerpool_cli::{
    output::{source_names, table::Table},
    progress::{Layout, Plain},
};
use peerpool_wire::id::{InfoHash, PeerId, Sha1Hash};

fn download(bytes_done: u64, stalled: Option<(Reason, &str)>) -> Download {
    Download {
        hash: InfoHash::v1_only(Sha1Hash([1; 20])),
        name: "film".to_owned(),
        state: if stalled.is_some() { DownloadState::Waiting } else { DownloadState::Fetching },
        priority: Priority::Normal,
        bytes_total: 100_000,
        bytes_done,
        pieces_total: 4,
        pieces_done: 1,
        rate_down: 0,
        rate_up: 0,
        time_left: None,
        stalled: stalled.map(|(reason, message)| Stalled { reason, message: message.to_owned() }),
        sources: Vec::new(),
        seconds: 1.0,
    }
}

/// The lines of a download that is looked at four times a second for so long.
fn lines(plain: &mut Plain, seconds: u64, look: impl Fn(u64) -> Download) -> Vec<String> {
    let begun = Instant::now();
    (0..seconds * 4)
        .filter_map(|beat| plain.line(&look(beat), begun + Duration::from_millis(250 * beat)))
        .collect()
}

#[test]
fn a_download_that_waits_says_so_once() {
    let day = 24 * 3600;
    let waiting =
        lines(&mut Plain::default(), day, |_| download(0, Some((Reason::NoHolder, "nobody is online"))));
    assert_eq!(waiting, ["film: waiting, nobody is online"]);
}

#[test]
fn a_new_reason_is_said_at_once() {
    let said = lines(&mut Plain::default(), 3, |beat| match beat {
        0..4 => download(0, Some((Reason::Starting, "asking"))),
        4..8 => download(0, Some((Reason::NoHolder, "nobody"))),
        _ => download(7, None),
    });
    assert_eq!(said.len(), 3, "{said:?}");
}

#[test]
fn a_long_download_or_one_that_falters_fills_no_log() {
    let day = 24 * 3600;
    let moving = lines(&mut Plain::default(), day, |beat| download(beat, None));
    assert!(moving.len() < 24 * 60 + 20, "{}", moving.len());
    let faltering = lines(&mut Plain::default(), day, |beat| match beat % 8 {
        0..4 => download(beat, None),
        _ => download(beat, Some((Reason::Choked, "they serve others first"))),
    });
    assert!(faltering.len() < 24 * 60 + 20, "{}", faltering.len());
}

#[test]
fn a_line_of_progress_is_narrower_than_the_terminal() {
    for columns in 0..300 {
        let Layout { name, bar, message } = Layout::of(columns);
        let gaps = if bar > 0 { 2 } else { 1 };
        assert!(name + bar + message + gaps <= columns.max(2), "{columns}: {:?}", Layout::of(columns));
    }
    assert!(Layout::of(80).bar >= 8 && Layout::of(80).message >= 48, "{:?}", Layout::of(80));
    assert_eq!(Layout::of(60).message, 48, "a narrow terminal has no bar, and all that is said");
}

#[test]
fn a_table_fits_the_terminal_and_keeps_its_numbers() {
    let mut table = Table::new(&["NAME", ">SIZE", "HASH"]);
    table.row([
        "a rather long name of a film that many people like.mkv".to_owned(),
        "1023 MiB".to_owned(),
        "9f2c61d0".to_owned(),
    ]);
    table.row([
        "東京物語東京物語東京物語東京物語東京物語".to_owned(),
        "1.0 GiB".to_owned(),
        "12345678".to_owned(),
    ]);
    for columns in [40, 60, 80] {
        let text = table.render_within(Some(columns));
        for line in text.lines() {
            assert!(peerpool_cli::output::text::width(line) <= columns, "{columns}: {line}");
        }
        assert!(text.contains("1023 MiB") && text.contains("9f2c61d0"), "{text}");
    }
    assert!(table.render_within(None).contains("many people like.mkv"));
}

#[test]
fn sources_of_one_name_are_told_apart() {
    let source = |peer: u8, name: &str, address: &str| Source {
        peer_id: PeerId([peer; 20]),
        name: name.to_owned(),
        address: address.parse().unwrap_or_else(|_| std::net::SocketAddr::from(([0, 0, 0, 0], 0))),
        connected: true,
        pieces: 1,
        bytes: 1,
        rate: 0,
        sent: 0,
        rate_up: 0,
    };
    let sources = [
        source(1, "alone", "10.0.0.1:1"),
        source(2, "box", "10.0.0.2:1"),
        source(3, "box", "10.0.0.3:1"),
        source(4, "lab", "10.0.0.4:1"),
        source(5, "lab", "10.0.0.4:2"),
    ];
    assert_eq!(
        source_names(&sources),
        ["alone", "box at 10.0.0.2", "box at 10.0.0.3", "lab at 10.0.0.4:1", "lab at 10.0.0.4:2"]
    );
}
