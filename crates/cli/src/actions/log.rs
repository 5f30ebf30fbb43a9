//! Shows what a peer or a tracker logged.

use std::{pin::pin, time::Duration};

use jiff::Timestamp;
use peerpool_api::{LogPage, LogQuery};

use crate::{
    args::LogLines,
    exit::Failure,
    output::{self, Output, json, remark, say},
    pool::Pool,
};

/// How often it is asked what is new.
const PACE: Duration = Duration::from_millis(500);
/// Lines that are asked for at once.
const PAGE: u32 = 1000;

/// Shows the lines that are meant, and goes on with those that come until `end`, if that is meant, too.
pub async fn show_log(
    out: Output,
    server: &mut Pool,
    lines: LogLines,
    end: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let since = lines.since.map(|since| since.milliseconds(Timestamp::now()));
    let mut query = LogQuery {
        level: lines.level.map(Into::into),
        search: Some(lines.text.join(" ")).filter(|words| !words.is_empty()),
        since,
        // From the beginning on, unless only the last are wanted.
        after: since.filter(|_| lines.limit.is_none()).map(|_| 0),
        limit: lines.limit,
    };
    let mut last = match query.after {
        Some(_) => show_all(out, server, &mut query).await?,
        None => show(out, &server.log(&query).await?)?,
    };
    if !lines.follow {
        return Ok(());
    }
    let mut end = pin!(end);
    loop {
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            () = &mut end => return Ok(()),
        }
        query.after = Some(last);
        last = show_all(out, server, &mut query).await?;
    }
}

/// Shows all that came after what the query says; returns where it ends.
async fn show_all(out: Output, server: &mut Pool, query: &mut LogQuery) -> Result<u64, Failure> {
    query.limit = Some(PAGE);
    loop {
        let after = query.after.unwrap_or_default();
        let page = server.log(query).await?;
        // What is not kept is no news to whoever asks for all that there is.
        if page.missed > 0 && after > 0 && !out.quiet {
            remark(&format!("{} lines came too fast to be shown", page.missed));
        }
        let last = show(out, &page)?;
        query.after = Some(last);
        if last < after {
            // Another process counts from 1.
            query.after = Some(0);
        } else if page.lines.len() < PAGE as usize {
            return Ok(last);
        }
    }
}

fn show(out: Output, page: &LogPage) -> Result<u64, Failure> {
    for line in &page.lines {
        say(&if out.json { json(line)? } else { output::log_line(line) })?;
    }
    Ok(page.last)
}
