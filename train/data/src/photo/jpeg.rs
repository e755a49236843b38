//! Whether a JPEG file is there to its end: decoders fill what is missing with grey, and say nothing.

const MARKER: u8 = 0xff;
const END_OF_IMAGE: u8 = 0xd9;

/// Walks from marker to marker (ITU T.81, annex B) up to the end of the image; what follows it doesn't matter.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    // After the two bytes of the start.
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Fill bytes may stand before a marker's code; a decoder also skips strange bytes.
        let Some(at) = rest.windows(2).position(is_marker) else {
            return false;
        };
        let code = rest[at + 1];
        rest = &rest[at + 2..];
        if code == END_OF_IMAGE {
            return true;
        }
        // The data of a scan follow its header; the search for the next marker goes over them.
        match skip(rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
}

/// A marker that isn't part of a scan's data: neither a stuffed 0xff nor a restart, nor a fill byte.
fn is_marker(pair: &[u8]) -> bool {
    pair[0] == MARKER && !matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd8 | 0xff)
}

/// What follows a segment, which begins with its length.
fn skip(bytes: &[u8]) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]));
    bytes.get(length..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_the_image_s_own() {
        // A thumbnail with an end of its own in the metadata, stuffed bytes and a restart in the scan's data.
        let metadata = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 3, 1, 7, 0xff, 0, 7, 0xff, 0xd0, 7];
        let open = [&[0xff, 0xd8][..], &metadata, &scan].concat();
        let whole = [&open[..], &[0xff, 0xff, 0xd9]].concat();
        assert!(is_whole(&whole));
        assert!(
            is_whole(&[&whole[..], &scan].concat()),
            "what follows the image doesn't matter"
        );
        for n in 0..whole.len() {
            assert!(!is_whole(&whole[..n]), "{n}");
        }
    }
}
