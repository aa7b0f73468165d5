//! Deterministic mutations of a corpus: the same sequence in every run, on every machine.

/// An endless sequence of mutated seeds.
pub(crate) struct Mutations<'a> {
    seeds: &'a [Vec<u8>],
    random: SplitMix,
    next: usize,
}

impl<'a> Mutations<'a> {
    /// Seeds the sequence with the target's name, so that targets differ.
    pub(crate) fn new(target: &str, seeds: &'a [Vec<u8>]) -> Self {
        let state = target.bytes().fold(0, |sum: u64, byte| {
            sum.wrapping_mul(257).wrapping_add(u64::from(byte))
        });
        Self {
            seeds,
            random: SplitMix(state),
            next: 0,
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.below(bytes.len() + 1);
        match self.random.below(7) {
            0 => flip(bytes, at, 1 << self.random.below(8)),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, self.random.byte()),
            3 => replace(bytes, at, self.random.byte()),
            4 => drop(bytes.drain(at..(at + 1 + self.random.below(8)).min(bytes.len()).max(at))),
            5 => self.double(bytes, at),
            _ => self.splice(bytes, at),
        }
    }

    /// Repeats some bytes in place.
    fn double(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let end = (at + 1 + self.random.below(64)).min(bytes.len());
        let part = bytes[at.min(end)..end].to_vec();
        bytes.splice(at..at, part);
    }

    /// Goes on with the rest of another seed.
    fn splice(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let other = &self.seeds[self.random.below(self.seeds.len())];
        let from = self.random.below(other.len() + 1);
        bytes.truncate(at);
        bytes.extend_from_slice(&other[from..]);
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = self.seeds[self.next % self.seeds.len()].clone();
        self.next += 1;
        // One change finds the edges of what is accepted, several go past the first check.
        for _ in 0..=self.random.below(3) {
            self.mutate(&mut bytes);
        }
        Some(bytes)
    }
}

fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bit;
    }
}

fn replace(bytes: &mut [u8], at: usize, with: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = with;
    }
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and good enough to choose places.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not zero.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}
