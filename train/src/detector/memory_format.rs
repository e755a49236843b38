//! How images lie in memory: channel by channel, or pixel by pixel ("channels last").
//!
//! On a CPU oneDNN's convolutions are 1.2 to 1.7 times faster on channels that lie together, but those of libtorch 2.13 were
//! seen to crash with 8 channels at 48 pixels and above, on some CPUs. Multiples of 16 never were, nor small images. On a GPU
//! nothing of this has been measured.

use tch::Tensor;

/// The order of an image's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryFormat {
    /// Channel by channel, NCHW.
    Contiguous,
    /// Pixel by pixel, NHWC.
    ChannelsLast,
}

/// What the width of every layer has to be a multiple of ...
const SAFE_CHANNELS: i64 = 16;
/// ... or of this, where an image has at most so many pixels along either side.
const SMALL_CHANNELS: i64 = 8;
const SMALL_PX: i64 = 32;

impl MemoryFormat {
    /// The faster one that is safe for images [N, C, H, W] of this `size` and layers whose channels are multiples of `width`.
    pub(super) fn safe(width: i64, size: &[i64]) -> Self {
        let small = size[2..].iter().all(|&side| side <= SMALL_PX);
        if width % SAFE_CHANNELS == 0 || small && width % SMALL_CHANNELS == 0 {
            Self::ChannelsLast
        } else {
            Self::Contiguous
        }
    }

    /// The one that is safe for images of any size.
    pub(super) fn of_all(width: i64) -> Self {
        Self::safe(width, &[1, 1, i64::MAX, i64::MAX])
    }

    /// x [N, C, H, W] in this order, in place where it is so already.
    pub(super) fn of(self, x: &Tensor) -> Tensor {
        if self == Self::Contiguous || !x.device().eq(&tch::Device::Cpu) {
            return x.contiguous();
        }
        let size = x.size();
        let (c, h, w) = (size[1], size[2], size[3]);
        // Strides are set outright: with one channel both orders are the same, and libtorch would take it for NCHW.
        x.permute([0, 2, 3, 1])
            .contiguous()
            .as_strided(&size, [h * w * c, 1, w * c, c], None)
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryFormat::{self, ChannelsLast, Contiguous};

    #[test]
    fn eight_channels_lie_together_in_small_images_alone() {
        let format = |width, px| MemoryFormat::safe(width, &[2, 1, px, px]);
        assert_eq!([format(16, 32), format(16, 64)], [ChannelsLast; 2]);
        assert_eq!([format(8, 32), format(24, 16)], [ChannelsLast; 2]);
        assert_eq!([format(8, 33), format(24, 64)], [Contiguous; 2]);
        assert_eq!([format(4, 16), format(12, 16)], [Contiguous; 2]);
    }
}
