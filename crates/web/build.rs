//! Builds the web page in `web/` and writes a table of its files, for `src/page/` to embed.
//!
//! The sources are copied to cargo's own folder first: a build leaves nothing in the source tree. Without Node the page
//! is left out, and what stands in its place says so. `PEERPOOL_BUILD_WEB=off` leaves it out, too.

use std::{
    env,
    error::Error,
    ffi::OsStr,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What of `web/` the build needs.
const SOURCES: [&str; 9] = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "svelte.config.js",
    "vite.config.ts",
    "compress.mjs",
    "peer.html",
    "tracker.html",
    "src",
];
const PUBLIC: &str = "public";

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-env-changed=PEERPOOL_BUILD_WEB");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let table = out.join("assets.rs");
    let wanted = env::var_os("CARGO_FEATURE_PAGE").is_some()
        && env::var_os("PEERPOOL_BUILD_WEB").as_deref() != Some(OsStr::new("off"));
    if !wanted {
        return Ok(fs::write(table, "&[]")?);
    }
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web");
    for source in SOURCES.into_iter().chain([PUBLIC]) {
        println!("cargo::rerun-if-changed={}", web.join(source).display());
    }
    if !has_npm() {
        println!(
            "cargo::warning=npm was not found, so this build has no web page. Install Node.js 20.19 or newer and build \
             again; or silence this with PEERPOOL_BUILD_WEB=off or --no-default-features"
        );
        return Ok(fs::write(table, "&[]")?);
    }
    let dist = build(&web, &out)?;
    Ok(fs::write(table, table_of(&dist)?)?)
}

fn has_npm() -> bool {
    Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Builds the page below `out`, and returns the folder of its files.
fn build(web: &Path, out: &Path) -> Outcome<PathBuf> {
    let (work, dist) = (out.join("web"), out.join("dist"));
    let lock = fs::read(web.join("package-lock.json"))?;
    let installed =
        work.join("node_modules").is_dir() && fs::read(work.join("package-lock.json")).ok() == Some(lock);
    for source in SOURCES.into_iter().chain([PUBLIC]) {
        copy(&web.join(source), &work.join(source))?;
    }
    if !installed {
        npm(&work, &dist, &["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    }
    npm(&work, &dist, &["run", "build"])?;
    Ok(dist)
}

fn npm(work: &Path, dist: &Path, arguments: &[&str]) -> Outcome<()> {
    let output =
        Command::new("npm").args(arguments).current_dir(work).env("PEERPOOL_WEB_OUT", dist).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    let command = arguments.join(" ");
    Err(format!(
        "`npm {command}` failed, so the web page was not built; PEERPOOL_BUILD_WEB=off leaves it out.\n{said}"
    )
    .into())
}

/// Copies a file or a folder, so that nothing else is there afterwards.
fn copy(from: &Path, to: &Path) -> Outcome<()> {
    if !from.is_dir() {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(to, fs::read(from)?)?;
        return Ok(());
    }
    if to.is_dir() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// The files as an expression of Rust, sorted by path.
fn table_of(dist: &Path) -> Outcome<String> {
    let mut paths = Vec::new();
    list(dist, dist, &mut paths)?;
    paths.sort();
    let mut table = String::from("&[\n");
    for path in &paths {
        let file = dist.join(path);
        let compressed = |ending: &str| {
            let file = dist.join(format!("{path}.{ending}"));
            if file.exists() { format!("Some(include_bytes!({file:?}))") } else { "None".to_owned() }
        };
        let (gzip, brotli) = (compressed("gz"), compressed("br"));
        let mut hasher = DefaultHasher::new();
        fs::read(&file)?.hash(&mut hasher);
        writeln!(
            table,
            "    Asset {{ path: {path:?}, plain: include_bytes!({file:?}), gzip: {gzip}, brotli: {brotli}, \
             tag: \"W/\\\"{:016x}\\\"\" }},",
            hasher.finish()
        )?;
    }
    table.push(']');
    Ok(table)
}

/// Adds the paths of all files that are not compressed forms of others, relative to `root`, with `/`.
fn list(root: &Path, folder: &Path, paths: &mut Vec<String>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, paths)?;
        } else if !matches!(path.extension().and_then(OsStr::to_str), Some("gz" | "br")) {
            let names = path.strip_prefix(root)?.iter().map(|name| name.to_string_lossy());
            paths.push(names.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}
