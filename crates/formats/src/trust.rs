//! Whose signatures are accepted.

use crate::verify::NamedKey;

/// Whose signatures are accepted: the caller's answer, never the evidence's.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Any of these keys'.
    Keys(&'a [NamedKey]),
}

impl<'a> From<&'a [NamedKey]> for Trust<'a> {
    fn from(keys: &'a [NamedKey]) -> Self {
        Self::Keys(keys)
    }
}

impl<'a> From<&'a Vec<NamedKey>> for Trust<'a> {
    fn from(keys: &'a Vec<NamedKey>) -> Self {
        Self::Keys(keys)
    }
}

impl<'a, const N: usize> From<&'a [NamedKey; N]> for Trust<'a> {
    fn from(keys: &'a [NamedKey; N]) -> Self {
        Self::Keys(keys)
    }
}
