//! `peerpool config`.

use std::{env, fs, io::Write as _, path::PathBuf};

use serde::Serialize;

use crate::{
    args::{ConfigAction, ConfigShow, Configure, Globals},
    config::{Config, TEMPLATE, named_file, settings::Sources},
    exit::{Exit, Failure},
    output::{Output, table::Table},
};

pub(super) fn run(out: Output, globals: &Globals, config: &Config, args: &Configure) -> Result<(), Failure> {
    match &args.action {
        ConfigAction::Check => check(out, globals, config),
        ConfigAction::Show(show) => self::show(out, globals, config, show),
        ConfigAction::Init => init(out, globals),
    }
}

/// What `config check --json` and `config init --json` say.
#[derive(Debug, Serialize)]
struct File {
    path: PathBuf,
    /// Whether it is there.
    found: bool,
}

/// A file that is wrong was found to be when it was read.
fn check(out: Output, globals: &Globals, config: &Config) -> Result<(), Failure> {
    let path = file(globals)?;
    out.show(&File { path, found: config.origin.is_some() }, |file| match file.found {
        true => format!("{} is understood", file.path.display()),
        false => format!("there is no {}: the defaults are in force", file.path.display()),
    })
}

fn show(out: Output, globals: &Globals, config: &Config, show: &ConfigShow) -> Result<(), Failure> {
    let settings = Sources::new(config, env::args_os()).settings(globals, show);
    out.show(&settings, |settings| {
        let mut table = Table::new(&["setting", "value", "from"]);
        for setting in settings {
            let value = setting.value.clone().unwrap_or_else(|| "–".to_owned());
            table.row([setting.key.clone(), value, setting.source.to_string()]);
        }
        table.render()
    })
}

fn init(out: Output, globals: &Globals) -> Result<(), Failure> {
    let path = file(globals)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    }
    let mut file = fs::File::create_new(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let message = format!("{} exists already, and stays as it is", path.display());
            Failure::told(Exit::Exists, message)
        }
        _ => Failure::file("write", &path)(error),
    })?;
    file.write_all(TEMPLATE.as_bytes()).map_err(Failure::file("write", &path))?;
    out.show(&File { path, found: true }, |file| format!("wrote {}", file.path.display()))
}

fn file(globals: &Globals) -> Result<PathBuf, Failure> {
    let nowhere = "no home folder is known: name the file by --config FILE";
    named_file(globals).map(|(path, _)| path).ok_or_else(|| Failure::told(Exit::Usage, nowhere))
}
