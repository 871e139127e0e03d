//! From a place in a text to the number of its line.

/// Where the lines of a text begin.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of this text.
    pub(super) fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The number, from 1, of the line that a byte stands in.
    pub(super) fn number_at(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_stands_in_a_line() {
        let lines = Lines::of("ab\n\nc");
        for (byte, line) in [(0, 1), (2, 1), (3, 2), (4, 3), (99, 3)] {
            assert_eq!(lines.number_at(byte), line, "{byte}");
        }
        assert_eq!(Lines::of("").number_at(0), 1);
    }
}
