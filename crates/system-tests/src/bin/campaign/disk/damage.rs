//! Files of ours that are not as we wrote them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use peerpool_api::DownloadState;
use peerpool_system_tests::{Chance, PATIENCE, until};

use super::{
    Series,
    scene::{FILM, Scene, assert_ended_well},
};

/// Whose files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// In the middle of a download.
    Reader,
    Holder,
    Tracker,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Flip,
    CutOff,
    Empty,
    Garbage,
}

/// Every owner's files, each owner so often.
pub(crate) fn all(times: u32) -> Vec<Box<dyn Series>> {
    let series = |owner| Box::new(Damages { owner, done: 0, times }) as Box<dyn Series>;
    [Owner::Reader, Owner::Holder, Owner::Tracker].map(series).into()
}

struct Damages {
    owner: Owner,
    done: u32,
    times: u32,
}

impl Series for Damages {
    fn describe(&self) -> String {
        format!("{:?}, damage {}", self.owner, self.done)
    }

    fn step(&mut self, scene: &Scene, chance: &mut Chance) -> bool {
        self.done += 1;
        match self.owner {
            Owner::Reader => self.damage_reader(scene, chance),
            Owner::Holder => self.damage_holder(scene, chance),
            Owner::Tracker => self.damage_tracker(scene, chance),
        }
        self.done < self.times
    }
}

impl Damages {
    fn damage_reader(&self, scene: &Scene, chance: &mut Chance) {
        scene.forget_reader();
        let holder = scene.sound_holder();
        let reader = scene.sound_reader();
        let download = reader.begin(FILM);
        reader.until(&download, "a beginning", |now| now.bytes_done > 0);
        // Complete already, as may be, it is paused in vain.
        let paused = reader.control(async |client| client.pause(&download.hash).await);
        drop(paused);
        drop(reader.terminate());
        self.damage(&scene.pool.path("reader/.peerpool"), chance);
        let reader = scene.sound_reader();
        scene.examine(&reader, &holder);
        scene.complete(&reader);
        scene.end(reader);
        drop(holder);
        scene.forget_reader();
    }

    fn damage_holder(&self, scene: &Scene, chance: &mut Chance) {
        scene.forget_reader();
        self.damage(&scene.pool.path("holder/.peerpool"), chance);
        let holder = scene.sound_holder();
        let reader = scene.sound_reader();
        scene.complete(&reader);
        scene.end(reader);
        drop(holder.terminate());
    }

    /// A tracker may refuse a database that it cannot read, when it says which; its items are registered anew.
    fn damage_tracker(&self, scene: &Scene, chance: &mut Chance) {
        scene.forget_reader();
        let holder = scene.sound_holder();
        holder.item(FILM, |item| item.seeds > 0);
        drop(scene.pool.end_tracker());
        self.damage(&scene.pool.path("tracker"), chance);
        if let Err(ended) = scene.pool.try_tracker(&[]) {
            assert_ended_well(&ended, &["database", "malformed", "migration", "disk image"]);
            fs::remove_dir_all(scene.pool.path("tracker")).unwrap();
            scene.pool.restart_tracker();
        }
        let reader = scene.sound_reader();
        until("the holder is back", PATIENCE, || {
            let status = holder.status();
            let connected = status.tracker.state == peerpool_api::TrackerState::Connected;
            if connected { Ok(()) } else { Err(status) }
        });
        scene.complete(&reader);
        let states = reader.status().downloads;
        assert!(states.iter().all(|download| download.state == DownloadState::Complete), "{states:?}");
        scene.end(reader);
        drop(holder);
    }

    /// Damages one file somewhere in a folder.
    fn damage(&self, folder: &Path, chance: &mut Chance) {
        let mut files = files_beneath(folder);
        files.sort();
        let file = &files[chance.below(files.len() as u64) as usize];
        let damage = [Damage::Flip, Damage::CutOff, Damage::Empty, Damage::Garbage][chance.below(4) as usize];
        println!("    {damage:?} {}", file.display());
        let mut bytes = fs::read(file).unwrap();
        let place = chance.below(bytes.len().max(1) as u64) as usize;
        match damage {
            Damage::Flip => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << chance.below(8);
                }
            }
            Damage::CutOff => bytes.truncate(place),
            Damage::Empty => bytes.clear(),
            Damage::Garbage => chance.fill(&mut bytes),
        }
        fs::write(file, bytes).unwrap();
    }
}

/// Plain files, but the one that is only there to be locked.
fn files_beneath(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => files_beneath(&entry.path()),
            kind if kind.is_file() && entry.file_name() != "lock" => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}
