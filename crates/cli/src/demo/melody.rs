//! Something to listen to.

use std::{f64::consts::TAU, fs, path::Path};

use crate::exit::Failure;

/// Samples a second.
const RATE: u32 = 22_050;
/// Bytes before the samples.
const HEAD: u32 = 44;
/// Samples of one note.
const NOTE: u32 = RATE / 4;
/// How often the tune is heard.
const TIMES: usize = 8;
/// A tune in five tones, in semitones above the note A of 220 Hz.
const TUNE: [i32; 16] = [0, 3, 5, 7, 10, 7, 5, 3, 5, 7, 10, 12, 10, 7, 5, 3];

/// Writes a tune of half a minute as a WAV file: one channel of 16 bit.
pub(super) fn write(path: &Path) -> Result<(), Failure> {
    let notes = TUNE.iter().cycle().take(TUNE.len() * TIMES);
    let samples: Vec<u8> = notes.flat_map(|note| note_at(*note)).flat_map(i16::to_le_bytes).collect();
    let length = TUNE.len() as u32 * TIMES as u32 * NOTE * 2;
    let mut file = Vec::with_capacity(HEAD as usize + samples.len());
    file.extend(b"RIFF");
    file.extend((HEAD - 8 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, and the number of channels.
    file.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    file.extend([RATE, RATE * 2].map(u32::to_le_bytes).concat());
    // Bytes and bits of a sample.
    file.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    fs::write(path, file).map_err(Failure::file("write", path))
}

/// A plucked string: it begins loud and dies away.
fn note_at(semitones: i32) -> impl Iterator<Item = i16> {
    let hertz = 220.0 * 2_f64.powf(f64::from(semitones) / 12.0);
    (0..NOTE).map(move |sample| {
        let seconds = f64::from(sample) / f64::from(RATE);
        let left = 1.0 - f64::from(sample) / f64::from(NOTE);
        let wave = (TAU * hertz * seconds).sin() + 0.4 * (2.0 * TAU * hertz * seconds).sin();
        (wave * left * left * 9_000.0) as i16
    })
}
