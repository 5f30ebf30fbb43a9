//! Keeps the last lines for whoever asks for them over the API.

use std::io;

use peerpool_api::LogLevel;
use peerpool_web::log::recent;
use tracing::{Level, Metadata};
use tracing_subscriber::{Layer, fmt, fmt::MakeWriter, registry::LookupSpan};

/// Has each line kept, with the spans in which it stands.
pub(super) fn layer<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    fmt::layer().with_ansi(false).without_time().with_level(false).with_target(false).with_writer(Keeper)
}

/// Makes a writer for each line, which knows how grave it is.
struct Keeper;

/// Keeps one line. The formatter hands it over whole.
struct Line {
    level: LogLevel,
    target: String,
}

impl<'a> MakeWriter<'a> for Keeper {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { level: LogLevel::Info, target: String::new() }
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Line {
        Line { level: level(*line.level()), target: line.target().to_owned() }
    }
}

impl io::Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        recent().push(self.level, &self.target, String::from_utf8_lossy(text).trim_end());
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        _ => LogLevel::Trace,
    }
}

#[cfg(test)]
mod tests {
    use peerpool_api::LogQuery;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_line_is_kept_with_its_level_and_its_spans() {
        let subscriber = tracing_subscriber::registry().with(layer());
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("session", id = 7).entered();
            tracing::warn!(peer = "nas", "gave up");
        });
        let query = LogQuery { search: Some("gave up".to_owned()), ..LogQuery::default() };
        let page = recent().page(&query);
        let [line] = page.lines.as_slice() else { panic!("{page:?}") };
        assert_eq!((line.level, line.target.as_str()), (LogLevel::Warn, module_path!()));
        assert_eq!(line.message, "session{id=7}: gave up peer=\"nas\"");
    }
}
