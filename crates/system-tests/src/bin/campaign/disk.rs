//! `disk`: a disk that fails.
//!
//! Three kinds of cases, in an order that the seed gives:
//!
//! - *faults*: a process under `strace`, which fails its n-th call of one kind with EIO, ENOSPC or EMFILE (the n-th of
//!   each of its threads). Each kind goes on with the next n until there is no n-th call any more.
//! - *full*: a repository on a small file system, so that some write is short and the next fails. Needs root.
//! - *damage*: one file that we keep (a repository's `.peerpool`, the tracker's data) has a flipped byte, is cut off,
//!   empty or garbage at the next start.
//!
//! Right is: the process goes on, or fails and names what failed and why; nothing wrong is announced meanwhile; without
//! the fault everything completes with the right bytes. It never hangs and never panics.

mod damage;
mod faults;
mod full;
mod scene;
mod strace;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use peerpool_system_tests::Chance;

use self::scene::Scene;

/// A failing disk.
#[derive(Debug, Args)]
pub(crate) struct Disk {
    /// Stop after so long [default: when every case was tried]
    #[arg(long)]
    minutes: Option<f64>,
    /// Largest n of the calls that fail
    #[arg(long, default_value_t = 60)]
    most: u32,
    /// How often each kind of file is damaged
    #[arg(long, default_value_t = 24)]
    damages: u32,
    /// One kind of cases alone
    #[arg(long)]
    only: Option<Kind>,
    /// Only faults whose description contains this, as in `tracker fsync`
    #[arg(long)]
    like: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Faults,
    Full,
    Damage,
}

/// What may go on with further cases.
trait Series {
    /// What the next case is.
    fn describe(&self) -> String;
    /// Tries the next case; false when there is none any more.
    fn step(&mut self, scene: &Scene, chance: &mut Chance) -> bool;
}

impl Disk {
    pub(crate) fn run(self, seed: u64) {
        let mut chance = Chance::new(seed);
        let mut series = self.series();
        for place in (1..series.len()).rev() {
            series.swap(place, chance.below(place as u64 + 1) as usize);
        }
        println!("disk: {} series of cases", series.len());
        let begun = Instant::now();
        let end = self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        let is_over = || end.is_some_and(|end| begun.elapsed() > end);
        let (mut cases, mut wrong) = (0, Vec::new());
        let mut scene = Scene::new(seed);
        while !series.is_empty() && !is_over() {
            series.retain_mut(|next| {
                if is_over() {
                    return true;
                }
                cases += 1;
                let case = next.describe();
                println!("{cases}: {case}");
                match catch_unwind(AssertUnwindSafe(|| next.step(&scene, &mut chance))) {
                    Ok(goes_on) => goes_on,
                    Err(_) => {
                        println!("WRONG: {case}; see {}", scene.pool.path("").display());
                        wrong.push(case);
                        let spoilt = std::mem::replace(&mut scene, Scene::new(seed));
                        spoilt.pool.keep();
                        true
                    }
                }
            });
        }
        println!("disk: {cases} cases in {:.0?}, {} wrong", begun.elapsed(), wrong.len());
        assert!(wrong.is_empty(), "wrong:\n{}", wrong.join("\n"));
    }

    fn series(&self) -> Vec<Box<dyn Series>> {
        let is_wanted = |kind| self.only.is_none_or(|only| only == kind);
        let mut series: Vec<Box<dyn Series>> = Vec::new();
        if is_wanted(Kind::Faults) {
            series.extend(faults::all(self.most));
        }
        if is_wanted(Kind::Full) {
            series.extend(full::all());
        }
        if is_wanted(Kind::Damage) {
            series.extend(damage::all(self.damages));
        }
        series.retain(|one| self.like.as_ref().is_none_or(|like| one.describe().contains(like.as_str())));
        series
    }
}
