//! Sixteen SHA-1 streams at once in AVX-512 registers: word *n* of a register belongs to stream *n*. The only `unsafe`
//! of this crate.
//!
//! What it is for (docs/performance.md): making the v1 hashes of what is shared. Measured, one core, in the cache: 6.3
//! GB/s, and 1.8 GB/s with the processor's own SHA-1 instructions, which do one stream.
#![allow(unsafe_code, reason = "what a processor can do is known when the program runs")]

use std::{
    arch::x86_64::{
        __m512i, _mm512_add_epi32 as add, _mm512_rol_epi32 as rotate_left, _mm512_set1_epi32 as in_all_lanes,
        _mm512_set4_epi32, _mm512_setzero_si512 as zero, _mm512_shuffle_epi8, _mm512_shuffle_i32x4,
        _mm512_ternarylogic_epi32 as logic, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
        _mm512_unpacklo_epi32, _mm512_unpacklo_epi64, _mm512_xor_si512 as xor,
    },
    mem::transmute,
};

use super::{BLOCK, State};

/// Streams that go side by side.
pub(super) const LANES: usize = 16;

/// Proof that this processor has what [`Lanes::compress`] needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes(());

impl Lanes {
    pub(super) fn new() -> Option<Self> {
        let there = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        there.then_some(Self(()))
    }

    /// Feeds each stream its blocks, as many as the shortest has.
    pub(super) fn compress(self, states: &mut [State; LANES], blocks: &[&[[u8; BLOCK]]; LANES]) {
        // SAFETY: `compress` is a safe function but for the instructions that it is made of, and `new` makes no `Lanes`
        // where these are missing.
        unsafe { compress(states, blocks) }
    }
}

/// What the three logical functions of SHA-1 look like to `vpternlogd`: bit *abc* of the number is the result for the
/// bits
/// *a*, *b*, *c* (FIPS 180-4, section 4.1.1).
const CHOOSE: i32 = 0b1100_1010;
const PARITY: i32 = 0b1001_0110;
const MAJORITY: i32 = 0b1110_1000;

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(states: &mut [State; LANES], blocks: &[&[[u8; BLOCK]]; LANES]) {
    let [k0, k1, k2, k3] = [0x5a82_7999_u32, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6]
        .map(|constant| in_all_lanes(constant.cast_signed()));
    let mut state: [__m512i; 5] =
        std::array::from_fn(|word| vector(std::array::from_fn(|lane| states[lane][word])));
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    for nth in 0..count {
        let mut w = words_of(blocks.map(|blocks| &blocks[nth]));
        let [mut a, mut b, mut c, mut d, mut e] = state;
        // The rounds are written out, so that the words of the message stay in registers.
        macro_rules! rounds {
            ($k:ident, $function:ident: $($t:literal)*) => { $({
                if $t >= 16 {
                    let mixed = logic::<PARITY>(w[($t + 13) % 16], w[($t + 8) % 16], w[($t + 2) % 16]);
                    w[$t % 16] = rotate_left::<1>(xor(mixed, w[$t % 16]));
                }
                let sum = add(add(add(w[$t % 16], $k), e), logic::<$function>(b, c, d));
                (a, b, c, d, e) = (add(sum, rotate_left::<5>(a)), a, rotate_left::<30>(b), c, d);
            })* };
        }
        rounds!(k0, CHOOSE: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        rounds!(k1, PARITY: 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);
        rounds!(k2, MAJORITY: 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59);
        rounds!(k3, PARITY: 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79);
        for (word, change) in state.iter_mut().zip([a, b, c, d, e]) {
            *word = add(*word, change);
        }
    }
    for (word, vector) in state.into_iter().enumerate() {
        for (lane, value) in words(vector).into_iter().enumerate() {
            states[lane][word] = value;
        }
    }
}

/// Word *n* of all blocks in vector *n*, as numbers of this processor.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn words_of(blocks: [&[u8; BLOCK]; LANES]) -> [__m512i; 16] {
    let big_endian = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let rows: [__m512i; 16] =
        std::array::from_fn(|lane| _mm512_shuffle_epi8(bytes(*blocks[lane]), big_endian));
    // Sixteen by sixteen words change places in four steps: pairs of rows, pairs of those, then quarters of registers.
    let mut pairs = [zero(); 16];
    for (two, rows) in pairs.as_chunks_mut().0.iter_mut().zip(rows.as_chunks().0) {
        let [upper, lower] = *rows;
        *two = [_mm512_unpacklo_epi32(upper, lower), _mm512_unpackhi_epi32(upper, lower)];
    }
    let mut fours = [zero(); 16];
    for (four, pairs) in fours.as_chunks_mut().0.iter_mut().zip(pairs.as_chunks().0) {
        let [a, b, c, d] = *pairs;
        *four = [
            _mm512_unpacklo_epi64(a, c),
            _mm512_unpackhi_epi64(a, c),
            _mm512_unpacklo_epi64(b, d),
            _mm512_unpackhi_epi64(b, d),
        ];
    }
    const EVEN: i32 = 0b10_00_10_00;
    const ODD: i32 = 0b11_01_11_01;
    let mut words = [zero(); 16];
    for column in 0..4 {
        let [a, b, c, d] = [fours[column], fours[4 + column], fours[8 + column], fours[12 + column]];
        let (even_ab, odd_ab) = (_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<ODD>(a, b));
        let (even_cd, odd_cd) = (_mm512_shuffle_i32x4::<EVEN>(c, d), _mm512_shuffle_i32x4::<ODD>(c, d));
        words[column] = _mm512_shuffle_i32x4::<EVEN>(even_ab, even_cd);
        words[4 + column] = _mm512_shuffle_i32x4::<EVEN>(odd_ab, odd_cd);
        words[8 + column] = _mm512_shuffle_i32x4::<ODD>(even_ab, even_cd);
        words[12 + column] = _mm512_shuffle_i32x4::<ODD>(odd_ab, odd_cd);
    }
    words
}

#[inline]
fn bytes(bytes: [u8; BLOCK]) -> __m512i {
    // SAFETY: both are 64 bytes, of which every value is valid.
    unsafe { transmute(bytes) }
}

#[inline]
fn vector(words: [u32; LANES]) -> __m512i {
    // SAFETY: both are sixteen words of 32 bits, of which every value is valid.
    unsafe { transmute(words) }
}

#[inline]
fn words(vector: __m512i) -> [u32; LANES] {
    // SAFETY: as in `vector`.
    unsafe { transmute(vector) }
}
