//! One file of images: PNG, JPEG, BMP, TIFF or WebP, told by its content.

use super::{ImageFault, jpeg};
use crate::resize::{GREY, Mix, Resizer, Sample};
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation,
};
use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
};

/// The longest side, in pixels.
pub(super) const MOST_PX: u32 = 1 << 15;
/// The most memory that decoding may take, in bytes.
pub(super) const MOST_BYTES: u64 = 512 << 20;

/// Red, green and blue as they are.
const COLOUR: [Mix; 3] = [&[(0, 1)], &[(1, 1)], &[(2, 1)]];
/// Luma of Rec. 709, in ten-thousandths.
const LUMA: Mix = &[(0, 2126), (1, 7152), (2, 722)];

/// Checks all that the file's header tells.
pub(crate) fn probe(path: &Path) -> Result<(), ImageFault> {
    decoder(path).map(drop)
}

/// Appends the image as `size` x `size` values in [0, 1]: one plane, or three with `colour`. Upright as its metadata
/// say; alpha is dropped.
pub(crate) fn append(path: &Path, size: usize, colour: bool, out: &mut Vec<f32>) -> Result<(), ImageFault> {
    let mut decoder = decoder(path)?;
    // Metadata that make no sense are no reason to refuse the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    image.apply_orientation(orientation);
    let channels = usize::from(image.color().channel_count());
    let from = (image.width() as usize, image.height() as usize);
    if let Some(samples) = image.as_flat_samples_u8() {
        planes(samples.samples, channels, from, size, colour, out);
    } else if let Some(samples) = image.as_flat_samples_u16() {
        planes(samples.samples, channels, from, size, colour, out);
    }
    Ok(())
}

/// Appends one plane, or three with `colour`, of samples that are row-major with the `channels` of a pixel side by side.
pub(crate) fn planes<T: Sample>(
    samples: &[T],
    channels: usize,
    from: (usize, usize),
    size: usize,
    colour: bool,
    out: &mut Vec<f32>,
) {
    let mixes = match (channels >= 3, colour) {
        (true, true) => &COLOUR[..],
        (true, false) => &[LUMA],
        (false, true) => &[GREY; 3],
        (false, false) => &[GREY],
    };
    let resizer = Resizer::new(from, size);
    for mix in mixes {
        resizer.append(samples, channels, mix, out);
    }
}

/// Width and height as stored, in pixels.
pub(crate) fn dimensions(path: &Path) -> Result<(usize, usize), ImageFault> {
    let (width, height) = decoder(path)?.dimensions();
    Ok((width as usize, height as usize))
}

/// The pixels of a mask that aren't black, row-major, with its width and height.
pub(crate) fn mask(path: &Path) -> Result<(Vec<bool>, (usize, usize)), ImageFault> {
    let image = DynamicImage::from_decoder(decoder(path)?).map_err(|error| fault(&error))?;
    let from = (image.width() as usize, image.height() as usize);
    let grey = image.into_luma16();
    Ok((grey.as_raw().iter().map(|&value| value > 0).collect(), from))
}

/// The decoder of a file whose size and kind of pixels were found good.
fn decoder(path: &Path) -> Result<impl ImageDecoder, ImageFault> {
    let unreadable = |error: std::io::Error| ImageFault::Unreadable(error.to_string());
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut reader = ImageReader::new(file).with_guessed_format().map_err(unreadable)?;
    let format = reader.format().filter(ImageFormat::reading_enabled);
    if format.ok_or(ImageFault::Format)? == ImageFormat::Jpeg && !jpeg::is_whole(&fs::read(path).map_err(unreadable)?) {
        return Err(ImageFault::Damaged("its end is missing".into()));
    }
    reader.limits(limits());
    let decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    // The reader's own check of this comes with decode(), which leaves no time to ask for the orientation.
    limits().reserve(decoder.total_bytes()).map_err(|error| fault(&error))?;
    match decoder.color_type() {
        ColorType::Rgb32F | ColorType::Rgba32F => Err(ImageFault::Unsupported("floating-point pixels".into())),
        _ => Ok(decoder),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PX);
    limits.max_image_height = Some(MOST_PX);
    limits.max_alloc = Some(MOST_BYTES);
    limits
}

fn fault(error: &ImageError) -> ImageFault {
    match error {
        ImageError::Limits(_) => ImageFault::TooLarge,
        ImageError::Unsupported(error) => ImageFault::Unsupported(error.to_string()),
        ImageError::IoError(error) if error.raw_os_error().is_some() => ImageFault::Unreadable(error.to_string()),
        error => ImageFault::Damaged(error.to_string()),
    }
}
