//! How fast a repository hashes, against the floor: reading, one SHA-1 and one SHA-256 pass over all cores.
//!
//! `cargo run --release -p peerpool-repository --example hash_speed -- [MIB] [FILES]`
//!
//! Runs both in turn, five times, on files in the page cache, and prints medians. Run nothing else meanwhile.

use std::{
    error::Error,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use peerpool_repository::{Cancel, Repository, Scope};

const PAIRS: usize = 5;
const BUFFER: usize = 1 << 20;
const CHUNK: usize = 32 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let mib = arguments.next().transpose()?.unwrap_or(1024);
    let files = arguments.next().transpose()?.unwrap_or(1).max(1);
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("repository");
    let paths = make_files(&root.join("item"), mib << 20, files)?;
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        floor.push(measure(|| read_and_hash(&paths))?);
        ours.push(measure(|| refresh(&root))?);
    }
    let (floor, ours) = (median(floor), median(ours));
    let rate = |time: Duration| (mib << 20) as f64 / time.as_secs_f64() / 1e9;
    println!("{mib} MiB in {files} files, medians of {PAIRS}");
    println!("floor       {:.3} s  {:.2} GB/s", floor.as_secs_f64(), rate(floor));
    println!("repository  {:.3} s  {:.2} GB/s", ours.as_secs_f64(), rate(ours));
    println!("ratio       {:.2}", ours.as_secs_f64() / floor.as_secs_f64());
    Ok(())
}

/// Files that were last modified an hour ago.
fn make_files(folder: &Path, total: usize, count: usize) -> Outcome<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let mut state = 1u64;
    let mut bytes = vec![0; total / count];
    (0..count)
        .map(|nth| {
            for word in bytes.chunks_mut(8) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                word.copy_from_slice(&state.to_le_bytes()[..word.len()]);
            }
            let path = folder.join(nth.to_string());
            fs::write(&path, &bytes)?;
            File::options()
                .write(true)
                .open(&path)?
                .set_modified(SystemTime::now() - Duration::from_secs(3600))?;
            Ok(path)
        })
        .collect()
}

fn measure(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Shares the folder as at the first start: nothing is known of it.
fn refresh(root: &Path) -> Outcome<()> {
    let state = root.join(peerpool_repository::repository::STATE_FOLDER);
    if state.exists() {
        fs::remove_dir_all(state)?;
    }
    let repository = Repository::open(root)?;
    let outcome = repository.refresh(&Scope::Everything, &Cancel::default(), &|_| {})?;
    if outcome.shared == 1 { Ok(()) } else { Err(format!("{:?}", outcome.problems).into()) }
}

/// The least that must be done: each byte is read, and goes through one SHA-1 and one SHA-256.
fn read_and_hash(paths: &[PathBuf]) -> Outcome<()> {
    let mut chunks = Vec::new();
    for path in paths {
        let length = usize::try_from(fs::metadata(path)?.len())?;
        chunks.extend((0..length).step_by(CHUNK).map(|start| (path, start, CHUNK.min(length - start))));
    }
    let next = AtomicUsize::new(0);
    let work = || -> std::io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while let Some((path, start, length)) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let file = File::open(path)?;
            let (mut sha1, mut sha256) = (Context::new(&SHA1_FOR_LEGACY_USE_ONLY), Context::new(&SHA256));
            for at in (0..*length).step_by(BUFFER) {
                let data = &mut buffer[..BUFFER.min(length - at)];
                file.read_exact_at(data, (start + at) as u64)?;
                sha1.update(data);
                sha256.update(data);
            }
            std::hint::black_box((sha1.finish(), sha256.finish()));
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..thread::available_parallelism()?.get()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?.map_err(Into::into))
    })
}
